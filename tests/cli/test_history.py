"""What `history`, `restore` and `where` say about the versions of a prompt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import pytest

from promptsync.content_hash import content_hash
from promptsync.remote_prompt import RemotePrompt
from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import (
    edit_in_registry,
    registry_of,
    save_in_registry,
    with_greeting,
)

HASH = "sha256:3e19fa7c5cbc"
EDITED = "sha256:61fdd7dae84e"


@pytest.fixture(autouse=True)
def uploader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let uploads carry a name."""
    monkeypatch.setenv("PROMPTSYNC_AUTHOR", "Ada")


def versions_of(repo: Repo, name: str = "greeting") -> Sequence[RemotePrompt]:
    registry = registry_of(repo)
    found = registry.list_versions(name)
    registry.close()
    return found


def minute_of(remote: RemotePrompt) -> str:
    assert remote.created is not None
    return remote.created[:16].replace("T", " ")


def edited_and_taken_in(repo: Repo) -> tuple[str | None, str]:
    """Upload, edit in the registry, download, commit; return both commits."""
    first = with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")
    run("download", "--yes")
    return first, repo.commit("Take in the edit")


# -- history --


def test_history_has_the_commit_of_an_upload_and_of_an_edit_that_was_taken_in(
    repo: Repo,
) -> None:
    first, second = edited_and_taken_in(repo)
    newer, older = versions_of(repo)

    assert run("history", "greeting") == Ran(
        0,
        f"""\
VERSION  HASH                 COMMIT      DATE              AUTHOR
2        {EDITED}  {second[:10]}  {minute_of(newer)}  Grace
1        {HASH}  {str(first)[:10]}  {minute_of(older)}  Ada
""",
        "",
    )


def test_history_finds_the_commit_of_an_upload_that_came_before_it(repo: Repo) -> None:
    with_greeting(repo, committed=False)
    run("upload", "--yes")
    before = run("history", "greeting", "--format", "json").json["versions"]
    commit = repo.commit("Add greeting")

    assert [each["commit"] for each in before] == [None]
    after = run("history", "greeting", "--format", "json").json["versions"]
    assert [each["commit"] for each in after] == [commit]


def test_history_finds_the_commit_of_a_composite(repo: Repo) -> None:
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe brief.\n")
    repo.write("prompts/farewell.md", "Say goodbye. {{> rules}}\n")
    run("upload", "--yes")
    first = repo.commit("Add farewell")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe kind.\n")
    run("upload", "--yes")
    second = repo.commit("Be kind")

    versions = run("history", "farewell", "--format", "json").json["versions"]

    assert [each["commit"] for each in versions] == [second, first]


def test_history_in_json(repo: Repo) -> None:
    commit = with_greeting(repo)
    run("upload", "--yes")
    (version,) = versions_of(repo)

    assert run("history", "greeting", "--format", "json") == Ran(
        0,
        f"""\
{{
  "schema": 1,
  "registry": "local",
  "name": "greeting",
  "versions": [
    {{
      "version": "1",
      "content_hash": "{version.content_hash}",
      "commit": "{commit}",
      "author": "Ada",
      "date": "{version.created}"
    }}
  ]
}}
""",
        "",
    )


def test_history_of_a_prompt_that_only_the_registry_has(repo: Repo) -> None:
    save_in_registry(repo, prompt("foreign", "This is foreign."))
    (version,) = versions_of(repo, "foreign")

    assert (
        run("history", "foreign").stdout
        == f"""\
VERSION  HASH                 COMMIT  DATE              AUTHOR
1        {version.content_hash[:19]}  -       {minute_of(version)}  -
"""
    )


def test_history_cuts_an_author_to_the_width_of_a_line(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTSYNC_AUTHOR", "Augusta Ada King, Countess of Lovelace")
    with_greeting(repo)
    run("upload", "--yes")

    lines = run("history", "greeting").stdout.splitlines()

    assert lines[1].endswith("  Augusta Ada King, C…")
    assert [len(line) for line in lines[1:]] == [80]


def test_history_of_nothing_is_an_error(repo: Repo) -> None:
    with_greeting(repo)

    assert run("history", "greeting") == Ran(
        2,
        "",
        "error: registry `local` has no prompt `greeting`\n\n"
        "hint: `promptsync status --all` lists the names\n",
    )


# -- restore --


def test_restore_puts_a_version_into_the_file(repo: Repo) -> None:
    edited_and_taken_in(repo)

    assert run("restore", "greeting", "1") == Ran(
        0,
        f"wrote prompts/greeting.md as of version 1 ({HASH})\n",
        "\nhint: `git diff` shows it; commit, then `promptsync upload --force greeting`\n",
    )
    assert "You greet people." in repo.read("prompts/greeting.md")
    repo.commit("Take the edit back")
    assert run("upload", "--yes", "--force", "greeting").code == 0


def test_restore_of_what_was_uploaded_is_followed_by_an_upload(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("people", "friends"))
    repo.commit("Greet friends")
    run("upload", "--yes")

    restored = run("restore", "greeting", "1")

    assert restored.stderr == (
        "\nhint: `git diff` shows it; commit, then `promptsync upload greeting`\n"
    )
    assert run("upload", "--yes", "greeting").stdout == "updated `greeting` (version 3)\n"


def test_restore_takes_the_beginning_of_a_hash(repo: Repo) -> None:
    edited_and_taken_in(repo)

    assert run("restore", "greeting", HASH[:14]).code == 0
    assert "You greet people." in repo.read("prompts/greeting.md")


def test_restore_in_json(repo: Repo) -> None:
    edited_and_taken_in(repo)
    version = versions_of(repo)[-1]

    assert run("restore", "greeting", "1", "--format", "json").json == {
        "schema": 1,
        "name": "greeting",
        "path": "prompts/greeting.md",
        "version": "1",
        "content_hash": version.content_hash,
        "changed": True,
    }


def test_restore_of_what_the_file_says_changes_nothing(repo: Repo) -> None:
    edited_and_taken_in(repo)

    assert run("restore", "greeting", "2") == Ran(
        0, f"prompts/greeting.md says the same as version 2 ({EDITED}) already\n", ""
    )


@pytest.mark.parametrize("version", ["7", "61fdd", "sha256:000000"])
def test_restore_of_no_version_is_an_error(repo: Repo, version: str) -> None:
    edited_and_taken_in(repo)

    assert run("restore", "greeting", version) == Ran(
        2,
        "",
        f"error: `greeting` has no version `{version}`\n\n"
        "hint: `promptsync history greeting` lists them\n",
    )


def two_texts_with_one_beginning() -> tuple[str, str]:
    """Return two texts whose hashes begin with the same six digits."""
    seen: dict[str, str] = {}
    for number in count():
        text = f"Text {number}."
        digits = content_hash(prompt(text=text), "local")[:13]
        if digits in seen:
            return seen[digits], text
        seen[digits] = text
    raise AssertionError


def test_restore_of_an_ambiguous_hash_is_an_error(repo: Repo) -> None:
    texts = two_texts_with_one_beginning()
    for text in texts:
        repo.write("prompts/greeting.md", f"{text}\n")
        run("upload", "--yes")
    repo.commit()
    digits = versions_of(repo)[0].content_hash[:13]

    assert run("restore", "greeting", digits) == Ran(
        2,
        "",
        f"error: `{digits}` is the beginning of several hashes of `greeting`\n\n"
        "hint: give more digits; `promptsync history greeting` lists them\n",
    )


def test_restore_keeps_uncommitted_changes(repo: Repo) -> None:
    edited_and_taken_in(repo)
    mine = repo.read("prompts/greeting.md") + "Thanks.\n"
    repo.write("prompts/greeting.md", mine)

    assert run("restore", "greeting", "1") == Ran(
        2,
        "",
        "error: `prompts/greeting.md` has uncommitted changes\n\n"
        "hint: commit or stash them; `--force` overwrites them\n",
    )
    assert repo.read("prompts/greeting.md") == mine
    assert run("restore", "greeting", "1", "--force").code == 0


# -- where --


def test_where_names_commit_file_and_version(repo: Repo) -> None:
    commit = with_greeting(repo)
    run("upload", "--yes")
    (version,) = versions_of(repo)
    date = repo.git("show", "--no-patch", "--format=%as", "HEAD")

    assert run("where", HASH) == Ran(
        0,
        f"""\
{version.content_hash}
  prompts/greeting.md since commit {str(commit)[:10]} by Ada Lovelace, {date}
  registry `local`: `greeting` version 1, uploaded from prompts/greeting.md at commit \
{str(commit)[:10]}
""",
        "",
    )


def test_where_tells_an_edit_in_the_registry_from_an_upload(repo: Repo) -> None:
    _, second = edited_and_taken_in(repo)

    assert run("where", EDITED).stdout.splitlines()[1:] == [
        f"  prompts/greeting.md since commit {second[:10]} by Ada Lovelace, "
        + repo.git("show", "--no-patch", "--format=%as", "HEAD"),
        "  registry `local`: `greeting` version 2, edited there after the last upload",
    ]


def test_where_finds_a_version_that_is_not_the_latest(repo: Repo) -> None:
    edited_and_taken_in(repo)

    assert "  registry `local`: `greeting` version 1, uploaded from" in run("where", HASH).stdout


def test_where_finds_what_is_not_committed(repo: Repo) -> None:
    with_greeting(repo, committed=False)
    run("upload", "--yes")

    assert run("where", HASH).stdout.splitlines()[1:] == [
        "  prompts/greeting.md, not committed",
        "  registry `local`: `greeting` version 1, uploaded from prompts/greeting.md",
    ]


def test_where_says_that_a_version_has_no_stamp(repo: Repo) -> None:
    stored = save_in_registry(repo, prompt("foreign", "This is foreign."))

    assert run("where", stored.content_hash).stdout.splitlines()[1:] == [
        "  registry `local`: `foreign` version 1, without a stamp"
    ]


def test_where_in_json(repo: Repo) -> None:
    commit = with_greeting(repo)
    run("upload", "--yes")
    (version,) = versions_of(repo)

    assert run("where", HASH, "--format", "json") == Ran(
        0,
        f"""\
{{
  "schema": 1,
  "origins": [
    {{
      "content_hash": "{version.content_hash}",
      "name": "greeting",
      "path": "prompts/greeting.md",
      "commit": "{commit}",
      "registry": null,
      "version": null,
      "stamped_hash": null
    }},
    {{
      "content_hash": "{version.content_hash}",
      "name": "greeting",
      "path": "prompts/greeting.md",
      "commit": "{commit}",
      "registry": "local",
      "version": "1",
      "stamped_hash": "{version.content_hash}"
    }}
  ]
}}
""",
        "",
    )


def test_where_finds_the_commit_of_a_composite(repo: Repo) -> None:
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe brief.\n")
    repo.write("prompts/farewell.md", "Say goodbye. {{> rules}}\n")
    first = repo.commit("Add farewell")
    digest = run("status", "--format", "json").json["prompts"][0]["local_hash"]
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe kind.\n")
    repo.commit("Be kind")

    assert f"  prompts/farewell.md since commit {first[:10]} by" in run("where", digest).stdout


@pytest.mark.usefixtures("repo")
@pytest.mark.parametrize("text", ["12345", "greeting", "sha256:xyzxyz", "a" * 65])
def test_where_wants_a_hash(text: str) -> None:
    result = run("where", text)

    assert result.code == 2
    assert re.fullmatch(
        r"error: `.*` is no content hash\n\n"
        r"hint: give at least 6 of its hex digits, with or without `sha256:`\n",
        result.stderr,
    )


def test_where_says_that_a_clone_lacks_history(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_greeting(repo)
    monkeypatch.chdir(repo.clone(tmp_path / "shallow", "--depth=1").path)

    assert run("where", "sha256:abcdef").stderr.endswith(
        "hint: this clone lacks history: `git fetch --unshallow`, and try again\n"
    )


def test_where_says_that_nobody_has_it(repo: Repo) -> None:
    with_greeting(repo)

    assert run("where", "sha256:abcdef") == Ran(
        2,
        "",
        "error: neither git nor registry `local` has sha256:abcdef\n\n"
        "hint: fetch the branch it was uploaded from, and try again\n",
    )
