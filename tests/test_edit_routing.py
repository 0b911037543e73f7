"""Edits of composites in a registry come back to the files that say what was edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.plan import Action, Plan, Refusal, SharedEdit
from promptsync.prompt import Message, Prompt
from promptsync.status import Status
from tests.clones import Clone, Team, copied_team

PERSONA = "prompts/persona.md"
CHARTER = "prompts/charter.md"
CATEGORY = "prompts/category.md"
PERSONA_TEXT = "---\ntitle: Persona  # shared\n---\n\nYou are a clerk.\n\nYou are brief.\n"


def composite(task: str) -> str:
    front = "---\nmodel: gpt-5\n---\n"
    return f"{front}\n# system:\n\n{{{{> persona}}}}\n\n{task}\n\n# user:\n\n{{{{text}}}}\n"


def prepare(team: Team) -> None:
    ada = Clone(team.origin, team.registry)
    ada.write(PERSONA_TEXT, PERSONA)
    ada.write(composite("Validate the charter."), CHARTER)
    ada.commit(composite("Classify the text."), CATEGORY)
    ada.upload()


@pytest.fixture
def team(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a repository in which two chat prompts share a persona, uploaded to a registry."""
    template = tmp_path_factory.getbasetemp() / "team-of-composites"
    team = copied_team(tmp_path / "team", template, prepare)
    yield team
    team.registry.close()


@pytest.fixture
def ada(team: Team) -> Clone:
    """Return the clone of somebody who works in the repository itself."""
    return Clone(team.origin, team.registry)


def reword(team: Team, name: str, *changes: tuple[str, str]) -> None:
    """Change words of a prompt in the registry."""

    def changed(text: object) -> str:
        new = str(text)
        for old, word in changes:
            assert old in new
            new = new.replace(old, word)
        return new

    def edited(there: Prompt) -> Prompt:
        if isinstance(there.content, str):
            return replace(there, content=changed(there.content))
        first, *others = there.content
        return replace(there, content=(replace(first, content=changed(first.content)), *others))

    team.registry.edit_prompt(name, edited)


def decided(plan: Plan) -> tuple[list[tuple[str, tuple[str, ...]]], list[str]]:
    """Return which files each change writes, and what is left alone."""
    return [(each.name, each.files) for each in plan.changes], [each.name for each in plan.refusals]


def refusal(plan: Plan, name: str) -> Refusal:
    return next(each for each in plan.refusals if each.name == name)


def test_an_edit_inside_a_partial_is_written_to_the_partial(ada: Clone, team: Team) -> None:
    reword(team, "charter", ("clerk", "judge"))

    (outcome,) = ada.download()

    assert (outcome.paths, outcome.conflicts, outcome.error) == ((PERSONA,), (), None)
    assert ada.repo.read(PERSONA) == PERSONA_TEXT.replace("clerk", "judge")
    assert ada.repo.git("status", "--porcelain") == f"M {PERSONA}".rjust(len(PERSONA) + 3)
    assert ada.status("charter") is Status.IN_SYNC


def test_a_shared_partial_names_every_prompt_that_its_edit_touches(ada: Clone, team: Team) -> None:
    reword(team, "charter", ("clerk", "judge"))
    plan = ada.plan_download()

    ada.receive(plan)

    assert plan.shared == (SharedEdit("persona", PERSONA, ("category", "persona")),)
    assert [ada.status(name) for name in ("category", "persona")] == [Status.MODIFIED] * 2
    assert [each.change.name for each in ada.upload() if each.done] == ["category", "persona"]


def test_the_same_edit_in_all_prompts_touches_nobody_else(ada: Clone, team: Team) -> None:
    for name in ("category", "charter", "persona"):
        reword(team, name, ("clerk", "judge"))
    plan = ada.plan_download()

    outcomes = ada.receive(plan)

    assert plan.shared == ()
    assert [(each.paths, each.error) for each in outcomes] == [((PERSONA,), None)] * 3
    assert ada.repo.read(PERSONA) == PERSONA_TEXT.replace("clerk", "judge")
    assert {ada.status(name) for name in ("category", "charter", "persona")} == {Status.IN_SYNC}


def test_an_edit_of_a_prompt_that_others_include_warns_of_them(ada: Clone, team: Team) -> None:
    reword(team, "persona", ("clerk", "judge"))

    plan = ada.plan_download()

    assert plan.shared == (SharedEdit("persona", PERSONA, ("category", "charter")),)


def test_edits_of_own_words_and_of_a_partial_go_to_two_files(ada: Clone, team: Team) -> None:
    reword(team, "charter", ("clerk", "judge"), ("Validate", "Check"))

    (outcome,) = ada.download()

    assert outcome.paths == (CHARTER, PERSONA)
    assert ada.repo.read(CHARTER) == composite("Check the charter.")
    assert ada.status("charter") is Status.IN_SYNC


def test_other_edits_of_one_run_keep_what_each_other_wrote(ada: Clone, team: Team) -> None:
    reword(team, "charter", ("clerk", "judge"))
    reword(team, "category", ("Classify", "Sort"))
    team.registry.edit_prompt("persona", lambda there: replace(there, model="gpt-5"))

    outcomes = ada.download()

    assert [each.error for each in outcomes] == [None] * 3
    assert ada.repo.read(PERSONA) == (
        "---\ntitle: Persona  # shared\nmodel: gpt-5\n---\n\nYou are a judge.\n\nYou are brief.\n"
    )
    assert ada.repo.read(CATEGORY) == composite("Sort the text.")
    assert ada.status("charter") is Status.IN_SYNC
    assert ada.status("category") is Status.MODIFIED


# -- both moved --


def test_an_edit_of_a_partial_is_merged_with_what_git_made_of_it(ada: Clone, team: Team) -> None:
    ada.commit(PERSONA_TEXT.replace("brief", "kind"), PERSONA)
    reword(team, "charter", ("clerk", "judge"))
    assert ada.status("charter") is Status.DIVERGED

    (outcome,) = ada.download()

    assert (outcome.change.action, outcome.paths, outcome.conflicts) == (
        Action.MERGE,
        (PERSONA,),
        (),
    )
    assert ada.repo.read(PERSONA) == PERSONA_TEXT.replace("brief", "kind").replace("clerk", "judge")
    assert ada.status("charter") is Status.MODIFIED


def test_an_edit_of_own_words_is_merged_while_a_partial_moved(ada: Clone, team: Team) -> None:
    ada.commit(PERSONA_TEXT.replace("brief", "kind"), PERSONA)
    reword(team, "charter", ("Validate", "Check"))

    (outcome,) = ada.download()

    assert outcome.paths == (CHARTER,)
    assert ada.repo.read(CHARTER) == composite("Check the charter.")


def test_an_overlap_in_a_partial_is_left_as_conflict_markers_in_its_file(
    ada: Clone, team: Team
) -> None:
    ada.commit(PERSONA_TEXT.replace("clerk", "notary"), PERSONA)
    for name in ("category", "charter"):
        reword(team, name, ("clerk", "judge"), ("the", "every"))

    outcomes = ada.download()

    assert [(each.paths, each.conflicts) for each in outcomes] == [
        ((CATEGORY, PERSONA), (PERSONA,)),
        ((CHARTER, PERSONA), (PERSONA,)),
    ]
    assert ada.repo.read(PERSONA).count("<<<<<<<") == 1
    assert ada.repo.read(CHARTER) == composite("Validate every charter.")


def test_without_markers_a_composite_in_conflict_writes_nothing(ada: Clone, team: Team) -> None:
    ada.commit(PERSONA_TEXT.replace("clerk", "notary"), PERSONA)
    reword(team, "charter", ("clerk", "judge"), ("Validate", "Check"))

    (outcome,) = ada.receive(ada.plan_download(), markers=False)

    assert outcome.error is not None
    assert ada.repo.git("status", "--porcelain") == ""


def test_by_force_the_registry_wins_in_partials_too(ada: Clone, team: Team) -> None:
    ada.commit(PERSONA_TEXT.replace("clerk", "notary"), PERSONA)
    reword(team, "charter", ("clerk", "judge"))

    ada.receive(ada.plan_download(force=True, names=["charter"]))

    assert ada.repo.read(PERSONA) == PERSONA_TEXT.replace("clerk", "judge")


def test_a_partial_that_the_file_does_not_include_any_more_is_told(ada: Clone, team: Team) -> None:
    ada.commit(composite("Validate.").replace("{{> persona}}", "You are a clerk."), CHARTER)
    ada.commit(PERSONA_TEXT + "{{> charter-rules}}\n", PERSONA)
    ada.commit("---\npartial: true\n---\n\nBe fair.\n", "prompts/charter-rules.md")
    ada.commit(composite("Validate.").replace("persona", "charter-rules"), CHARTER)
    reword(team, "charter", ("clerk", "judge"))

    plan = ada.plan_download(names=["charter"])

    assert refusal(plan, "charter").reason == (
        "its partial `persona` was edited in the registry, and the file here does not include "
        "that any more"
    )


def test_a_composite_without_a_stamp_cannot_be_merged(ada: Clone, team: Team) -> None:
    ada.forget_log()
    there = team.registry.get_prompt("charter")
    assert there is not None
    team.registry.save_prompt(replace(there.prompt, content=(Message("system", "Hey."),)), None)

    (outcome,) = ada.download()

    assert "cannot be merged: the registry's version has no stamp" in str(outcome.error)


def test_an_edit_that_was_taken_in_is_a_fast_forward_in_every_clone(ada: Clone, team: Team) -> None:
    reword(team, "charter", ("clerk", "judge"))
    ada.download()
    ada.repo.commit()
    ben = team.clone("ben")

    assert ben.status("charter") is Status.IN_SYNC
    ben.commit(PERSONA_TEXT.replace("clerk", "judge").replace("brief", "kind"), PERSONA)

    assert ben.status("charter") is Status.MODIFIED


def test_a_restored_text_is_an_edit_like_any_other(ada: Clone, team: Team) -> None:
    first = team.registry.get_prompt("charter")
    assert first is not None
    ada.commit(PERSONA_TEXT.replace("clerk", "judge"), PERSONA)
    ada.upload()
    team.registry.edit_prompt("charter", lambda _: first.prompt)

    assert ada.status("charter") is Status.DRIFTED
    ada.download()

    assert ada.repo.read(PERSONA) == PERSONA_TEXT


# -- what a person has to decide --


def test_two_composites_that_changed_one_partial_differently_are_a_conflict(
    ada: Clone, team: Team
) -> None:
    reword(team, "charter", ("clerk", "judge"), ("Validate", "Check"))
    reword(team, "category", ("clerk", "notary"))

    plan = ada.plan_download()

    assert decided(plan) == ([], ["category", "charter"])
    assert refusal(plan, "charter") == Refusal(
        refusal(plan, "charter").state,
        "partial `persona` was changed in different ways",
        "`promptsync download category` takes one; commit, then merge the other",
        ("category:", "  You are a notary.", "charter:", "  You are a judge."),
    )


def test_a_prompt_and_a_composite_that_changed_it_differently_are_a_conflict(
    ada: Clone, team: Team
) -> None:
    reword(team, "charter", ("clerk", "judge"))
    reword(team, "persona", ("clerk", "notary"))
    reword(team, "category", ("Classify", "Sort"))

    plan = ada.plan_download()

    assert decided(plan) == ([("category", (CATEGORY,))], ["charter", "persona"])


def test_taking_one_side_of_a_conflict_leads_to_a_merge_of_the_other(
    ada: Clone, team: Team
) -> None:
    reword(team, "charter", ("clerk", "judge"))
    reword(team, "category", ("brief", "kind"))
    ada.receive(ada.plan_download(names=["category"]))
    ada.repo.commit()

    (outcome,) = ada.download()

    assert (outcome.change.action, outcome.conflicts) == (Action.MERGE, ())
    assert ada.repo.read(PERSONA) == PERSONA_TEXT.replace("clerk", "judge").replace("brief", "kind")


def test_a_change_across_a_boundary_is_left_to_a_person_and_the_others_go_on(
    ada: Clone, team: Team
) -> None:
    reword(team, "charter", ("You are brief.\n\nValidate the", "You check every"))
    reword(team, "category", ("Classify", "Sort"))

    plan = ada.plan_download()
    ada.receive(plan)

    assert decided(plan) == ([("category", (CATEGORY,))], ["charter"])
    assert refusal(plan, "charter").reason == (
        "one edit runs across the boundary of `persona` and `charter`"
    )
    assert ada.status("charter") is Status.DRIFTED
    assert ada.status("category") is Status.IN_SYNC


def test_what_is_added_at_the_edge_of_a_partial_is_noted(ada: Clone, team: Team) -> None:
    reword(team, "charter", ("You are brief.", "You are brief.\nYou are fair."))

    plan = ada.plan_download()

    assert plan.notes == (
        "`charter`: an edit at the edge of `persona` was taken as one of `charter`",
    )


# -- what moves meanwhile --


def test_a_partial_that_changed_since_the_plan_leaves_all_files_alone(
    ada: Clone, team: Team
) -> None:
    reword(team, "charter", ("clerk", "judge"), ("Validate", "Check"))
    plan = ada.plan_download()
    ada.write("Meanwhile.\n", PERSONA)

    (outcome,) = ada.receive(plan)

    assert "changed since the plan was made" in str(outcome.error)
    assert ada.repo.read(CHARTER) == composite("Validate the charter.")


def test_the_checksum_tells_where_an_edit_goes(ada: Clone, team: Team) -> None:
    edits: list[Callable[[], None]] = [
        lambda: reword(team, "charter", ("clerk", "judge")),
        lambda: ada.write(PERSONA_TEXT.replace("title: Persona", "title: Clerk"), PERSONA),
        lambda: reword(team, "charter", ("judge", "notary")),
    ]
    checksums = []
    for edit in edits:
        edit()
        checksums.append(ada.plan_download().checksum)

    assert checksums[0] == checksums[1] != checksums[2]
