"""The registry's edits on a commit: of the current branch, or of another beside the work tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import edit_in_registry, save_in_registry
from tests.cli.test_sync import LINES, counters, in_registry, sync, with_prompts


def trailers(repo: Repo, revision: str = "HEAD") -> list[str]:
    return repo.git("log", "-1", "--format=%(trailers)", revision).splitlines()


# -- on the current branch --


def test_what_was_pulled_is_committed_with_its_version_and_author(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edited = edit_in_registry(repo, "greeting", "hello", "hey", author="Grace")

    result = run("sync", "--yes", "--commit")

    commit = repo.git("rev-parse", "HEAD")
    assert result.code == 0
    assert (
        result.stdout
        == f"""\
pulled `greeting` (version 2) into prompts/greeting.md
committed the registry's edits ({commit[:12]})
pull_changed 1
"""
    )
    assert repo.git("log", "-1", "--format=%s") == (
        "Take over an edit of `greeting` from registry `local`"
    )
    assert trailers(repo) == [f"Registry-Edit: greeting version 2 by Grace at {edited.created}"]
    assert repo.git("status", "--short") == ""
    assert repo.git("symbolic-ref", "HEAD") == "refs/heads/main"


def test_nothing_else_is_committed_and_what_is_staged_stays_staged(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    repo.write("staged.txt", "staged\n")
    repo.git("add", "staged.txt")
    repo.write(".gitignore", ".promptsync/\nbuild/\n")

    assert sync("--commit") == {"pull_changed": 1}
    assert repo.git("show", "--format=", "--name-only", "HEAD") == "prompts/greeting.md"
    assert repo.git("status", "--short").splitlines() == [" M .gitignore", "A  staged.txt"]


def test_a_merge_is_committed_before_it_is_uploaded(repo: Repo) -> None:
    with_prompts(repo, greeting=LINES)
    edit_in_registry(repo, "greeting", "hello", "hello warmly")
    repo.write("prompts/greeting.md", LINES.replace("goodbye", "goodbye briefly"))
    repo.commit()

    assert sync("--commit") == {"pull_changed": 1, "individual_synced": 1}

    stamp = in_registry(repo).stamp
    assert stamp is not None
    assert stamp.commit == repo.git("rev-parse", "HEAD")


def test_a_prompt_that_only_the_registry_had_is_committed(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    (repo.path / "prompts/farewell.md").unlink()
    repo.commit()

    assert sync("--commit", "--all") == {"pull_changed": 1}
    assert repo.git("show", "HEAD:prompts/farewell.md") == "Say goodbye."
    assert repo.git("status", "--short") == ""


def test_without_an_edit_there_is_no_commit(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    repo.write("prompts/greeting.md", "Say hi.\n")
    before = repo.git("rev-parse", "HEAD")

    assert sync("--commit") == {"individual_synced": 1}
    assert repo.git("rev-parse", "HEAD") == before


def test_in_the_middle_of_a_merge_nothing_is_done(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    repo.git("checkout", "--quiet", "-b", "other")
    repo.write("notes.txt", "other\n")
    repo.commit()
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-commit", "--no-ff", "other")
    edit_in_registry(repo, "greeting", "hello", "hey")

    result = run("sync", "--yes", "--commit")

    assert result.code == 2
    assert (
        result.stderr
        == """\
error: this repository is in the middle of a merge; nothing was done

hint: finish it, or give it up with `git merge --abort`
"""
    )
    assert repo.read("prompts/greeting.md") == "Say hello.\n"


def test_somebody_without_a_name_is_told_before_anything_is_written(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME"):
        monkeypatch.delenv(name)
    monkeypatch.delenv("GIT_COMMITTER_EMAIL")
    repo.git("config", "user.useConfigOnly", "true")

    result = run("sync", "--yes", "--commit")

    assert result.code == 2
    assert "git does not know who commits" in result.stderr
    assert repo.read("prompts/greeting.md") == "Say hello.\n"


def test_while_somebody_has_the_index_nothing_is_committed_that_it_would_undo(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    head, lock = repo.git("rev-parse", "HEAD"), repo.path / ".git/index.lock"
    lock.touch()

    result = run("sync", "--yes", "--commit")

    lock.unlink()
    assert result.code == 2
    assert "index.lock" in result.stderr
    assert repo.git("diff", "--cached") == ""
    assert repo.git("rev-parse", "HEAD") == head
    assert repo.read("prompts/greeting.md") == "Say hey.\n"


def test_what_a_sync_left_uncommitted_is_told_by_the_next(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    assert sync() == {"pull_changed": 1}

    assert run("sync", "--yes", "--commit") == Ran(
        0,
        "nothing to sync with registry `local`\n",
        """\

warning: not committed: prompts/greeting.md

hint: `git diff` shows them; a sync that was killed may have pulled them
""",
    )
    repo.commit()
    assert run("sync", "--yes", "--commit").stderr == ""


# -- on another branch --


def test_a_branch_takes_the_edits_and_the_work_tree_none(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    head = repo.git("rev-parse", "HEAD")
    edit_in_registry(repo, "greeting", "hello", "hey")

    result = run("sync", "--yes", "--branch", "edits")

    assert result.code == 0
    assert (
        result.stdout
        == f"""\
pulled `greeting` (version 2) into prompts/greeting.md
committed the registry's edits on branch `edits` ({repo.git("rev-parse", "edits")[:12]})
pull_changed 1
"""
    )
    assert repo.git("show", "edits:prompts/greeting.md") == "Say hey."
    assert repo.git("rev-parse", "edits^", "HEAD").split() == [head, head]
    assert repo.git("status", "--short") == ""
    assert repo.read("prompts/greeting.md") == "Say hello.\n"
    assert len(trailers(repo, "edits")) == 1


def test_nothing_of_a_branch_goes_to_the_registry_and_the_rest_does(repo: Repo) -> None:
    with_prompts(repo, greeting=LINES, farewell="Say goodbye.\n")
    edit_in_registry(repo, "greeting", "hello", "hello warmly")
    repo.write("prompts/greeting.md", LINES.replace("goodbye", "goodbye briefly"))
    repo.write("prompts/farewell.md", "Say farewell.\n")
    repo.commit()

    assert sync("--branch", "edits") == {"pull_changed": 1, "individual_synced": 1}

    merged = LINES.replace("hello", "hello warmly").replace("goodbye", "goodbye briefly")
    assert repo.git("show", "edits:prompts/greeting.md") == merged.removesuffix("\n")
    assert in_registry(repo).version == "2"
    assert in_registry(repo, "farewell").prompt.content == "Say farewell."
    assert run("status", "--format", "json").json["summary"] == {"in_sync": 1, "diverged": 1}


def test_edits_that_a_branch_has_already_are_waiting(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    run("sync", "--yes", "--branch", "edits")
    tip = repo.git("rev-parse", "edits")
    repo.write("notes.txt", "main goes on\n")
    repo.commit()

    result = run("sync", "--yes", "--branch", "edits", "--format", "json")

    assert (result.code, counters(result.json)) == (0, {})
    assert (result.json["waiting"], result.json["branch"]) == (["greeting"], "edits")
    assert repo.git("rev-parse", "edits") == tip


def test_a_branch_moves_forward_with_the_next_edit(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    run("sync", "--yes", "--branch", "edits")
    first = repo.git("rev-parse", "edits")
    repo.write("notes.txt", "main goes on\n")
    head = repo.commit()
    edit_in_registry(repo, "farewell", "goodbye", "farewell")

    assert sync("--branch", "edits") == {"pull_changed": 2}
    assert repo.git("rev-parse", "edits^1", "edits^2").split() == [first, head]
    assert repo.git("diff", "--name-only", "main", "edits").split() == [
        "prompts/farewell.md",
        "prompts/greeting.md",
    ]


def test_a_branch_that_was_merged_starts_again(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    run("sync", "--yes", "--branch", "edits")
    repo.git("merge", "--quiet", "--no-ff", "-m", "Merge the edits", "edits")

    assert sync("--branch", "edits") == {}
    edit_in_registry(repo, "greeting", "hey", "good day")
    assert sync("--branch", "edits") == {"pull_changed": 1}
    assert repo.git("show", "edits:prompts/greeting.md") == "Say good day."
    assert repo.git("rev-parse", "edits^") == repo.git("rev-parse", "main")


def test_commits_of_others_on_the_branch_are_never_undone(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    run("sync", "--yes", "--branch", "edits")
    repo.git("checkout", "--quiet", "edits")
    repo.write("prompts/greeting.md", "Say hey, kindly.\n")
    tip = repo.commit("Be kind")
    repo.git("checkout", "--quiet", "main")
    edit_in_registry(repo, "greeting", "hey", "good day")

    result = run("sync", "--yes", "--branch", "edits", "--format", "json")

    assert result.code == 3
    assert counters(result.json) == {"pull_failed": 1}
    assert "somebody committed to branch `edits`" in result.json["error"]["message"]
    assert repo.git("rev-parse", "edits") == tip


def test_a_branch_that_is_checked_out_is_refused(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")

    result = run("sync", "--yes", "--branch", "main")

    assert result.code == 2
    assert "error: branch `main` is checked out, and its files would not follow" in result.stderr
    assert repo.git("status", "--short") == ""


@pytest.mark.parametrize("branch", ["a..b", "with space", "-x", "@{-1}"])
def test_what_is_no_name_for_a_branch_is_refused(repo: Repo, branch: str) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")

    result = run("sync", "--yes", f"--branch={branch}")

    assert result.code == 2
    assert f"`{branch}` is no name for a branch" in result.stderr


def test_a_conflict_reaches_no_branch(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    repo.write("prompts/greeting.md", "Say hi.\n")
    repo.commit()

    result = run("sync", "--yes", "--branch", "edits", "--format", "json")

    assert (result.code, counters(result.json)) == (3, {"conflicts": 1})
    assert repo.git("branch", "--list", "edits") == ""


def test_one_or_the_other(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")

    assert run("sync", "--commit", "--branch", "edits").stderr.startswith(
        "error: `--commit` and `--branch` exclude each other\n"
    )


def test_line_ends_and_modes_are_those_of_the_repository(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    file = repo.path / "prompts/greeting.md"
    file.chmod(0o755)
    repo.commit("Make it executable")
    repo.git("config", "core.autocrlf", "true")
    file.unlink()
    repo.git("checkout", "--", "prompts/greeting.md")
    assert file.read_bytes() == b"Say hello.\r\n"
    edit_in_registry(repo, "greeting", "hello", "hey")

    assert sync("--branch", "edits") == {"pull_changed": 1}
    assert repo.git("cat-file", "-s", "edits:prompts/greeting.md") == str(len("Say hey.\n"))
    assert repo.git("ls-tree", "edits", "prompts/greeting.md").startswith("100755 ")


def test_a_linked_work_tree_commits_on_its_own_branch(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    url = f"sqlite:///{repo.path / '.promptsync/registry.db'}"
    repo.write("promptsync.toml", f'[registries.local]\nkind = "local"\nurl = "{url}"\n')
    repo.commit()
    repo.git("worktree", "add", "--quiet", "-b", "feature", str(tmp_path / "linked"))
    edit_in_registry(repo, "greeting", "hello", "hey")
    monkeypatch.chdir(tmp_path / "linked")

    assert sync("--commit") == {"pull_changed": 1}
    assert repo.git("show", "feature:prompts/greeting.md") == "Say hey."
    assert repo.git("show", "main:prompts/greeting.md") == "Say hello."
    assert Repo(tmp_path / "linked").git("status", "--short") == ""


@pytest.mark.parametrize("option", [["--commit"], ["--branch", "edits"]])
def test_the_entry_of_a_catalog_file_is_committed_with_its_file(
    repo: Repo, option: list[str]
) -> None:
    repo.write("promptsync.toml", 'prompts = ["prompts.json"]\n')
    repo.write("prompts.json", '{\n  "greeting": "Say hello.",\n  "farewell": "Say goodbye."\n}\n')
    repo.write(".gitignore", ".promptsync/\n")
    repo.commit()
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "hello", "hey")

    assert sync(*option) == {"pull_changed": 1}
    revision = "HEAD" if option == ["--commit"] else "edits"
    assert repo.git("show", f"{revision}:prompts.json").splitlines()[1] == (
        '  "greeting": "Say hey.",'
    )
    assert repo.git("status", "--short") == ""


@pytest.mark.parametrize("option", [["--commit"], ["--branch", "edits"]])
def test_a_new_entry_takes_nobody_s_unfinished_work_along(repo: Repo, option: list[str]) -> None:
    repo.write("promptsync.toml", 'prompts = ["prompts.json"]\n')
    repo.write("prompts.json", '{\n  "greeting": "Say hello."\n}\n')
    repo.write(".gitignore", ".promptsync/\n")
    repo.commit()
    run("upload", "--yes")
    save_in_registry(repo, prompt("farewell", "Say goodbye."))
    head, unfinished = repo.git("rev-parse", "HEAD"), '{\n  "greeting": "Say"\n}\n'
    repo.write("prompts.json", unfinished)

    result = run("sync", "--yes", "--all", *option)

    assert result.code == 2
    assert "`prompts.json` has uncommitted changes" in result.stderr
    assert repo.read("prompts.json") == unfinished
    assert repo.git("rev-list", "--all") == head
