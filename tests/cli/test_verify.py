"""Which content `verify` looks at, and what it says when a commit is stopped."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, run
from tests.cli.scenes import edit_in_registry, with_greeting
from tests.fakes.braintrust import BraintrustServer, DropsMetadataEverywhere
from tests.fakes.calls import put


def uploaded(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    repo.write("prompts/greeting.md", repo.read("prompts/greeting.md").replace("people", "friends"))


def test_a_stopped_commit_says_why_and_how_to_go_on(repo: Repo) -> None:
    uploaded(repo)
    repo.git("add", ".")

    assert run("verify", "--staged", "--quiet") == Ran(
        1,
        """\
registry `local`: sqlite:///.promptsync/registry.db

modified  greeting  prompts/greeting.md

modified: git is ahead of the registry
  promptsync upload greeting

1 modified
""",
        """

The commit was stopped: registry `local` does not have these prompts as staged.
To commit all the same: git commit --no-verify
"""[1:],
    )


def test_a_file_that_is_staged_in_part_says_what_an_upload_would_take(repo: Repo) -> None:
    uploaded(repo)
    repo.git("add", ".")
    repo.write("prompts/greeting.md", repo.read("prompts/greeting.md") + "Thanks.\n")

    assert (
        run("verify", "--staged").stderr
        == """
The commit was stopped: registry `local` does not have these prompts as staged.
Upload takes whole files, and these have unstaged changes: prompts/greeting.md
Stage the rest (git add), or put it aside (git stash --keep-index), then upload.
To commit all the same: git commit --no-verify
"""
    )


def test_a_commit_that_cannot_be_checked_is_stopped(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "---\ntitel: Greeting\n---\n\nHello.\n")
    repo.git("add", ".")

    assert run("verify", "--staged") == Ran(
        2,
        "",
        """\
error: prompts/greeting.md:2:1: unknown key `titel`

hint: did you mean `title`? anything else goes below `metadata:`

The commit was stopped: the staged prompts could not be checked.
To commit all the same: git commit --no-verify
""",
    )


def test_a_commit_without_prompts_is_not_looked_at(repo: Repo) -> None:
    uploaded(repo)
    repo.write("README.md", "# Read me\n")
    repo.git("add", "README.md")

    assert run("verify", "--staged") == Ran(0, "", "")


def test_a_commit_that_changes_only_the_look_of_a_prompt_passes(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")
    repo.write(
        "prompts/greeting.md",
        repo.read("prompts/greeting.md").replace("title: Greeting", "title: Greeting  # short"),
    )
    repo.git("add", ".")

    assert run("verify", "--staged") == Ran(0, "", "no prompt changed; nothing to compare\n")
    assert run("verify", "--staged", "--quiet") == Ran(0, "", "")


def test_staged_content_is_compared_and_shown(repo: Repo) -> None:
    uploaded(repo)
    repo.git("add", ".")
    repo.write("prompts/greeting.md", "Something else.\n")

    result = run("verify", "--staged", "--format", "markdown")

    assert "-You greet people.\n+You greet friends.\n" in result.stdout
    assert "Something else" not in result.stdout


def test_the_files_of_a_commit_are_compared_and_shown(repo: Repo) -> None:
    uploaded(repo)
    repo.commit("Greet friends")
    repo.write("prompts/greeting.md", "Something else.\n")

    before = run("verify", "--rev", "HEAD~1")
    result = run("verify", "--rev", "HEAD", "--format", "markdown")

    assert before.code == 0
    assert (result.code, "+You greet friends.\n" in result.stdout) == (1, True)
    assert "Something else" not in result.stdout


def test_only_what_changed_since_a_revision_is_compared(repo: Repo) -> None:
    repo.write("prompts/old.md", "Never uploaded.\n")
    base = with_greeting(repo)
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.write("prompts/fresh.md", "This is fresh.\n")
    repo.commit("Add a prompt")

    listed = run("verify", "--changed-since", str(base), "--format", "json").json["prompts"]
    run("upload", "--yes", "fresh")

    assert [each["name"] for each in listed] == ["fresh"]
    assert run("verify", "--changed-since", "main").code == 0


def test_any_version_is_enough_for_a_branch(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    assert (run("verify").code, run("verify", "--uploaded").code) == (1, 0)
    (prompt,) = run("verify", "--uploaded", "--format", "json").json["prompts"]
    assert (prompt["version"], prompt["uploaded_version"]) == ("2", "1")


def test_a_comment_for_a_pull_request_has_room_for_everything(repo: Repo) -> None:
    for number in range(300):
        repo.write(f"prompts/p{number:03}.md", f"Line of {number}.\n" * 40)

    comment = run("verify", "--format", "markdown").stdout

    assert len(comment) < 65_536
    assert "| … | and 100 more | | |" in comment
    assert comment.endswith(" more: `promptsync diff` shows them.\n")
    assert comment.count("<details>") == comment.count("</details>") > 10


@pytest.mark.network
def test_what_no_file_can_hold_is_shown_beside_the_rest(
    repo: Repo, trader: BraintrustServer
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.write("prompts/odd.md", "Say something odd.\n")
    run("upload", "--yes")
    put(trader, "odd", text="word " * 300_000)
    trader.person.edits("greeting", "Say hi.")

    text = run("diff")
    markdown = run("verify", "--format", "markdown")
    github = run("verify", "--format", "github")

    assert (text.code, markdown.code, github.code) == (1, 1, 1)
    assert "-Say hi.\n+Say hello.\n--- production/odd" in text.stdout
    assert text.stdout.splitlines()[-1].startswith("! ")
    assert "<code>odd</code>" in markdown.stdout
    assert "::error file=prompts/odd.md,line=1,title=odd is" in github.stdout


@pytest.mark.network
def test_a_registry_that_keeps_no_stamp_is_noted_once(repo: Repo, trader: BraintrustServer) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/greeting.md", "Say hello.\n")
    trader.inject(DropsMetadataEverywhere())

    uploaded = run("upload", "--yes")

    assert uploaded.code == 0
    assert uploaded.stderr.count("note: the registry did not keep the stamp") == 1
    assert run("verify").code == 0
