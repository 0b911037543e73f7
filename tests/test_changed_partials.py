"""Composites that changed only because a partial did are told apart, with the partial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.changed_partials import mark_changed_by_partials
from promptsync.prompt import Prompt
from promptsync.status import Status
from tests.clones import Clone, Team, copied_team

PERSONA = "prompts/persona.md"
RULES = "prompts/rules.md"
PERSONA_TEXT = "---\npartial: true\n---\n\nYou are a clerk.\n"
RULES_TEXT = "Be brief.\n"
GREETING_TEXT = "{{> persona}}\n\nSay hello.\n\n{{> rules}}\n"


def prepare(team: Team) -> None:
    ada = Clone(team.origin, team.registry)
    ada.write(PERSONA_TEXT, PERSONA)
    ada.write(RULES_TEXT, RULES)
    ada.commit(GREETING_TEXT)
    ada.upload()


@pytest.fixture
def team(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Return a repository whose greeting includes a persona and rules, all of it uploaded."""
    template = tmp_path_factory.getbasetemp() / "team-of-partials"
    team = copied_team(tmp_path / "team", template, prepare)
    yield team
    team.registry.close()


@pytest.fixture
def ada(team: Team) -> Clone:
    """Return the clone of somebody who works in the repository itself."""
    return Clone(team.origin, team.registry)


def changed(ada: Clone, name: str = "greeting") -> tuple[str, ...] | None:
    """Return the partials that a state names."""
    require = ada.workspace.require_repository
    marked = mark_changed_by_partials(ada.compare(), ada.catalog, require)
    return next(each.changed_partials for each in marked if each.name == name)


def test_what_is_in_sync_changed_by_no_partial(ada: Clone) -> None:
    assert changed(ada) is None


def test_the_partial_that_changed_is_named(ada: Clone) -> None:
    ada.commit(PERSONA_TEXT.replace("clerk", "judge"), PERSONA)

    assert ada.status() is Status.MODIFIED
    assert changed(ada) == ("persona",)


def test_all_partials_that_changed_are_named(ada: Clone) -> None:
    ada.write(PERSONA_TEXT.replace("clerk", "judge"), PERSONA)
    ada.write("Be kind.\n", RULES)

    assert changed(ada) == ("persona", "rules")


def test_front_matter_of_a_partial_makes_no_difference(ada: Clone) -> None:
    ada.write(PERSONA_TEXT.replace("partial", "title: Persona\npartial"), PERSONA)
    ada.write("Be kind.\n", RULES)

    assert changed(ada) == ("rules",)


def test_a_composite_whose_own_file_changed_too_is_not_marked(ada: Clone) -> None:
    ada.write(PERSONA_TEXT.replace("clerk", "judge"), PERSONA)
    ada.write(GREETING_TEXT.replace("hello", "hi"))

    assert changed(ada) is None
    assert changed(ada, "rules") is None


def test_a_diverged_composite_names_what_changed_here(ada: Clone, team: Team) -> None:
    ada.write("Be kind.\n", RULES)

    def edited(there: Prompt) -> Prompt:
        return replace(there, content=str(there.content).replace("hello", "hi"))

    team.registry.edit_prompt("greeting", edited)

    assert ada.status() is Status.DIVERGED
    assert changed(ada) == ("rules",)


def upload_uncommitted(ada: Clone, team: Team) -> None:
    """Upload what no commit holds yet."""
    ada.upload()
    there = team.registry.get_prompt("greeting")
    assert there is not None
    assert there.stamp is not None
    team.registry.save_prompt(there.prompt, replace(there.stamp, commit=None))


def test_a_composite_whose_edit_was_taken_in_is_in_sync(ada: Clone, team: Team) -> None:
    def edited(there: Prompt) -> Prompt:
        return replace(there, content=str(there.content).replace("clerk", "judge"))

    team.registry.edit_prompt("greeting", edited)
    ada.commit(PERSONA_TEXT.replace("clerk", "judge"), PERSONA)

    assert ada.status() is Status.IN_SYNC
    assert changed(ada) is None


def test_without_a_commit_the_text_of_the_registry_tells(ada: Clone, team: Team) -> None:
    ada.write("Be quick.\n", RULES)
    upload_uncommitted(ada, team)
    ada.write("Be kind.\n", RULES)

    assert changed(ada) == ("rules",)


def test_where_nothing_can_tell_no_partial_is_named(ada: Clone, team: Team) -> None:
    ada.write("Be quick.\nBe kind.\n", RULES)
    upload_uncommitted(ada, team)
    ada.write("Be quick.\n", RULES)

    assert changed(ada) == ()
