"""Setting up a repository: what is written, what is kept, what is asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from promptsync.cli import app
from promptsync.starters import read_starters
from tests.builders import Repo

NEXT = "\nnext:\n  promptsync upload\n"

needs_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo-terminal that a test can write to"
)


def init(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["init", *arguments])


def answered(repo: Repo, *answers: str, options: tuple[str, ...] = ()) -> str:
    """Run init on a terminal, type the answers, and return its stdout."""
    terminal, end = os.openpty()
    os.write(terminal, "".join(f"{answer}\n" for answer in answers).encode())
    try:
        result = subprocess.run(
            [sys.executable, "-P", "-m", "promptsync", "init", *options],
            cwd=repo.path,
            stdin=end,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
    finally:
        os.close(terminal)
        os.close(end)
    assert result.returncode == 0, result.stderr
    return result.stdout


def files(repo: Repo) -> list[str]:
    return repo.git("ls-files", "--others", "--cached", "--exclude-standard").splitlines()


def test_an_empty_repository_gets_all_it_needs_for_a_first_upload(repo: Repo) -> None:
    result = init("--yes")
    uploaded = CliRunner().invoke(app, ["upload", "--yes"])

    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        f"""\
wrote    promptsync.toml
wrote    prompts/summarise.md
wrote    .gitignore
installed .git/hooks/pre-commit: a commit that changes prompts needs them in the registry
{NEXT}""",
        "",
    )
    assert repo.read("promptsync.toml") == (
        'prompts = ["prompts"]\n\n[registries.local]\nkind = "local"\n'
    )
    assert (uploaded.exit_code, uploaded.stdout) == (0, "created `summarise` (version 1)\n")
    repo.commit()
    assert files(repo) == [".gitignore", "prompts/summarise.md", "promptsync.toml"]


def test_running_it_again_changes_nothing(repo: Repo) -> None:
    options = ("--yes", "--starter", "coder", "--hook", "pre-commit", "--agents")
    init(*options)
    before = {name: (repo.path / name).stat().st_mtime_ns for name in files(repo)}

    again = init(*options)

    assert again.stdout == (
        "everything is in place already\n\nnext:\n  pre-commit install\n  promptsync upload\n"
    )
    assert {name: (repo.path / name).stat().st_mtime_ns for name in files(repo)} == before


def test_an_installed_hook_keeps_its_options(repo: Repo) -> None:
    CliRunner().invoke(app, ["hook", "install", "--uploaded"])
    before = repo.read(".git/hooks/pre-commit")

    init("--yes")

    assert repo.read(".git/hooks/pre-commit") == before


def test_a_braintrust_project_becomes_the_registry(repo: Repo) -> None:
    result = init("--yes", "--project", "Trader", "--hook", "none", "--no-workflows")

    assert result.stdout.endswith("\nnext:\n  export BRAINTRUST_API_KEY=…\n  promptsync upload\n")
    assert (
        repo.read("promptsync.toml")
        == """\
prompts = ["prompts"]

# The key comes from the environment: BRAINTRUST_API_KEY.
[registries.production]
kind = "braintrust"
project = "Trader"
"""
    )


@pytest.mark.parametrize(
    ("arguments", "table", "export"),
    [
        (
            ("--kind", "mlflow", "--url", "https://mlflow.example.com"),
            """\
# A login comes from the environment: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME
# and MLFLOW_TRACKING_PASSWORD. MLFLOW_TRACKING_URI beats `tracking-uri`.
[registries.production]
kind = "mlflow"
tracking-uri = "https://mlflow.example.com"
""",
            "",
        ),
        (
            ("--kind", "mlflow"),
            """\
# A login comes from the environment: MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME
# and MLFLOW_TRACKING_PASSWORD. MLFLOW_TRACKING_URI beats `tracking-uri`.
[registries.production]
kind = "mlflow"
""",
            "  export MLFLOW_TRACKING_URI=…\n",
        ),
        (
            ("--kind", "opik", "--project", "Trader"),
            """\
# The key comes from the environment: OPIK_API_KEY. OPIK_URL_OVERRIDE beats `url`, and
# OPIK_WORKSPACE `workspace`.
[registries.production]
kind = "opik"
project = "Trader"
""",
            "  export OPIK_API_KEY=…\n",
        ),
        (
            ("--kind", "opik", "--url", "http://localhost:5173/api"),
            """\
# The key comes from the environment: OPIK_API_KEY. OPIK_URL_OVERRIDE beats `url`, and
# OPIK_WORKSPACE `workspace`.
[registries.production]
kind = "opik"
url = "http://localhost:5173/api"
""",
            "",
        ),
    ],
    ids=["mlflow", "mlflow-from-the-environment", "opik", "opik-of-ones-own"],
)
def test_other_services_become_the_registry(
    repo: Repo, arguments: tuple[str, ...], table: str, export: str
) -> None:
    result = init("--yes", "--hook", "none", "--no-workflows", *arguments)

    assert result.stdout.endswith(f"\nnext:\n{export}  promptsync upload\n")
    assert repo.read("promptsync.toml") == f'prompts = ["prompts"]\n\n{table}'


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kind", "braintrust"), "a Braintrust registry needs a project"),
        (
            ("--kind", "mlflow", "--project", "Trader"),
            "`--project` goes with `--kind braintrust` or `--kind opik`, not with `mlflow`",
        ),
        (
            ("--url", "http://localhost:5000"),
            "`--url` goes with `--kind mlflow` or `--kind opik`, not with `local`",
        ),
        (("--kind", "mlflow", "--url", "https://ada:secret@mlflow"), "holds a secret"),
        (
            ("--kind", "mlflow", "--url", "localhost:5000"),
            "the address of a server begins with `http://` or `https://`",
        ),
        (("--kind", "opik", "--url", "http:///api"), "the address of a server begins with"),
        (("--kind", "postgres"), "invalid value for `--kind`"),
    ],
    ids=["no-project", "project", "url", "secret", "no-scheme", "no-host", "kind"],
)
def test_options_that_do_not_fit_a_registry_write_nothing(
    repo: Repo, arguments: tuple[str, ...], message: str
) -> None:
    result = init("--yes", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert files(repo) == []


@pytest.mark.parametrize(
    ("arguments", "secrets"),
    [
        (("--project", "Trader"), ["BRAINTRUST_API_KEY"]),
        (
            ("--kind", "mlflow"),
            [
                "MLFLOW_TRACKING_URI",
                "MLFLOW_TRACKING_USERNAME",
                "MLFLOW_TRACKING_PASSWORD",
                "MLFLOW_TRACKING_TOKEN",
            ],
        ),
        (("--kind", "opik"), ["OPIK_API_KEY", "OPIK_WORKSPACE", "OPIK_URL_OVERRIDE"]),
    ],
    ids=["braintrust", "mlflow", "opik"],
)
def test_workflows_get_every_secret_that_a_registry_may_need(
    repo: Repo, arguments: tuple[str, ...], secrets: list[str]
) -> None:
    result = init("--yes", "--hook", "none", *arguments)

    for name in ("pull-request", "upload", "drift"):
        (job,) = yaml.safe_load(repo.read(f".github/workflows/promptsync-{name}.yml"))[
            "jobs"
        ].values()
        assert job["steps"][-1]["env"] == {each: f"${{{{ secrets.{each} }}}}" for each in secrets}
    assert all(each in result.stdout for each in secrets)


def test_a_service_on_this_machine_gets_no_workflows_unless_asked_for(repo: Repo) -> None:
    init("--yes", "--kind", "mlflow", "--url", "http://127.0.0.1:5000")

    assert not (repo.path / ".github").exists()


def test_the_partials_that_a_starter_includes_come_along(repo: Repo) -> None:
    init("--yes", "--starter", "coder", "--starter", "fixer", "--prompts", "backend/prompts")

    prompts = sorted(name for name in files(repo) if name.endswith(".md"))
    assert prompts == [
        "backend/prompts/code-edits.md",
        "backend/prompts/code-rules.md",
        "backend/prompts/coder.md",
        "backend/prompts/fixer.md",
    ]
    assert CliRunner().invoke(app, ["lint"]).exit_code == 0


@pytest.mark.parametrize("name", sorted(read_starters()))
def test_every_starter_is_valid_by_itself(repo: Repo, name: str) -> None:
    init("--yes", "--starter", name)

    linted = CliRunner().invoke(app, ["lint", "--strict"])

    assert (repo.path / f"prompts/{name}.md").is_file()
    assert linted.exit_code == 0, linted.stdout


def test_the_starters_can_be_listed(repo: Repo) -> None:
    result = init("--starter", "list")

    assert result.stdout.splitlines()[:2] == [
        "classifier    Classify a support message",
        "coder         Write code for a task",
    ]
    assert files(repo) == []


def test_an_unknown_starter_is_named_with_those_there_are(repo: Repo) -> None:
    result = init("--yes", "--starter", "poet")

    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: there is no starter prompt `poet`\n\nhint: there are classifier, coder, "
    )
    assert files(repo) == []


def test_a_repository_that_has_prompts_gets_no_example(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")

    init("--yes")

    assert files(repo) == [".gitignore", "prompts/greeting.md", "promptsync.toml"]


def test_a_file_that_differs_is_kept(repo: Repo) -> None:
    repo.write("prompts/summarise.md", "My own words.\n")

    result = init("--yes", "--starter", "summarise")

    assert "kept     prompts/summarise.md as it is; `--force` replaces it\n" in result.stdout
    assert repo.read("prompts/summarise.md") == "My own words.\n"


def test_a_file_that_differs_is_replaced_by_force(repo: Repo) -> None:
    repo.write("prompts/summarise.md", "My own words.\n")

    result = init("--yes", "--force", "--starter", "summarise")

    assert "updated  prompts/summarise.md\n" in result.stdout
    assert repo.read("prompts/summarise.md").startswith("---\ntitle: Summarise a document\n")


def test_a_configuration_that_is_there_decides(repo: Repo) -> None:
    text = 'prompts = ["texts"]\n\n[registries.mine]\nkind = "local"\n'
    repo.write("promptsync.toml", text)

    result = init("--yes", "--project", "Trader")

    assert "kept     promptsync.toml as it is; `--force` replaces it\n" in result.stdout
    assert repo.read("promptsync.toml") == text
    assert (repo.path / "texts/summarise.md").is_file()


def test_a_configuration_in_pyproject_is_never_doubled(repo: Repo) -> None:
    repo.write("pyproject.toml", '[tool.promptsync]\nprompts = ["texts"]\n')

    init("--yes", "--force", "--project", "Trader")

    assert files(repo) == [".gitignore", "pyproject.toml", "texts/summarise.md"]


def test_pre_commit_is_used_where_it_is_used_already(repo: Repo) -> None:
    repo.write(".pre-commit-config.yaml", "repos:\n- repo: meta\n  hooks: [{id: identity}]\n")

    result = init("--yes")

    assert "updated  .pre-commit-config.yaml\n" in result.stdout
    assert repo.read(".pre-commit-config.yaml").startswith(
        "repos:\n- repo: meta\n  hooks: [{id: identity}]\n- repo: local\n"
    )
    assert not (repo.path / ".git/hooks/pre-commit").exists()


def test_hooks_that_all_repositories_share_are_no_obstacle(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "hooks"))

    assert init("--yes").exit_code == 0
    assert not (tmp_path / "hooks").exists()


def test_a_registry_that_github_can_reach_gets_workflows(repo: Repo) -> None:
    repo.git("switch", "--quiet", "--create", "trunk")

    result = init("--yes", "--project", "Trader", "--hook", "none")

    assert (
        result.stdout
        == """\
wrote    promptsync.toml
wrote    prompts/summarise.md
wrote    .gitignore
wrote    .github/actions/promptsync/action.yml
wrote    .github/workflows/promptsync-pull-request.yml
wrote    .github/workflows/promptsync-upload.yml
wrote    .github/workflows/promptsync-drift.yml

next:
  export BRAINTRUST_API_KEY=…
  promptsync upload
  on GitHub, add the secret BRAINTRUST_API_KEY, and in Settings > Actions > General
    allow GitHub Actions to create and approve pull requests
"""
    )
    assert '    branches: ["trunk"]\n' in repo.read(".github/workflows/promptsync-upload.yml")


def test_a_registry_on_this_machine_gets_no_workflows_unless_asked_for(repo: Repo) -> None:
    init("--yes")
    assert not (repo.path / ".github").exists()

    init("--yes", "--workflows")
    assert (repo.path / ".github/workflows/promptsync-drift.yml").is_file()


@pytest.mark.parametrize(
    "arguments",
    [("--project", "Trader"), ("--workflows",), ("--kind", "mlflow"), ("--kind", "opik")],
    ids=["braintrust", "local", "mlflow", "opik"],
)
@pytest.mark.parametrize("tool", ["actionlint", "zizmor"])
def test_the_workflows_of_init_pass_their_linters(
    repo: Repo, tool: str, arguments: tuple[str, ...]
) -> None:
    init("--yes", "--hook", "none", *arguments)
    options = {
        "actionlint": ("-no-color",),
        "zizmor": ("--offline", "--no-progress", "--color=never", "."),
    }
    program = shutil.which(tool, path=sysconfig.get_path("scripts"))
    assert program is not None, f"{tool} is not installed: run `make lint`"

    result = subprocess.run(
        [program, *options[tool]],
        cwd=repo.path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_no_value_of_a_workflow_is_part_of_a_script(repo: Repo) -> None:
    init("--yes", "--workflows")

    texts = [repo.read(name) for name in files(repo) if name.endswith(".yml")]
    scripts = [
        step["run"]
        for text in texts
        for step in yaml.safe_load(text).get("runs", {}).get("steps", [])
        if "run" in step
    ]
    assert len(scripts) == 5
    assert not [script for script in scripts if "${{" in script]


def test_the_workflows_run_where_the_configuration_is(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("my service/promptsync.toml", "")
    monkeypatch.chdir(repo.path / "my service")

    init("--yes", "--workflows")

    for name in ("pull-request", "upload", "drift"):
        text = repo.read(f".github/workflows/promptsync-{name}.yml")
        assert '          working-directory: "my service"\n' in text


def test_coding_agents_are_told_once_in_each_of_their_files(repo: Repo) -> None:
    repo.write("CLAUDE.md", "# Rules\n")

    init("--yes", "--agents", "--project", "Trader")
    init("--yes", "--agents")

    for name in ("AGENTS.md", "CLAUDE.md"):
        assert repo.read(name).count("## Prompts") == 1
        assert "a registry: Braintrust, project `Trader`.\n" in repo.read(name)
    assert repo.read("CLAUDE.md").startswith("# Rules\n\n<!-- promptsync:begin")


@pytest.mark.parametrize("text", ["Read @AGENTS.md first.\n", None], ids=["includes", "links"])
def test_an_agents_file_that_takes_in_the_other_is_left_alone(repo: Repo, text: str | None) -> None:
    if text is not None:
        repo.write("CLAUDE.md", text)
    elif sys.platform != "win32":
        (repo.path / "CLAUDE.md").symlink_to("AGENTS.md")

    init("--yes", "--agents")

    assert repo.read("AGENTS.md").count("## Prompts") == 1
    if text is not None:
        assert repo.read("CLAUDE.md") == text


def test_a_folder_outside_of_the_repository_is_refused_before_anything_is_written(
    repo: Repo,
) -> None:
    result = init("--yes", "--prompts", "../prompts")

    assert result.exit_code == 2
    assert "leaves the folder of the configuration" in result.stderr
    assert files(repo) == []


def test_a_symbolic_link_is_not_followed_out_of_the_repository(repo: Repo, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows gives symbolic links to administrators only")
    (tmp_path / "elsewhere").mkdir()
    (repo.path / "prompts").symlink_to(tmp_path / "elsewhere")

    result = init("--yes", "--starter", "summarise")

    assert result.exit_code == 2
    assert "leads through a symbolic link" in result.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_outside_of_a_repository_it_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = init("--yes")

    assert (result.exit_code, result.stderr) == (
        2,
        f"error: `{tmp_path}` is not in a git repository\n\n"
        "hint: run `git init` there, or change folder\n",
    )


def test_without_a_terminal_nothing_is_asked_and_nothing_done(repo: Repo) -> None:
    result = init()

    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no terminal to ask on; nothing was done" in result.stderr
    assert files(repo) == []


@needs_terminal
def test_on_a_terminal_everything_is_asked(repo: Repo) -> None:
    output = answered(repo, "braintrust", "Trader", "texts", "judge-label", "none", "n")

    assert output == (
        "wrote    promptsync.toml\nwrote    texts/judge-label.md\nwrote    .gitignore\n"
        "\nnext:\n  export BRAINTRUST_API_KEY=…\n  promptsync upload\n"
    )
    assert 'project = "Trader"' in repo.read("promptsync.toml")


@needs_terminal
def test_on_a_terminal_an_address_may_be_left_to_the_environment(repo: Repo) -> None:
    answered(repo, "opik", "", "https://opik.example.com/api", "", "none", "none", "n")

    assert repo.read("promptsync.toml").endswith(
        'kind = "opik"\nurl = "https://opik.example.com/api"\n'
    )


@needs_terminal
def test_on_a_terminal_a_wrong_address_is_asked_for_again(repo: Repo) -> None:
    answered(repo, "mlflow", "localhost:5000", "http://localhost:5000", "", "none", "none", "n")

    assert repo.read("promptsync.toml").endswith('\ntracking-uri = "http://localhost:5000"\n')


@needs_terminal
def test_on_a_terminal_the_defaults_are_what_yes_does(repo: Repo, tmp_path: Path) -> None:
    other = Repo.create(tmp_path / "other")

    answered(repo, "", "", "", "", "")
    answered(other, options=("--yes",))

    assert files(repo) == files(other)
    assert [repo.read(name) for name in files(repo)] == [other.read(name) for name in files(other)]


@needs_terminal
@pytest.mark.parametrize(("answer", "kept"), [("n", True), ("y", False)])
def test_on_a_terminal_a_file_that_differs_is_asked_about(
    repo: Repo, answer: str, kept: bool
) -> None:
    repo.write("promptsync.toml", "")
    repo.write("prompts/summarise.md", "My own words.\n")

    answered(repo, "none", "n", answer, options=("--starter", "summarise"))

    assert (repo.read("prompts/summarise.md") == "My own words.\n") is kept
