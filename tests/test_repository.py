"""What this repository offers to others: its hooks, its workflows and its wheel."""

from __future__ import annotations

import email
import importlib.resources
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
LINK = r"\]\(([^)\s]+)"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}

needs_source = pytest.mark.skipif(
    not (ROOT / "promptsync").is_dir(),
    reason="an installed wheel is being tested: there is no source to build another from",
)


def run(tool: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a development tool, as installed beside this Python, at the top of the repository."""
    program = shutil.which(tool, path=sysconfig.get_path("scripts"))
    assert program is not None, f"{tool} is not installed: run `make lint`"
    return subprocess.run(
        [program, *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )


def names_in(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.md"))


def steps_of(workflow: Path) -> Iterable[dict[str, Any]]:
    for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values():
        yield from job["steps"]


def test_there_are_workflows_to_check() -> None:
    assert "ci.yml" in [workflow.name for workflow in WORKFLOWS]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_actionlint_accepts_the_workflow(workflow: Path) -> None:
    result = run("actionlint", "-no-color", workflow)

    assert (result.returncode, result.stdout) == (0, "")


def test_zizmor_finds_no_weakness_in_anything_that_github_runs() -> None:
    result = run("zizmor", "--offline", "--no-progress", "--color=never", ".")

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_an_action_of_others_is_pinned_by_commit_and_says_its_version(workflow: Path) -> None:
    pinned = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", re.MULTILINE)
    used = [step["uses"] for step in steps_of(workflow) if "uses" in step]
    foreign = [action for action in used if not action.startswith("./")]

    assert len(pinned.findall(workflow.read_text(encoding="utf-8"))) == len(foreign)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.name)
def test_a_workflow_starts_with_no_permission(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text(encoding="utf-8"))["permissions"] == {}


def test_pre_commit_accepts_the_hooks_and_the_configuration() -> None:
    manifest = run("pre-commit", "validate-manifest", ".pre-commit-hooks.yaml")
    config = run("pre-commit", "validate-config", ".pre-commit-config.yaml")

    assert (manifest.returncode, manifest.stdout + manifest.stderr) == (0, "")
    assert (config.returncode, config.stdout + config.stderr) == (0, "")


@pytest.mark.parametrize("name", ["promptsync-lint", "promptsync-verify"])
def test_the_system_twin_of_a_hook_differs_only_in_where_promptsync_comes_from(name: str) -> None:
    own, twin = HOOKS[name], HOOKS[f"{name}-system"]
    differing = {key for key in own.keys() | twin.keys() if own.get(key) != twin.get(key)}

    assert (own["language"], twin["language"]) == ("python", "system")
    assert differing == {"id", "description", "language"}


def test_the_installed_package_holds_the_starter_prompts() -> None:
    with importlib.resources.as_file(
        importlib.resources.files("promptsync") / "starter_prompts"
    ) as installed:
        assert names_in(ROOT / "prompts") == names_in(installed) != []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel that is built from this source."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@needs_source
def test_the_wheel_holds_the_starter_prompts_and_its_types(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    starter = [name for name in names if name.startswith("promptsync/starter_prompts/")]

    assert sorted(Path(name).name for name in starter) == names_in(ROOT / "prompts")
    assert "promptsync/py.typed" in names
    assert not [name for name in names if not name.startswith(("promptsync/", "promptsync-"))]


@needs_source
def test_each_link_of_the_description_on_pypi_is_absolute_and_leads_to_a_file(wheel: Path) -> None:
    (folder,) = (each for each in zipfile.Path(wheel).iterdir() if each.name.endswith("dist-info"))
    metadata = email.message_from_string((folder / "METADATA").read_text(encoding="utf-8"))
    (source,) = (
        url.removeprefix("Source, ")
        for url in metadata.get_all("Project-URL", [])
        if url.startswith("Source, ")
    )
    in_readme = re.findall(LINK, (ROOT / "README.md").read_text(encoding="utf-8"))
    described = re.findall(LINK, str(metadata.get_payload()))
    files = [each.removeprefix(f"{source}/blob/main/") for each in described]

    assert len(described) == len(in_readme) > 0
    assert [link for link in described if not link.startswith("https://")] == []
    assert [each for each in files if "://" not in each and not (ROOT / each).is_file()] == []
