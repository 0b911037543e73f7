"""Our hooks under the real pre-commit, with real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.builders import Repo

ROOT = Path(__file__).parents[1]

SYSTEM_HOOKS = ("promptsync-lint-system", "promptsync-verify-system")


@pytest.fixture(autouse=True)
def installed_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put promptsync and pre-commit on the search path, as an active environment does."""
    scripts = sysconfig.get_path("scripts")
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")


def published(path: Path, *names: str) -> Repo:
    """Make a repository for pre-commit to clone, with some of the files of this one."""
    hooks = Repo.create(path)
    for name in names:
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    hooks.commit()
    return hooks


@pytest.fixture
def checked(repo: Repo, tmp_path: Path) -> Repo:
    """Return a repository that runs the twins of our hooks that build no environment."""
    hooks = published(tmp_path / "hooks", ".pre-commit-hooks.yaml")
    use(repo, hooks, *SYSTEM_HOOKS)
    return repo


def use(repo: Repo, hooks: Repo, *ids: str) -> None:
    rev = hooks.git("rev-parse", "HEAD")
    listed = ", ".join(f"{{id: {each}}}" for each in ids)
    repo.write(
        ".pre-commit-config.yaml",
        f"repos:\n- repo: {hooks.path.as_posix()}\n  rev: {rev}\n  hooks: [{listed}]\n",
    )
    repo.write(".gitignore", ".promptsync/\n")
    repo.commit("Use pre-commit")
    run(repo, "pre-commit", "install", "--install-hooks")


def run(repo: Repo, *command: str) -> str:
    result = subprocess.run(
        command, cwd=repo.path, capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def upload(repo: Repo) -> None:
    run(repo, "promptsync", "upload", "--yes")


def commit(repo: Repo, *arguments: str) -> tuple[int, str]:
    """Try to commit, and return git's exit code with what pre-commit wrote."""
    result = subprocess.run(
        ["git", "commit", "--quiet", "--message", "Change prompts", *arguments],
        cwd=repo.path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return result.returncode, result.stderr


def test_a_commit_is_stopped_until_its_prompts_are_uploaded(checked: Repo) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    checked.git("add", ".")

    code, said = commit(checked)
    upload(checked)

    assert (code, said) == (
        1,
        """\
promptsync lint..........................................................Passed
promptsync verify........................................................Failed
- hook id: promptsync-verify-system
- exit code: 1

registry `local`: sqlite:///.promptsync/registry.db

new  greeting  prompts/greeting.md

new: not in the registry yet
  promptsync upload greeting

1 new

The commit was stopped: registry `local` does not have these prompts as staged.
To commit all the same: git commit --no-verify

""",
    )
    assert commit(checked)[0] == 0


def test_a_commit_without_prompts_passes_while_the_registry_is_down(checked: Repo) -> None:
    checked.write(
        "promptsync.toml",
        '[registries.local]\nkind = "local"\nurl = "postgresql+psycopg://127.0.0.1:1/prompts"\n',
    )
    checked.git("add", ".")

    assert commit(checked) == (
        0,
        """\
promptsync lint......................................(no files to check)Skipped
promptsync verify........................................................Passed
""",
    )


def test_a_broken_prompt_file_is_shown_with_its_line(checked: Repo) -> None:
    checked.write("prompts/greeting.md", "---\ntitel: Hello\n---\n\nSay hello.\n")
    checked.git("add", ".")

    code, said = commit(checked)

    assert code == 1
    assert "prompts/greeting.md:2:1: PS003 unknown key `titel`" in said


def test_staged_content_that_is_uploaded_passes_whatever_the_file_says(checked: Repo) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    upload(checked)
    checked.git("add", ".")
    checked.write("prompts/greeting.md", "Say hello, and mean it.\n")

    assert commit(checked)[0] == 0
    assert checked.read("prompts/greeting.md") == "Say hello, and mean it.\n"


def test_staged_content_that_is_not_uploaded_is_stopped_although_the_file_is(
    checked: Repo,
) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    checked.git("add", ".")
    checked.write("prompts/greeting.md", "Say hello, and mean it.\n")
    upload(checked)

    code, said = commit(checked)

    assert code == 1
    assert "modified" in said
    assert checked.read("prompts/greeting.md") == "Say hello, and mean it.\n"


def test_a_merge_is_checked_for_its_conflicts_and_then_for_its_result(checked: Repo) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    upload(checked)
    checked.commit()
    checked.git("switch", "--quiet", "--create", "topic")
    checked.write("prompts/greeting.md", "Say hello, warmly.\n")
    checked.git("commit", "--quiet", "--all", "--no-verify", "--message", "Be warm")
    checked.git("switch", "--quiet", "main")
    checked.write("prompts/greeting.md", "Say hello, briefly.\n")
    upload(checked)
    checked.git("commit", "--quiet", "--all", "--message", "Be brief")

    merged = subprocess.run(
        ["git", "merge", "topic"], cwd=checked.path, capture_output=True, check=False
    )
    unresolved = commit(checked, "--all")
    checked.write("prompts/greeting.md", "Say hello, briefly and warmly.\n")
    checked.git("add", ".")
    resolved = commit(checked)
    upload(checked)
    uploaded = commit(checked)

    assert merged.returncode == 1
    assert unresolved[0] == 1
    assert "prompts/greeting.md:1:1: PS002" in unresolved[1]
    assert resolved[0] == 1
    assert "modified  greeting" in resolved[1]
    assert uploaded[0] == 0
    assert len(checked.git("rev-list", "--parents", "--max-count=1", "HEAD").split()) == 3


def test_one_hook_can_be_skipped(checked: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    checked.git("add", ".")
    monkeypatch.setenv("SKIP", "promptsync-verify-system")

    assert commit(checked)[0] == 0


def test_a_deleted_prompt_file_needs_nothing(checked: Repo) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    checked.write("prompts/farewell.md", "Say goodbye.\n")
    upload(checked)
    checked.commit()
    checked.git("rm", "--quiet", "prompts/greeting.md")

    assert commit(checked)[0] == 0


def test_a_renamed_prompt_file_is_a_new_prompt(checked: Repo) -> None:
    checked.write("prompts/greeting.md", "Say hello.\n")
    upload(checked)
    checked.commit()
    checked.git("mv", "prompts/greeting.md", "prompts/welcome.md")

    code, said = commit(checked)
    upload(checked)

    assert code == 1
    assert "new  welcome  prompts/welcome.md" in said
    assert commit(checked)[0] == 0


@pytest.mark.slow
def test_pre_commit_builds_promptsync_from_this_repository(repo: Repo) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone: pre-commit needs a git repository to install from")
    if subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "hatchling"],
        cwd=repo.path.parent,
        capture_output=True,
        check=False,
    ).returncode:
        pytest.skip("no package index can be reached, and pre-commit installs from one")
    repo.git("config", "--global", "--add", "safe.directory", "*")

    use(repo, Repo(ROOT), "promptsync-lint", "promptsync-verify")
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")
    code, said = commit(repo)
    upload(repo)

    assert code == 1
    assert "promptsync lint..........................................................Passed" in said
    assert "new  greeting  prompts/greeting.md" in said
    assert commit(repo)[0] == 0
