"""Which file version a stamp names: the base of a three-way merge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.content_hash import content_hash
from promptsync.errors import ShallowCloneError
from promptsync.file_past import Past
from promptsync.prompt_sources import PromptSource
from promptsync.remote_prompt import Stamp, make_remote_prompt
from promptsync.upload_log import LogEntry
from tests.builders import prompt
from tests.clones import GREETING, Clone, Team, copied_team

RULES = "prompts/rules.md"
PARTIAL = "---\npartial: true\n---\n\nBe brief.\n"


@pytest.fixture
def team(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a repository with one committed prompt, and a clone."""
    template = tmp_path_factory.getbasetemp() / "team-of-the-past"
    team = copied_team(tmp_path / "team", template, lambda made: made.clone("ada"))
    yield team
    team.registry.close()


@pytest.fixture
def ada(team: Team) -> Clone:
    """Return the clone."""
    return team.member("ada")


def stamp(clone: Clone, *, commit: str | None = None) -> Stamp:
    """Return the stamp that an upload of `greeting` writes now."""
    return replace(clone.stamp(clone.catalog.prompts["greeting"]), commit=commit)


def base(clone: Clone, stamp: Stamp, name: str = "greeting") -> PromptSource | None:
    return clone.past.base_of(clone.catalog.prompts[name], stamp)


def test_the_base_is_where_the_stamp_says(ada: Clone) -> None:
    stamped = stamp(ada, commit=ada.commit("First.\n"))

    ada.commit("Second.\n")

    assert base(ada, stamped) == PromptSource(GREETING, "greeting", b"First.\n")


def test_the_base_may_lie_on_a_branch_that_is_not_merged(ada: Clone) -> None:
    ada.repo.git("switch", "--quiet", "--create", "feature")
    stamped = stamp(ada, commit=ada.commit("First.\n"))

    ada.repo.git("switch", "--quiet", "main")

    assert base(ada, stamped) == PromptSource(GREETING, "greeting", b"First.\n")


def test_the_base_is_found_under_the_path_it_had(ada: Clone) -> None:
    stamped = stamp(ada, commit=ada.commit("First.\n"))
    ada.repo.git("mv", GREETING, "prompts/welcome.md")

    ada.commit("Second.\n", "prompts/welcome.md")

    assert base(ada, stamped, "welcome") == PromptSource(
        "prompts/welcome.md", "welcome", b"First.\n"
    )


def test_without_a_commit_the_base_is_found_in_history(ada: Clone) -> None:
    stamped = stamp(ada)

    ada.commit("Second.\n")

    assert base(ada, stamped) == PromptSource(GREETING, "greeting", b"Say hello.\n")


def test_a_commit_that_holds_other_content_misleads_nobody(ada: Clone) -> None:
    first = ada.commit("First.\n")
    ada.commit("Second.\n")

    stamped = stamp(ada, commit=first)

    assert base(ada, stamped) == PromptSource(GREETING, "greeting", b"Second.\n")


def test_a_commit_that_this_clone_lacks_is_not_needed(ada: Clone) -> None:
    stamped = stamp(ada, commit="1" * 40)

    assert base(ada, stamped) == PromptSource(GREETING, "greeting", b"Say hello.\n")


def test_the_base_may_be_staged_and_not_committed(ada: Clone) -> None:
    ada.write("Staged.\n")
    ada.repo.git("add", GREETING)

    assert base(ada, stamp(ada)) == PromptSource(GREETING, "greeting", b"Staged.\n")


def test_details_that_changed_since_make_no_other_base(ada: Clone) -> None:
    stamped = stamp(ada)

    ada.commit("---\ntitle: Hello\n---\n\nSay hello.\n")
    ada.commit("Second.\n")

    assert base(ada, stamped) == PromptSource(
        GREETING, "greeting", b"---\ntitle: Hello\n---\n\nSay hello.\n"
    )


def test_what_git_never_had_is_no_base(ada: Clone) -> None:
    ada.write("Never committed.\n")
    stamped = stamp(ada)

    ada.write("Second.\n")

    assert base(ada, stamped) is None


def test_old_versions_that_are_no_prompt_files_are_passed_by(ada: Clone) -> None:
    stamped = stamp(ada)
    ada.commit("<<<<<<< HEAD\n")
    ada.repo.write(GREETING, b"\xff\n")
    ada.repo.commit()
    ada.commit(f"---\nparams:\n  n: {'9' * 310}\n---\n")

    ada.write("Second.\n")

    assert base(ada, stamped) == PromptSource(GREETING, "greeting", b"Say hello.\n")


def test_on_an_unborn_branch_there_is_no_base(ada: Clone) -> None:
    stamped = stamp(ada)

    ada.repo.git("switch", "--quiet", "--orphan", "fresh")
    ada.write("Second.\n")

    assert base(ada, stamped) is None


def test_a_shallow_clone_says_that_the_base_may_exist(ada: Clone, team: Team) -> None:
    stamped = stamp(ada)
    ada.commit("Second.\n")
    ada.repo.git("push", "--quiet", "origin", "main")
    shallow = team.clone("ci", "--depth=1")

    with pytest.raises(ShallowCloneError, match="too shallow"):
        base(shallow, stamped)


def test_the_base_of_a_composite_is_the_file_of_a_commit_in_which_all_of_it_fits(
    ada: Clone,
) -> None:
    ada.write(PARTIAL, RULES)
    first = ada.commit("{{> rules}}\n\nFirst.\n")
    stamped = stamp(ada, commit=first)
    ada.commit(PARTIAL.replace("brief", "very brief"), RULES)

    ada.commit("{{> rules}}\n\nSecond.\n")

    expected = PromptSource(GREETING, "greeting", b"{{> rules}}\n\nFirst.\n")
    assert base(ada, stamped) == expected
    assert base(ada, replace(stamped, commit=None)) == expected
    assert base(ada, replace(stamped, content_hash="sha256:0")) is None


def test_an_answer_about_a_commit_is_remembered(ada: Clone) -> None:
    ada.upload()
    ada.commit("Second.\n")
    past: Past = ada.past
    local, remote = ada.catalog.prompts["greeting"], ada.state().remote
    assert remote is not None
    ada.forget_log()

    assert [past.has_taken_in(local, remote) for _ in range(2)] == [True, True]


# -- whose file it was --


def was_here(clone: Clone, stamp: Stamp, *, name: str = "old") -> bool:
    remote = make_remote_prompt(prompt(name, "Say hello."), kind="local", version="1", stamp=stamp)
    return clone.past.was_here(remote)


def test_a_file_that_moved_was_here(ada: Clone) -> None:
    stamped = stamp(ada)
    ada.repo.git("mv", GREETING, "prompts/welcome.md")

    assert was_here(ada, stamped)
    ada.repo.commit("Move it")
    assert was_here(ada, stamped)


def test_a_file_of_another_branch_was_not_here(ada: Clone) -> None:
    ada.repo.git("switch", "--quiet", "--create", "feature")
    ada.commit("Say hello.\n", "prompts/theirs.md")
    stamped = replace(stamp(ada), path="prompts/theirs.md")

    ada.repo.git("switch", "--quiet", "main")

    assert not was_here(ada, stamped)


@pytest.mark.parametrize(
    "path", ["../x", "/etc/passwd", "", "a\x1bb", "prompts", "prompts/never.md"]
)
def test_a_path_that_no_file_had_was_not_here(ada: Clone, path: str) -> None:
    assert not was_here(ada, replace(stamp(ada), path=path))


def test_an_entry_was_here_if_its_catalog_file_had_its_key(ada: Clone) -> None:
    ada.commit('{"old": "Say hello."}', "all.json")
    ada.commit('{"new": "Say hello."}', "all.json")
    ada.commit("{", "all.json")

    paths = ["all.json#old", "all.json#theirs", "never.json#old"]
    assert [was_here(ada, replace(stamp(ada), path=path)) for path in paths] == [
        True,
        False,
        False,
    ]


def test_what_this_clone_uploaded_before_it_was_committed_was_here(ada: Clone) -> None:
    stamped = replace(stamp(ada), path="prompts/draft.md")
    digest = content_hash(prompt("old", "Say hello."), "local")
    logged = frozenset({LogEntry("old", digest, stamped.content_hash)})
    past = replace(ada.past, logged=logged)
    remote = make_remote_prompt(
        prompt("old", "Say hello."), kind="local", version="1", stamp=stamped
    )

    assert past.was_here(remote)
    assert not past.was_here(replace(remote, prompt=prompt("other", "Say hello.")))


def test_what_was_committed_on_another_branch_meanwhile_was_not_here(ada: Clone) -> None:
    stamped = replace(stamp(ada), path="prompts/draft.md")
    digest = content_hash(prompt("old", "Say hello."), "local")
    ada.repo.git("switch", "--quiet", "--create", "feature")
    ada.commit("Say hello.\n", "prompts/draft.md")
    ada.repo.git("switch", "--quiet", "main")
    past = replace(ada.past, logged=frozenset({LogEntry("old", digest, stamped.content_hash)}))
    remote = make_remote_prompt(
        prompt("old", "Say hello."), kind="local", version="1", stamp=stamped
    )

    assert not past.was_here(remote)


def test_a_shallow_clone_says_that_the_file_may_have_been_here(ada: Clone, team: Team) -> None:
    stamped = replace(stamp(ada), path="prompts/gone.md")
    ada.repo.git("push", "--quiet", "origin", "main")
    shallow = team.clone("shallow", "--depth=1")

    with pytest.raises(ShallowCloneError, match="too shallow to tell whether `old` moved here"):
        was_here(shallow, stamped)
