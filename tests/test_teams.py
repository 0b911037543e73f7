"""Several clones and branches with one registry: only a fast-forward replaces what is there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.errors import ConflictError, ShallowCloneError
from promptsync.plan import Action
from promptsync.remote_prompt import Stamp
from promptsync.status import Status
from tests.builders import prompt
from tests.clones import GREETING, Clone, Team, copied_team


def prepare(team: Team) -> None:
    team.clone("ada").upload()
    team.clone("ben")


@pytest.fixture
def team(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a repository with one committed prompt and two clones; Ada has uploaded main."""
    template = tmp_path_factory.getbasetemp() / "team-of-two"
    team = copied_team(tmp_path / "team", template, prepare)
    yield team
    team.registry.close()


@pytest.fixture
def ada(team: Team) -> Clone:
    """Return the clone of somebody who has uploaded main."""
    return team.member("ada")


@pytest.fixture
def ben(team: Team) -> Clone:
    """Return the clone of a colleague who never uploaded anything."""
    return team.member("ben")


def upload_from_branch(clone: Clone, text: str = "Say hello from a branch.\n") -> None:
    clone.repo.git("switch", "--quiet", "--create", "feature")
    clone.commit(text)
    clone.upload()


def texts(team: Team) -> list[str]:
    return [str(each.prompt.content) for each in team.registry.list_versions("greeting")]


# -- two branches --


def test_an_upload_from_an_unmerged_branch_leaves_another_clone_behind(
    ada: Clone, ben: Clone
) -> None:
    upload_from_branch(ada)

    assert ben.status() is Status.BEHIND


def test_main_is_behind_an_unmerged_branch_in_the_clone_that_uploaded_it(ada: Clone) -> None:
    upload_from_branch(ada)

    ada.repo.git("switch", "--quiet", "main")

    assert ada.status() is Status.BEHIND


def test_a_branch_without_commits_of_its_own_leaves_main_behind_all_the_same(ada: Clone) -> None:
    # The order that the hook asks for: upload first, then commit.
    ada.repo.git("switch", "--quiet", "--create", "feature")
    ada.write("Say hello from a branch.\n")
    ada.upload()
    ada.repo.commit()

    ada.repo.git("switch", "--quiet", "main")

    assert ada.status() is Status.BEHIND


def test_what_is_put_on_the_stash_is_not_on_this_branch(ada: Clone) -> None:
    ada.write("Say hello later.\n")
    ada.upload()

    ada.repo.git("stash", "--quiet")

    assert ada.status() is Status.BEHIND


def test_main_does_not_revert_an_unmerged_branch_by_accident(
    ada: Clone, ben: Clone, team: Team
) -> None:
    upload_from_branch(ada)
    ben.commit("Say hello from main.\n")

    plan = ben.plan_upload()
    outcomes = ben.apply(plan)

    assert [refusal.name for refusal in plan.refusals] == ["greeting"]
    assert outcomes == []
    assert texts(team) == ["Say hello from a branch.", "Say hello."]


def test_force_replaces_what_an_unmerged_branch_uploaded(
    ada: Clone, ben: Clone, team: Team
) -> None:
    upload_from_branch(ada)

    ben.upload(force=True)

    assert texts(team) == ["Say hello.", "Say hello from a branch.", "Say hello."]


def test_after_the_merge_main_is_in_sync(ada: Clone) -> None:
    upload_from_branch(ada)

    ada.repo.git("switch", "--quiet", "main")
    ada.repo.git("merge", "--quiet", "feature")

    assert ada.status() is Status.IN_SYNC


def test_what_comes_after_the_merge_is_a_fast_forward(ada: Clone, ben: Clone) -> None:
    upload_from_branch(ada)
    ada.repo.git("push", "--quiet", "origin", "feature:main")
    ben.repo.git("pull", "--quiet", "--ff-only")

    ben.commit("Say hello from main.\n")

    assert ben.status() is Status.MODIFIED


def test_a_squashed_branch_counts_by_its_last_text(ada: Clone, ben: Clone) -> None:
    upload_from_branch(ada)
    ada.repo.git("switch", "--quiet", "main")
    ada.repo.git("merge", "--quiet", "--squash", "feature")
    ada.repo.commit("Say hello, squashed")
    ada.repo.git("push", "--quiet", "origin", "main")

    ben.repo.git("pull", "--quiet", "--ff-only")
    ben.commit("Say hello from main.\n")

    assert ben.status() is Status.MODIFIED


def test_a_text_that_squashing_left_out_is_not_in_the_past_of_others(
    ada: Clone, ben: Clone
) -> None:
    upload_from_branch(ada)
    ada.commit("Say hello in the end.\n")
    ada.repo.git("switch", "--quiet", "main")
    ada.repo.git("merge", "--quiet", "--squash", "feature")
    ada.repo.commit("Say hello, squashed")
    ada.repo.git("push", "--quiet", "origin", "main")

    ben.repo.git("pull", "--quiet", "--ff-only")

    assert ben.status() is Status.BEHIND


def test_a_merged_branch_counts_although_the_merge_kept_nothing_of_it(
    ada: Clone, ben: Clone
) -> None:
    upload_from_branch(ada)
    ada.repo.git("switch", "--quiet", "main")
    ada.repo.git("merge", "--quiet", "--strategy=ours", "--no-edit", "feature")
    ada.repo.git("push", "--quiet", "origin", "main")
    ben.repo.git("pull", "--quiet", "--ff-only")

    assert ada.status() is Status.MODIFIED
    assert ben.status() is Status.MODIFIED


# -- the log --


def test_a_clones_own_uncommitted_upload_stays_a_fast_forward(ada: Clone) -> None:
    ada.write("Say hello, first try.\n")
    ada.upload()

    ada.write("Say hello, second try.\n")

    assert ada.status() is Status.MODIFIED


def test_without_the_log_an_upload_is_only_more_careful(ada: Clone) -> None:
    ada.write("Say hello, first try.\n")
    ada.upload()
    ada.write("Say hello, second try.\n")

    ada.forget_log()

    assert ada.status() is Status.BEHIND


def test_a_commit_that_was_amended_after_its_upload_stays_a_fast_forward(ada: Clone) -> None:
    ada.commit("Say hello, first try.\n")
    ada.upload()
    ada.write("Say hello, second try.\n")

    ada.repo.git("commit", "--quiet", "--all", "--amend", "--no-edit")

    assert ada.status() is Status.MODIFIED


def test_a_staged_text_is_part_of_the_past(ada: Clone) -> None:
    ada.write("Say hello, staged.\n")
    ada.repo.git("add", GREETING)
    ada.upload()
    ada.forget_log()

    ada.write("Say hello, and on.\n")

    assert ada.status() is Status.MODIFIED


def test_a_merged_download_and_an_edit_are_a_fast_forward(ada: Clone, team: Team) -> None:
    team.edit("Say hello to everybody.")
    ada.download()

    ada.write("Say hello to everybody twice.\n")

    assert ada.status() is Status.MODIFIED


def test_others_know_a_download_by_its_commit(ada: Clone, ben: Clone, team: Team) -> None:
    team.edit("Say hello to everybody.")
    ada.download()
    ada.repo.commit("Take in the edit")
    ada.repo.git("push", "--quiet", "origin", "main")

    ben.repo.git("pull", "--quiet", "--ff-only")
    ben.commit("Say hello to everybody twice.\n")

    assert ben.status() is Status.MODIFIED


def test_a_download_that_was_put_back_does_not_count(ada: Clone, team: Team) -> None:
    ada.commit("Say hello.\n\nIn two paragraphs.\n")
    team.edit("Say hello to everybody.")
    assert ada.download()[0].error is None

    ada.repo.git("checkout", "--quiet", "--", GREETING)

    assert ada.status() is Status.DIVERGED


# -- clones that see little --


def test_a_shallow_clone_refuses_to_guess_and_names_the_fix(ada: Clone, team: Team) -> None:
    upload_from_branch(ada)
    shallow = team.clone("ci", "--depth=1")

    with pytest.raises(ShallowCloneError) as raised:
        shallow.status()

    assert raised.value.message == (
        "this clone is too shallow to tell whether `greeting` moved here or elsewhere"
    )
    assert raised.value.hint is not None
    assert "fetch-depth: 0" in raised.value.hint


def test_a_shallow_clone_does_not_guess_who_moved_last(ada: Clone, team: Team) -> None:
    team.edit("Say hello to everybody.")
    ada.download()
    ada.repo.commit()
    ada.commit("Say hello to everybody twice.\n")
    ada.repo.git("push", "--quiet", "origin", "main")
    shallow = team.clone("ci", "--depth=1")

    with pytest.raises(ShallowCloneError):
        shallow.status()


def test_a_shallow_clone_that_sees_the_base_can_tell(team: Team) -> None:
    shallow = team.clone("ci", "--depth=1")

    shallow.commit("Say hello from a runner.\n")

    assert shallow.status() is Status.MODIFIED


def test_a_shallow_clone_in_sync_is_not_asked_for_its_past(team: Team) -> None:
    assert team.clone("ci", "--depth=1").status() is Status.IN_SYNC


def test_a_detached_head_has_a_past(ada: Clone) -> None:
    ada.commit("Say hello again.\n")

    ada.repo.git("switch", "--quiet", "--detach")

    assert ada.status() is Status.MODIFIED


def test_an_unborn_branch_has_no_past_but_the_index(ada: Clone) -> None:
    ada.repo.git("switch", "--quiet", "--orphan", "fresh")
    ada.forget_log()
    ada.write("Say hello, afresh.\n")
    assert ada.status() is Status.BEHIND

    ada.write("Say hello.\n")
    ada.repo.git("add", GREETING)
    ada.write("Say hello, afresh.\n")

    assert ada.status() is Status.MODIFIED


def test_the_log_counts_on_an_unborn_branch(ada: Clone) -> None:
    ada.repo.git("switch", "--quiet", "--orphan", "fresh")
    ada.write("Say hello, afresh.\n")
    ada.upload(force=True)

    ada.write("Say hello, afresh and anew.\n")

    assert ada.status() is Status.MODIFIED


def test_an_unmerged_index_has_no_answer_and_history_has(ada: Clone, team: Team) -> None:
    stored = team.registry.get_prompt("greeting")
    assert stored is not None
    assert stored.stamp is not None
    team.registry.save_prompt(stored.prompt, replace(stored.stamp, commit=None))
    ada.forget_log()
    ada.repo.git("switch", "--quiet", "--create", "feature")
    ada.commit("Say hello from a branch.\n")
    ada.repo.git("switch", "--quiet", "main")
    ada.commit("Say hello from main.\n")
    with pytest.raises(AssertionError, match="git merge"):
        ada.repo.git("merge", "feature")
    ada.write("Say hello from both.\n")

    assert ada.status() is Status.MODIFIED


# -- renames --


def test_a_renamed_file_is_known_by_the_path_in_the_stamp(ada: Clone) -> None:
    ada.repo.git("mv", GREETING, "prompts/welcome.md")
    ada.commit("---\nlocal:\n  name: greeting\n---\n\nSay hello again.\n", "prompts/welcome.md")
    ada.forget_log()

    assert ada.status("welcome") is Status.MODIFIED


def test_a_renamed_root_is_known_without_a_commit_in_the_stamp(ada: Clone, team: Team) -> None:
    stored = team.registry.get_prompt("greeting")
    assert stored is not None
    assert stored.stamp is not None
    team.registry.save_prompt(stored.prompt, replace(stored.stamp, commit=None))
    ada.repo.git("mv", "prompts", "texts")
    ada.repo.write("promptsync.toml", 'prompts = ["texts"]\n')
    ada.commit("Say hello again.\n", "texts/greeting.md")
    ada.forget_log()

    assert ada.status() is Status.MODIFIED


@pytest.mark.parametrize(
    ("commit", "path"),
    [
        ("HEAD", "prompts/other.md"),
        ("--all", "--output=stolen"),
        ("0" * 40, "../../outside.md"),
        ("a\0b", "a\0b.md"),
        ("\ud800", "\ud800.md"),
        ("main", "/etc/passwd"),
        ("", ""),
        ("\n", "prompts/line\nbreak.md"),
    ],
    ids=["name", "options", "outside", "nul", "surrogate", "absolute", "empty", "line break"],
)
def test_whatever_a_stamp_says_is_only_data(ada: Clone, team: Team, commit: str, path: str) -> None:
    stored = prompt(text="Say something else.")
    digest = team.registry.save_prompt(stored, None).content_hash
    stamp = Stamp(content_hash=digest, path=path, file_sha256="0" * 64, commit=commit)
    remote = replace(team.registry.list_versions("greeting")[0], stamp=stamp)

    assert ada.past.has_taken_in(ada.catalog.prompts["greeting"], remote) is False


# -- edits in the registry --


def test_a_rollback_made_in_the_registry_is_drift(ada: Clone, team: Team) -> None:
    ada.commit("Say hello again.\n")
    ada.upload()

    team.edit("Say hello.")

    assert ada.status() is Status.DRIFTED


def test_a_rollback_made_in_the_registry_is_never_overwritten_silently(
    ada: Clone, team: Team
) -> None:
    ada.commit("Say hello again.\n")
    ada.upload()
    team.edit("Say hello.")
    ada.forget_log()

    ada.commit("Say hello once more.\n")

    assert ada.status() is Status.DIVERGED
    assert ada.upload() == []


def test_an_edit_equal_to_a_text_on_a_parallel_branch_is_no_successor(
    ada: Clone, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada.repo.git("switch", "--quiet", "--create", "side")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2099-01-01T00:00:00Z")  # listed first
    ada.commit("Say hello from the side.\n")
    monkeypatch.delenv("GIT_COMMITTER_DATE")
    ada.repo.git("switch", "--quiet", "main")
    ada.commit("Say hello from main.\n")
    ada.upload()
    ada.repo.git("merge", "--quiet", "--strategy=ours", "--no-commit", "side")
    ada.commit("Say hello from both.\n")
    team.edit("Say hello from the side.")
    ada.forget_log()

    ada.commit("Say hello from here.\n")

    assert ada.status() is Status.DIVERGED


def test_a_registry_without_stamps_is_compared_by_content(ada: Clone, team: Team) -> None:
    team.registry.save_prompt(prompt(text="Say hello."), None)
    ada.forget_log()

    ada.commit("Say hello again.\n")
    assert ada.status() is Status.MODIFIED

    team.registry.save_prompt(prompt(text="Say something else."), None)
    assert ada.status() is Status.DIVERGED


# -- composites --


RULES = "prompts/rules.md"
COMPOSITE = "{{> rules}}\n\nSay hello.\n"


@pytest.fixture
def composer(team: Team) -> Clone:
    """Return a clone that uploaded a prompt with a partial."""
    clone = team.clone("cleo")
    clone.write("---\npartial: true\n---\n\nBe brief.\n", RULES)
    clone.commit(COMPOSITE)
    clone.upload()
    clone.repo.git("push", "--quiet", "origin", "main")
    clone.forget_log()
    return clone


def test_a_composite_whose_partial_changed_is_a_fast_forward(composer: Clone) -> None:
    composer.commit("---\npartial: true\n---\n\nBe very brief.\n", RULES)

    assert composer.status() is Status.MODIFIED


def test_a_composite_of_an_uncommitted_partial_is_found_in_history(
    composer: Clone, team: Team
) -> None:
    stored = team.registry.get_prompt("greeting")
    assert stored is not None
    assert stored.stamp is not None
    team.registry.save_prompt(stored.prompt, replace(stored.stamp, commit=None))

    composer.commit("---\npartial: true\n---\n\nBe very brief.\n", RULES)

    assert composer.status() is Status.MODIFIED


def test_a_composite_uploaded_from_a_branch_leaves_main_behind(composer: Clone) -> None:
    composer.repo.git("switch", "--quiet", "--create", "feature")
    composer.commit("---\npartial: true\n---\n\nBe very brief.\n", RULES)
    composer.upload()

    composer.repo.git("switch", "--quiet", "main")

    assert composer.status() is Status.BEHIND


def test_a_composite_that_was_plain_before_is_a_fast_forward(composer: Clone) -> None:
    composer.commit("Be brief.\n\nSay hello.\n\nAnd no more.\n")
    composer.upload()
    composer.forget_log()

    composer.commit(COMPOSITE)

    assert composer.status() is Status.MODIFIED


def test_a_plain_prompt_that_was_a_composite_before_is_a_fast_forward(composer: Clone) -> None:
    composer.commit("Say hello without rules.\n")

    assert composer.status() is Status.MODIFIED


def test_a_composite_edited_in_the_registry_is_not_taken_for_taken_in(
    composer: Clone, team: Team
) -> None:
    team.edit("Be rude.")

    composer.commit("---\npartial: true\n---\n\nBe very brief.\n", RULES)

    assert composer.status() is Status.DIVERGED


def test_a_composite_on_an_unborn_branch_has_no_past(composer: Clone) -> None:
    composer.repo.git("switch", "--quiet", "--orphan", "fresh")
    composer.write("---\npartial: true\n---\n\nBe quiet.\n", RULES)
    composer.write(COMPOSITE)

    assert composer.status() is Status.BEHIND


# -- aliases --


def test_a_version_that_carries_the_hash_is_promoted_and_not_written_again(
    ada: Clone, team: Team
) -> None:
    ada.upload(alias="production")
    upload_from_branch(ada)
    ada.repo.git("switch", "--quiet", "main")
    ada.repo.git("merge", "--quiet", "feature")
    assert ada.status(alias="production") is Status.MODIFIED
    before = len(team.registry.list_versions("greeting"))

    plan = ada.plan_upload(alias="production")
    ada.apply(plan)

    assert [change.action for change in plan.changes] == [Action.PROMOTE]
    assert len(team.registry.list_versions("greeting")) == before
    assert ada.status(alias="production") is Status.IN_SYNC


def test_an_alias_that_moved_meanwhile_is_left_alone(ada: Clone, team: Team) -> None:
    ada.upload(alias="production")
    ada.commit("Say hello again.\n")
    plan = ada.plan_upload(alias="production")
    other = team.registry.save_prompt(prompt(text="Say something else."), None)
    team.registry.set_alias("greeting", "production", other.version)

    (outcome,) = ada.apply(plan)

    assert isinstance(outcome.error, ConflictError)
    served = team.registry.get_prompt("greeting", alias="production")
    assert served == other
