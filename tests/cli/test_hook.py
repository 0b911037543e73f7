"""The plain git hook, in real repositories and with real commits."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from promptsync.cli import app
from promptsync.templates import read
from tests.builders import Repo

OLD_HOOK = b"#!/bin/sh\necho the old hook ran\nexit ${OLD_HOOK_EXIT:-0}\n"
STOPPED = """\
The commit was stopped: registry `local` does not have these prompts as staged.
To commit all the same: git commit --no-verify
"""

needs_symlinks = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows gives symbolic links to administrators only"
)


def promptsync(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def installed(*options: str) -> None:
    result = promptsync("hook", "install", *options)
    assert result.exit_code == 0, result.output


def uploaded() -> None:
    result = promptsync("upload", "--yes")
    assert result.exit_code == 0, result.output


def commit(repo: Repo, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Try to commit; git's exit code is 1 whatever the hook's is, and its stderr has all output."""
    return subprocess.run(
        ["git", "commit", "--quiet", "--message", "Change prompts", *arguments],
        cwd=repo.path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def old_hook(repo: Repo, text: bytes = OLD_HOOK) -> Path:
    hook = repo.write(".git/hooks/pre-commit", text)
    hook.chmod(0o755)
    return hook


def hooks_of(repo: Repo) -> list[str]:
    """Return the files of the hooks folder that git did not put there as samples."""
    names = (each.name for each in (repo.path / ".git/hooks").iterdir())
    return sorted(name for name in names if not name.endswith(".sample"))


def unreachable(repo: Repo) -> None:
    """Configure a registry at an address where nobody listens."""
    repo.write(
        "promptsync.toml",
        '[registries.local]\nkind = "local"\nurl = "postgresql+psycopg://127.0.0.1:1/prompts"\n',
    )


def test_a_commit_is_stopped_until_its_prompts_are_uploaded(repo: Repo) -> None:
    installed()
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")

    stopped = commit(repo)
    uploaded()
    passed = commit(repo)

    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (
        1,
        "",
        f"""\
registry `local`: sqlite:///.promptsync/registry.db

new  greeting  prompts/greeting.md

new: not in the registry yet
  promptsync upload greeting

1 new

{STOPPED}""",
    )
    assert (passed.returncode, passed.stdout, passed.stderr) == (0, "", "")


def test_a_commit_without_prompts_asks_no_registry(repo: Repo) -> None:
    unreachable(repo)
    installed()
    repo.write("main.py", "")
    repo.git("add", ".")

    assert (commit(repo).returncode, commit(repo).stderr) == (0, "")


def test_a_commit_can_skip_the_hook(repo: Repo) -> None:
    installed()
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")

    assert commit(repo, "--no-verify").returncode == 0


def test_what_is_staged_counts_and_not_what_is_in_the_file(repo: Repo) -> None:
    installed()
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    uploaded()

    stopped = commit(repo)

    assert stopped.returncode == 1
    assert stopped.stderr.endswith("""\
The commit was stopped: registry `local` does not have these prompts as staged.
Upload takes whole files, and these have unstaged changes: prompts/greeting.md
Stage the rest (git add), or put it aside (git stash --keep-index), then upload.
To commit all the same: git commit --no-verify
""")


@pytest.mark.parametrize("arguments", [("--all",), ("prompts/greeting.md",)])
def test_a_commit_that_stages_by_itself_is_checked_for_what_it_takes(
    repo: Repo, arguments: tuple[str, ...]
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    uploaded()
    installed()
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")

    stopped = commit(repo, *arguments)
    uploaded()

    assert stopped.returncode == 1
    assert "modified  greeting" in stopped.stderr
    assert commit(repo, *arguments).returncode == 0


def test_deleting_the_last_prompt_file_is_no_reason_to_stop(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    installed()
    repo.git("rm", "--quiet", "prompts/greeting.md")

    assert (commit(repo).returncode, repo.git("ls-files")) == (0, "")


def test_a_renamed_prompt_file_is_a_new_prompt(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    uploaded()
    installed()
    repo.git("mv", "prompts/greeting.md", "prompts/welcome.md")

    stopped = commit(repo)

    assert stopped.returncode == 1
    assert "new  welcome  prompts/welcome.md" in stopped.stderr


def test_a_broken_prompt_file_stops_the_commit_with_its_line(repo: Repo) -> None:
    installed()
    repo.write("prompts/greeting.md", "---\ntitel: Hello\n---\n\nSay hello.\n")
    repo.git("add", ".")

    stopped = commit(repo)

    assert (stopped.returncode, stopped.stderr) == (
        1,
        """\
error: prompts/greeting.md:2:1: unknown key `titel`

hint: did you mean `title`? anything else goes below `metadata:`

The commit was stopped: the staged prompts could not be checked.
To commit all the same: git commit --no-verify
""",
    )


def test_an_unreachable_registry_stops_the_commit_and_says_how_to_skip(repo: Repo) -> None:
    unreachable(repo)
    installed()
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")

    stopped = commit(repo)

    assert stopped.returncode == 1
    assert stopped.stderr.startswith("error: postgresql://127.0.0.1:1/prompts cannot be reached")
    assert stopped.stderr.endswith("""\

The commit was stopped: the staged prompts could not be checked.
To commit all the same: git commit --no-verify
""")


def test_an_unreachable_registry_can_be_a_warning(repo: Repo) -> None:
    unreachable(repo)
    installed("--allow-unreachable")
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")

    passed = commit(repo)

    assert passed.returncode == 0
    assert passed.stderr.endswith("\nwarning: the prompts were not checked\n")


def test_on_a_branch_any_version_with_the_content_can_be_enough(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    uploaded()
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    uploaded()
    repo.write("prompts/greeting.md", "Say hello.\n\nBe brief.\n")
    uploaded()
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    repo.git("add", ".")

    installed()
    latest_only = commit(repo)
    installed("--uploaded")
    any_version = commit(repo)

    assert (latest_only.returncode, any_version.returncode) == (1, 0)


def test_installing_again_changes_nothing(repo: Repo) -> None:
    installed("--uploaded")
    hook = repo.path / ".git/hooks/pre-commit"
    before = (hook.read_bytes(), hook.stat().st_ino)

    result = promptsync("hook", "install", "--uploaded")

    assert (result.exit_code, result.stdout) == (0, ".git/hooks/pre-commit is installed already\n")
    assert (hook.read_bytes(), hook.stat().st_ino) == before


def test_installing_with_other_options_updates_the_hook_and_keeps_the_old_one(repo: Repo) -> None:
    old_hook(repo)
    installed()

    result = promptsync("hook", "install", "--uploaded")

    assert (result.exit_code, result.stdout) == (
        0,
        "updated .git/hooks/pre-commit\n"
        "the hook from before runs first, as .git/hooks/pre-commit.before-promptsync\n",
    )
    assert repo.read(".git/hooks/pre-commit.before-promptsync") == OLD_HOOK.decode()


def test_a_hook_that_was_there_runs_first(repo: Repo) -> None:
    old_hook(repo)
    installed()
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")

    stopped = commit(repo)

    assert stopped.returncode == 1
    assert stopped.stderr.startswith("the old hook ran\nregistry `local`")


def test_a_hook_that_was_there_can_stop_the_commit_by_itself(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_hook(repo)
    installed()
    repo.write("main.py", "")
    repo.git("add", ".")
    monkeypatch.setenv("OLD_HOOK_EXIT", "1")

    stopped = commit(repo)

    assert (stopped.returncode, stopped.stderr) == (1, "the old hook ran\n")


@pytest.mark.parametrize("mode", [0o755, 0o600])
def test_uninstalling_brings_back_what_was_there_byte_for_byte(repo: Repo, mode: int) -> None:
    hook = old_hook(repo, b"#!/bin/sh\r\n\xff no newline at the end")
    hook.chmod(mode)
    before = (hook.read_bytes(), hook.stat().st_mode)
    installed()

    result = promptsync("hook", "uninstall")

    assert (result.exit_code, result.stdout) == (
        0,
        "restored .git/hooks/pre-commit to what it was before\n",
    )
    assert (hook.read_bytes(), hook.stat().st_mode) == before
    assert hooks_of(repo) == ["pre-commit"]


@needs_symlinks
def test_uninstalling_brings_back_a_symbolic_link(repo: Repo) -> None:
    repo.write("tools/check", OLD_HOOK).chmod(0o755)
    hook = repo.path / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to("../../tools/check")
    installed()
    repo.write("main.py", "")
    repo.git("add", ".")

    ran = commit(repo)
    promptsync("hook", "uninstall")

    assert (ran.returncode, ran.stderr) == (0, "the old hook ran\n")
    assert hook.readlink() == Path("../../tools/check")
    assert (repo.path / "tools/check").read_bytes() == OLD_HOOK


def test_uninstalling_leaves_nothing_behind_where_nothing_was(repo: Repo) -> None:
    installed()

    result = promptsync("hook", "uninstall")

    assert (result.exit_code, result.stdout) == (0, "removed .git/hooks/pre-commit\n")
    assert hooks_of(repo) == []


def test_uninstalling_leaves_the_hook_of_another_tool_alone(repo: Repo) -> None:
    old_hook(repo)

    result = promptsync("hook", "uninstall")

    assert (result.exit_code, result.stderr) == (
        0,
        "promptsync's hook is not installed; nothing was changed\n",
    )
    assert repo.read(".git/hooks/pre-commit") == OLD_HOOK.decode()


@pytest.mark.parametrize("action", ["install", "uninstall"])
@pytest.mark.parametrize("edit", ["\necho mine\n", "\r"], ids=["line", "line end"])
def test_a_hook_that_somebody_edited_is_not_destroyed(repo: Repo, action: str, edit: str) -> None:
    installed()
    hook = repo.path / ".git/hooks/pre-commit"
    edited = hook.read_bytes() + edit.encode()
    hook.write_bytes(edited)

    result = promptsync("hook", action)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "somebody edited" in result.stderr
    assert hook.read_bytes() == edited


def test_two_hooks_that_promptsync_did_not_make_are_not_guessed_about(repo: Repo) -> None:
    old_hook(repo)
    installed()
    old_hook(repo, b"#!/bin/sh\necho another tool\n")

    result = promptsync("hook", "install")

    assert result.exit_code == 2
    assert "another tool replaced promptsync's hook" in result.stderr
    assert repo.read(".git/hooks/pre-commit") == "#!/bin/sh\necho another tool\n"
    assert repo.read(".git/hooks/pre-commit.before-promptsync") == OLD_HOOK.decode()


def test_an_interrupted_installation_is_completed_by_the_next(repo: Repo) -> None:
    hook = old_hook(repo)
    hook.rename(hook.with_name("pre-commit.before-promptsync"))

    installed()
    promptsync("hook", "uninstall")

    assert hook.read_bytes() == OLD_HOOK


def test_the_hooks_path_of_the_repository_is_respected(repo: Repo) -> None:
    repo.git("config", "core.hooksPath", "tools/hooks")

    result = promptsync("hook", "install")

    assert (result.exit_code, result.stdout) == (
        0,
        "installed tools/hooks/pre-commit: "
        "a commit that changes prompts needs them in the registry\n",
    )
    assert sys.executable not in repo.read("tools/hooks/pre-commit"), "a path of this machine"


def test_hooks_that_all_repositories_share_are_left_alone(repo: Repo, tmp_path: Path) -> None:
    repo.git("config", "--global", "core.hooksPath", str(tmp_path / "hooks"))

    result = promptsync("hook", "install")

    assert result.exit_code == 2
    assert "would run in every repository" in result.stderr
    assert not (tmp_path / "hooks").exists()


def test_a_configuration_in_a_subfolder_is_found_by_the_hook(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("my service/promptsync.toml", "")
    monkeypatch.chdir(repo.path / "my service")
    installed()
    repo.write("my service/prompts/greeting.md", "Say hello.\n")
    repo.git("add", ".")

    stopped = commit(repo)
    uploaded()

    assert stopped.returncode == 1
    assert "new  greeting  my service/prompts/greeting.md" in stopped.stderr
    assert commit(repo).returncode == 0


def test_a_branch_without_the_folder_of_the_configuration_is_not_checked(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repo.write("service/promptsync.toml", "").parent
    monkeypatch.chdir(folder)
    installed()
    monkeypatch.chdir(repo.path)
    shutil.rmtree(folder)
    repo.write("main.py", "")
    repo.git("add", ".")

    assert commit(repo).returncode == 0


def test_a_linked_work_tree_is_checked_by_the_same_hook(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("service/promptsync.toml", "")
    repo.commit()
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    monkeypatch.chdir(linked.path / "service")
    installed()
    linked.write("service/prompts/greeting.md", "Say hello.\n")
    linked.git("add", ".")

    stopped = commit(linked)
    uploaded()

    assert hooks_of(repo) == ["pre-commit"]
    assert stopped.returncode == 1
    assert "new  greeting  service/prompts/greeting.md" in stopped.stderr
    assert commit(linked).returncode == 0


@needs_symlinks
def test_a_hook_without_promptsync_says_that_nothing_was_checked(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.git("config", "core.hooksPath", "tools/hooks")
    installed()
    repo.write("main.py", "")
    repo.git("add", "main.py")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("git", "sh", "dirname"):
        (programs / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(programs))

    stopped = commit(repo)

    assert (stopped.returncode, stopped.stderr) == (
        1,
        """\
error: promptsync is not installed here, so the staged prompts were not checked

hint: install it and commit again, or commit unchecked: git commit --no-verify
""",
    )


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_outside_of_a_repository_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    monkeypatch.chdir(tmp_path)

    result = promptsync("hook", action)

    assert (result.exit_code, result.stderr) == (
        2,
        f"error: `{tmp_path}` is not in a git repository\n\n"
        "hint: run `git init` there, or change folder\n",
    )


def test_the_hook_is_plain_shell_without_extensions_of_bash() -> None:
    text = read("pre-commit.sh")
    shell = shutil.which("dash") or shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell on the search path; git for Windows keeps its own aside")

    checked = subprocess.run([shell, "-n"], input=text, capture_output=True, text=True, check=False)

    assert (checked.returncode, checked.stderr) == (0, "")
    assert not [word for word in ("[[", "local ", "function ", "source ") if word in text]
