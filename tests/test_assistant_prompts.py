"""The eleven prompts of examples/assistant: valid, bundled, seeded as git says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from promptsync import load_bundle, seed
from promptsync.bundle import FILE_NAME
from promptsync.cli import app
from promptsync.registries.local import LocalRegistry
from tests.assistant_service import PACKAGE, copy_example
from tests.builders import Repo

PROMPTS = [
    "calibration",
    "knowledge-graph",
    "memory",
    "memory-write",
    "notification",
    "observation",
    "onboarding",
    "orchestrator-base",
    "proactive-greeting",
    "schedule",
    "weather",
]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the example outside of git, which is also the working directory."""
    folder = copy_example(tmp_path / "assistant")
    monkeypatch.chdir(folder)
    return folder


def promptsync(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, prog_name="promptsync")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("example")
def test_the_prompts_have_no_findings() -> None:
    assert promptsync("lint", "--strict") == "14 prompt files checked, no findings\n"


def test_the_package_has_the_bundle_of_the_prompt_files(example: Path) -> None:
    promptsync("bundle", "--quiet", "--output", "now.json")

    assert (example / "now.json").read_bytes() == (PACKAGE / FILE_NAME).read_bytes(), (
        f"in a copy outside of git: promptsync bundle --output assistant/{FILE_NAME}"
    )


def test_the_bundle_has_eleven_prompts() -> None:
    bundle = load_bundle(PACKAGE / FILE_NAME)

    assert [each.prompt.name for each in bundle.prompts] == PROMPTS


def test_what_is_seeded_is_in_sync_with_git(repo: Repo) -> None:
    copy_example(repo.path)
    repo.commit()

    report = seed()

    assert (report.ok, sorted(report.created)) == (True, PROMPTS)
    assert "11 in sync" in promptsync("verify", "--strict", "--alias", "production")


@pytest.mark.system
@pytest.mark.parametrize("name", PROMPTS)
def test_model_parameters_tools_and_schema_come_back_from_a_registry(
    example: Path, name: str
) -> None:
    deployed = {each.prompt.name: each.prompt for each in load_bundle(PACKAGE / FILE_NAME).prompts}
    seed(names=[name])
    registry = LocalRegistry(folder=example)
    found = registry.get_prompt(name)
    registry.close()

    assert found is not None
    assert found.prompt == replace(deployed[name], inputs=found.prompt.inputs)
