"""A download writes what the registry holds into files, merges, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.download_plan import make_download_plan
from promptsync.errors import ConflictError, UsageError
from promptsync.plan import Action
from promptsync.prompt import Message, Prompt
from promptsync.remote_edit import two_texts
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt
from promptsync.status import PromptState, Status
from tests.builders import prompt
from tests.clones import GREETING, Clone, Team, copied_team

FILE = """---
title: Greeting  # shown to people
model: gpt-5-mini
params:
  temperature: 0
  max_tokens: 800
---

Say hello.

Ask for the name.

Say goodbye.
"""
TEXT = "Say hello.\n\nAsk for the name.\n\nSay goodbye."


def prepare(team: Team) -> None:
    ada = Clone(team.origin, team.registry)
    ada.commit(FILE)
    ada.upload()


@pytest.fixture
def team(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a repository that holds FILE, and a registry to which it was uploaded."""
    template = tmp_path_factory.getbasetemp() / "team-of-one"
    team = copied_team(tmp_path / "team", template, prepare)
    yield team
    team.registry.close()


@pytest.fixture
def ada(team: Team) -> Clone:
    """Return the clone of somebody who works in the repository itself."""
    return Clone(team.origin, team.registry)


def edit(team: Team, change: Callable[[Prompt], Prompt], name: str = "greeting") -> RemotePrompt:
    return team.registry.edit_prompt(name, change)


def error_of(outcomes: list[object]) -> ConflictError:
    """Return what kept the only change of a download."""
    (outcome,) = outcomes
    error = getattr(outcome, "error", None)
    assert isinstance(error, ConflictError)
    return error


# -- edits in the registry --


def test_an_edit_changes_the_file_where_it_was_made_and_nowhere_else(
    ada: Clone, team: Team
) -> None:
    edit(
        team,
        lambda there: replace(
            there,
            content=TEXT.replace("hello", "hello warmly"),
            params={**there.params, "max_tokens": 900},
        ),
    )

    (outcome,) = ada.download()

    assert (outcome.path, outcome.has_conflict, outcome.error) == (GREETING, False, None)
    assert ada.repo.read(GREETING) == FILE.replace("hello", "hello warmly").replace("800", "900")
    assert ada.status() is Status.IN_SYNC


def test_downloading_again_changes_nothing(ada: Clone, team: Team) -> None:
    team.edit("Hi.")
    ada.download()
    before = ada.repo.read(GREETING)

    assert ada.download() == []
    assert ada.repo.read(GREETING) == before


def test_line_ends_of_the_file_are_kept(ada: Clone, team: Team) -> None:
    ada.repo.git("config", "core.autocrlf", "true")
    ada.repo.write(GREETING, FILE.replace("\n", "\r\n"))
    team.edit(TEXT.replace("hello", "hello warmly"))

    ada.download()

    assert ada.repo.read(GREETING) == FILE.replace("hello", "hello warmly").replace("\n", "\r\n")
    assert ada.status() is Status.IN_SYNC


def test_line_ends_of_a_merged_file_are_kept(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("goodbye", "goodbye briefly").replace("\n", "\r\n"))
    team.edit(TEXT.replace("hello", "hello warmly"))

    ada.download()

    expected = FILE.replace("goodbye", "goodbye briefly").replace("hello", "hello warmly")
    assert ada.repo.read(GREETING) == expected.replace("\n", "\r\n")


def test_a_prompt_may_become_a_chat_in_the_registry(ada: Clone, team: Team) -> None:
    edit(
        team,
        lambda there: replace(
            there, content=(Message("system", "Be brief."), Message("user", "Hello"))
        ),
    )

    ada.download()

    assert "# system:\n\nBe brief.\n\n# user:\n\nHello\n" in ada.repo.read(GREETING)
    assert ada.status() is Status.IN_SYNC


def test_what_reads_as_markup_arrives_as_text(ada: Clone, team: Team) -> None:
    text = "---\n# user:\n{{> rules}}\n\\{{> rules}}\n<<<<<<< HEAD\n[/inst] :smile:\n\x1b[31m\n"

    team.edit(text)
    ada.download()

    assert ada.catalog.prompts["greeting"].expanded.content == text
    assert ada.status() is Status.IN_SYNC


def test_what_only_the_file_knows_stays(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("model:", "inputs:\n  name: {type: text}\nmodel:"))
    ada.upload()
    team.edit("Hi.")

    ada.download()

    assert "inputs:\n  name: {type: text}\n" in ada.repo.read(GREETING)


def test_details_that_the_file_leaves_out_stay_out(ada: Clone, team: Team) -> None:
    ada.commit("Say hello.\n")
    ada.upload()
    edit(team, lambda there: replace(there, content="Hi.", description="x", tags=("y",)))

    ada.download()

    assert ada.repo.read(GREETING) == "Hi.\n"


def test_details_that_the_file_states_are_taken_over(ada: Clone, team: Team) -> None:
    edit(team, lambda there: replace(there, content="Hi.", title="Welcome"))

    ada.download()

    assert ada.repo.read(GREETING).startswith("---\ntitle: Welcome  # shown to people\n")


def test_details_of_the_registry_win_by_force(ada: Clone, team: Team) -> None:
    edit(team, lambda there: replace(there, title="Welcome"))
    assert ada.download() == []

    ada.download(force=True)

    assert ada.repo.read(GREETING) == FILE.replace("title: Greeting", "title: Welcome")


def test_a_file_that_changed_since_the_plan_is_left_alone(ada: Clone, team: Team) -> None:
    team.edit("Hi.")
    plan = ada.plan_download()
    ada.write("Meanwhile.\n")

    outcomes = ada.receive(plan)

    error = error_of([*outcomes])
    assert error.message == f"`{GREETING}` changed since the plan was made; it was left alone"
    assert error.hint == "run the same command again to plan anew"
    assert ada.repo.read(GREETING) == "Meanwhile.\n"


def test_a_file_that_is_gone_since_the_plan_is_told(ada: Clone, team: Team) -> None:
    team.edit("Hi.")
    plan = ada.plan_download()
    (ada.repo.path / GREETING).unlink()

    outcomes = ada.receive(plan)

    assert error_of([*outcomes]).message.startswith(f"`{GREETING}` cannot be read: ")
    assert not (ada.repo.path / GREETING).exists()


# -- prompts that only the registry has --


def test_a_prompt_without_a_file_gets_one(ada: Clone, team: Team) -> None:
    there = prompt(
        "forseti.persona",
        "{{> nothing}} and {{name}}\n",
        title="Persona",
        model="gpt-5",
        tags=("law",),
        metadata={"owner": "ada"},
    )
    team.registry.save_prompt(there, None)

    (outcome,) = ada.download(extras=True)

    assert outcome.path == "prompts/forseti.persona.md"
    assert ada.repo.read(outcome.path) == (
        "---\ntitle: Persona\nmodel: gpt-5\ntags:\n- law\nmetadata:\n  owner: ada\n---\n\n"
        "\\{{> nothing}} and {{name}}\n\n"
    )
    assert ada.status("forseti.persona") is Status.IN_SYNC


@pytest.mark.parametrize("name", ["x.con", "Greeting.copy", "a" * 252])
def test_a_served_name_becomes_the_name_of_the_file(ada: Clone, team: Team, name: str) -> None:
    team.registry.save_prompt(prompt(name), None)

    (outcome,) = ada.download(extras=True)

    assert outcome.path == f"prompts/{name}.md"
    assert ada.status(name) is Status.IN_SYNC


def unmanaged(name: str, text: str = "Hi.") -> PromptState:
    """Return a prompt that only the registry has, under a name the embedded one would refuse."""
    remote = make_remote_prompt(prompt(name, text), kind="local", version="1", stamp=None)
    return PromptState(name=name, status=Status.UNMANAGED, remote=remote)


def test_names_that_cannot_be_files_are_refused_and_the_others_written(ada: Clone) -> None:
    names = ("../../x", "con", "fine", "x" * 10_000, "a b", "Fine")
    states = [unmanaged(name) for name in names]

    outcomes = ada.receive(make_download_plan(states, registry="local", extras=True))

    assert {outcome.change.name: outcome.path or type(outcome.error) for outcome in outcomes} == {
        "../../x": UsageError,
        "Fine": "prompts/Fine.md",
        "a b": UsageError,
        "con": UsageError,
        "fine": UsageError,
        "x" * 10_000: UsageError,
    }
    assert ada.repo.git("status", "--porcelain", "--untracked-files=all") == "?? prompts/Fine.md"


def test_a_name_that_differs_from_a_file_only_in_case_is_refused(ada: Clone) -> None:
    ada.repo.git("mv", GREETING, "prompts/GREETING.md")

    outcomes = ada.download(extras=True)

    error = outcomes[0].error
    assert isinstance(error, UsageError)
    assert error.message == (
        "`greeting` cannot become a prompt file: `prompts/GREETING.md` has that name"
    )


def test_a_name_of_a_partial_is_refused_before_two_files_have_it(ada: Clone, team: Team) -> None:
    ada.write("---\npartial: true\n---\n\nBe brief.\n", "prompts/shared/rules.md")
    team.registry.save_prompt(prompt("shared.rules"), None)

    (outcome,) = ada.download(extras=True)

    assert isinstance(outcome.error, UsageError)
    assert ada.catalog.problems == ()


def test_a_file_that_appeared_since_the_plan_is_left_alone(ada: Clone, team: Team) -> None:
    team.registry.save_prompt(prompt("other"), None)
    plan = ada.plan_download(extras=True)
    ada.write("Meanwhile.\n", "prompts/other.md")

    outcomes = ada.receive(plan)

    assert isinstance(outcomes[0].error, UsageError)
    assert ada.repo.read("prompts/other.md") == "Meanwhile.\n"


def test_a_folder_in_the_place_of_the_file_is_left_alone(ada: Clone, team: Team) -> None:
    team.registry.save_prompt(prompt("other"), None)
    (ada.repo.path / "prompts" / "other.md").mkdir()

    error = error_of([*ada.download(extras=True)])

    assert error.message.startswith("`prompts/other.md` changed since the plan was made")


def test_what_a_prompt_file_cannot_hold_is_refused(ada: Clone, team: Team) -> None:
    team.registry.save_prompt(prompt("large", "x" * (1024 * 1024)), None)

    (outcome,) = ada.download(extras=True)

    assert outcome.error is not None
    assert outcome.error.message.startswith("large:1:1: the file has 1,048,577 bytes")
    assert not (ada.repo.path / "prompts" / "large.md").exists()


def test_what_a_killed_download_left_is_removed(ada: Clone, team: Team) -> None:
    leftover = ada.repo.write("prompts/.greeting.md.0123abcd.promptsync-tmp", "half")
    team.edit("Hi.")

    ada.download()

    assert not leftover.exists()


# -- both moved --


def test_edits_of_both_sides_are_merged(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("goodbye", "goodbye briefly").replace("gpt-5-mini", "gpt-5"))
    edit(
        team,
        lambda there: replace(
            there,
            content=TEXT.replace("hello", "hello warmly"),
            params={**there.params, "max_tokens": 900},
        ),
    )
    assert ada.status() is Status.DIVERGED

    (outcome,) = ada.download()

    assert (outcome.change.action, outcome.has_conflict) == (Action.MERGE, False)
    assert ada.repo.read(GREETING) == (
        FILE.replace("goodbye", "goodbye briefly")
        .replace("gpt-5-mini", "gpt-5")
        .replace("hello", "hello warmly")
        .replace("800", "900")
    )
    assert ada.status() is Status.MODIFIED


def test_what_overlaps_is_left_as_conflict_markers(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("Say hello.", "Say hi."))
    version = team.edit(TEXT.replace("Say hello.", "Say hey.")).version

    (outcome,) = ada.download()

    assert outcome.has_conflict
    assert ada.repo.read(GREETING) == FILE.replace(
        "Say hello.",
        f"<<<<<<< {GREETING}\nSay hi.\n=======\nSay hey.\n>>>>>>> registry version {version}",
    )
    assert [each.rule for each in ada.catalog.problems] == ["PS002"]


def test_without_markers_a_file_with_a_conflict_stays_what_it_was(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("Say hello.", "Say hi."))
    team.edit(TEXT.replace("Say hello.", "Say hey."))

    error = error_of(list(ada.receive(ada.plan_download(), markers=False)))

    assert error.message == "git and the registry changed the same lines of `greeting`"
    assert ada.repo.read(GREETING) == FILE.replace("Say hello.", "Say hi.")
    assert ada.status() is Status.DIVERGED


def test_a_resolved_conflict_is_a_fast_forward(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("Say hello.", "Say hi."))
    team.edit(TEXT.replace("Say hello.", "Say hey."))
    ada.download()

    ada.write(FILE.replace("Say hello.", "Say hi or hey."))

    assert ada.status() is Status.MODIFIED


def test_a_conflict_that_was_put_back_is_not_taken_in(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("Say hello.", "Say hi."))
    team.edit(TEXT.replace("Say hello.", "Say hey."))
    ada.download()

    ada.repo.git("checkout", "--quiet", "--", GREETING)

    assert ada.status() is Status.DIVERGED


def test_by_force_the_registry_wins(ada: Clone, team: Team) -> None:
    ada.commit(FILE.replace("Say hello.", "Say hi."))
    team.edit("Hey.")

    ada.download(force=True)

    assert ada.catalog.prompts["greeting"].prompt.content == "Hey."


def test_without_a_stamp_nothing_says_what_both_started_from(ada: Clone, team: Team) -> None:
    ada.forget_log()
    team.registry.save_prompt(prompt(text="Hey."), None)

    error = error_of([*ada.download()])

    assert error.message == (
        "`greeting` cannot be merged: the registry's version has no stamp, so nothing says which "
        "text both started from"
    )
    assert error.hint == (
        "choose a side: `promptsync download --force greeting` takes the registry's text, "
        "`promptsync upload --force greeting` git's"
    )
    assert ada.repo.read(GREETING) == FILE


def test_a_base_that_git_does_not_have_is_said_to_be_missing(ada: Clone, team: Team) -> None:
    stored = team.registry.get_prompt("greeting")
    assert stored is not None
    ada.write(FILE.replace("Say hello.", "Never committed."))
    ada.upload()
    stamped = ada.state().stamped_hash
    assert stamped is not None
    ada.write(FILE.replace("Say hello.", "Say hi."))
    team.edit("Hey.")

    error = error_of([*ada.download()])

    assert error.message == (
        f"`greeting` cannot be merged: git does not have the version {stamped[:19]} that both "
        "started from; it was uploaded without being committed, or from another clone"
    )
    assert (error.hint or "").startswith("fetch the branch it was uploaded from, or choose a side")


def test_one_prompt_that_cannot_be_merged_does_not_stop_the_others(ada: Clone, team: Team) -> None:
    ada.commit("Other.\n", "prompts/other.md")
    ada.upload()
    ada.forget_log()
    team.registry.save_prompt(prompt(text="Hey."), None)
    team.edit("Another.", "other")

    outcomes = ada.download()

    assert [(each.change.name, each.error is None) for each in outcomes] == [
        ("greeting", False),
        ("other", True),
    ]


# -- composites --


COMPOSITE = "---\nmodel: gpt-5-mini\n---\n\n{{> rules}}\n\nSay hello.\n"
RULES = "---\npartial: true\n---\n\nBe brief.\n"


@pytest.fixture
def composer(team: Team) -> Clone:
    """Return a clone that has committed and uploaded a composite."""
    composer = Clone(team.origin, team.registry)
    composer.write(RULES, "prompts/rules.md")
    composer.commit(COMPOSITE)
    composer.upload()
    return composer


def test_a_parameter_of_a_composite_is_downloaded(composer: Clone, team: Team) -> None:
    edit(team, lambda there: replace(there, model="gpt-5"))

    composer.download()

    assert composer.repo.read(GREETING) == COMPOSITE.replace("gpt-5-mini", "gpt-5")
    assert composer.status() is Status.IN_SYNC


def test_a_parameter_of_a_composite_is_merged(composer: Clone, team: Team) -> None:
    composer.commit(COMPOSITE.replace("Say hello.", "Say hi."))
    edit(team, lambda there: replace(there, model="gpt-5"))

    (outcome,) = composer.download()

    assert (outcome.error, outcome.has_conflict) == (None, False)
    assert composer.repo.read(GREETING) == (
        COMPOSITE.replace("Say hello.", "Say hi.").replace("gpt-5-mini", "gpt-5")
    )


# -- what a prompt file would have to say --


def test_both_sides_are_shown_as_prompt_files(ada: Clone, team: Team) -> None:
    team.edit(TEXT.replace("Say goodbye.", "Say goodbye briefly."))

    texts = two_texts(ada.state(), "local", FILE)

    assert texts.local == FILE
    assert texts.unified_diff("registry", "git") == [
        "--- registry",
        "+++ git",
        "@@ -10,4 +10,4 @@",
        " ",
        " Ask for the name.",
        " ",
        "-Say goodbye briefly.",
        "+Say goodbye.",
    ]
    assert texts.first_differing_line == 13


def test_lines_are_those_that_editors_count(ada: Clone, team: Team) -> None:
    # Python's splitlines() takes these for line ends; editors and git do not.
    ada.commit("One\x0c\x85\u2028still one\nTwo\n")
    ada.upload()
    team.edit("One\x0c\x85\u2028still one\nThree")

    texts = two_texts(ada.state(), "local", ada.repo.read(GREETING))

    assert texts.unified_diff("registry", "git")[3:] == [
        " One\x0c\x85\u2028still one",
        "-Three",
        "+Two",
    ]
    assert texts.first_differing_line == 2


def test_a_text_that_goes_on_differs_where_the_other_ends(ada: Clone, team: Team) -> None:
    ada.commit("One\nTwo\n")
    ada.upload()
    team.edit("One")

    assert two_texts(ada.state(), "local", "One\nTwo\n").first_differing_line == 2


def test_a_side_that_does_not_exist_is_empty(ada: Clone, team: Team) -> None:
    team.registry.save_prompt(prompt("other", "Hi."), None)
    ada.write("New.\n", "prompts/new.md")

    other, new = ada.state("other"), ada.state("new")

    assert two_texts(other, "local", None).remote == "Hi.\n"
    assert two_texts(other, "local", None).local == ""
    assert two_texts(new, "local", "New.\n").remote == ""
    assert two_texts(new, "local", "New.\n").local == "New.\n"
    assert two_texts(new, "local", None).local == "New.\n"


def test_a_name_that_no_file_can_have_can_be_shown() -> None:
    assert two_texts(unmanaged("../../x"), "local", None).remote == "Hi.\n"


def test_a_composite_is_shown_expanded(composer: Clone, team: Team) -> None:
    team.edit("Be rude.\n\nSay hello.")

    texts = two_texts(composer.state(), "local", COMPOSITE)

    assert texts.unified_diff("registry", "git")[-4:] == [
        "-Be rude.",
        "+Be brief.",
        " ",
        " Say hello.",
    ]


def test_without_the_file_its_values_are_shown(ada: Clone, team: Team) -> None:
    team.edit("Hi.")

    texts = two_texts(ada.state(), "local", None)

    assert (texts.remote.split("\n")[-2], texts.local.split("\n")[-2]) == ("Hi.", "Say goodbye.")


def test_a_stamp_of_somebody_else_is_only_data(ada: Clone, team: Team) -> None:
    stamp = Stamp(content_hash="sha256:0", path="../../x\0", file_sha256="", commit="--all")
    team.registry.save_prompt(prompt(text="Hey."), stamp)

    error = error_of([*ada.download()])

    assert "git does not have the version sha256:0 " in error.message
