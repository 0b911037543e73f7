"""Fetching one prompt for an application: the right errors, in one request, from every registry."""

from __future__ import annotations

import pytest

from promptsync.errors import UnknownAliasError, UnknownPromptError
from promptsync.fetching import fetch
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import Stamp
from promptsync.stamp_check import check_stamp
from tests.builders import prompt


def test_an_unknown_prompt_is_told_with_what_puts_it_there(local: LocalRegistry) -> None:
    local.save_prompt(prompt("farewell"), None)

    with pytest.raises(UnknownPromptError) as raised:
        fetch(local, "greeting", alias="production", version=None)

    assert type(raised.value) is UnknownPromptError
    assert raised.value.message == f"{local.address} has no prompt `greeting`"
    assert "promptsync upload greeting" in (raised.value.hint or "")


def test_an_unknown_version_is_told(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), None)

    with pytest.raises(UnknownPromptError) as raised:
        fetch(local, "greeting", alias=None, version="7")

    assert raised.value.message == f"{local.address} has no version `7` of `greeting`"


def test_an_unknown_alias_is_told_with_those_that_there_are(local: LocalRegistry) -> None:
    stored = local.save_prompt(prompt(), None)
    local.set_alias("greeting", "staging", stored.version)
    local.set_alias("greeting", "candidate", stored.version)

    with pytest.raises(UnknownAliasError) as raised:
        fetch(local, "greeting", alias="production", version=None)

    assert raised.value.message == (
        f"no version of `greeting` has the alias `production` in {local.address}; "
        "it has `candidate`, `staging`"
    )
    assert raised.value.hint == "`promptsync promote greeting --alias production`"


def test_the_command_of_a_hint_can_be_run_as_it_is(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), None)

    with pytest.raises(UnknownAliasError) as alias:
        fetch(local, "greeting", alias="x; reboot", version=None)
    with pytest.raises(UnknownPromptError) as name:
        fetch(local, "../größe", alias=None, version=None)
    with pytest.raises(UnknownPromptError) as long:
        fetch(local, "a" * 300, alias=None, version=None)

    assert alias.value.hint == "`promptsync promote greeting --alias 'x; reboot'`"
    assert "promptsync upload" not in str(name.value.hint)
    assert "letters, digits, `_`, `.` and `-`" in str(name.value.hint)
    assert long.value.message == f"{local.address} has no prompt `{'a' * 59}…`"


def test_an_alias_that_is_like_another_is_told_with_that_one(local: LocalRegistry) -> None:
    stored = local.save_prompt(prompt(), None)
    local.set_alias("greeting", "production", stored.version)

    with pytest.raises(UnknownAliasError) as raised:
        fetch(local, "greeting", alias="prodution", version=None)

    assert raised.value.hint == "did you mean `production`?"


def test_hints_name_a_prompt_as_it_is_called_here(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), None)

    with pytest.raises(UnknownPromptError, match="no version `7` of `greeting`") as version:
        fetch(local, "greeting", alias=None, version="7", name="hello")
    with pytest.raises(UnknownAliasError) as alias:
        fetch(local, "greeting", alias="live", version=None, name="hello")
    with pytest.raises(UnknownPromptError, match="has no prompt `bye`") as unknown:
        fetch(local, "bye", alias=None, version=None, name="farewell")

    assert version.value.hint == "`promptsync history hello` lists its versions"
    assert alias.value.hint == "`promptsync promote hello --alias live`"
    assert "`promptsync upload farewell`" in (unknown.value.hint or "")


def test_a_stamp_of_this_content_is_fine(local: LocalRegistry) -> None:
    bare = local.save_prompt(prompt(), None)
    stamp = Stamp(content_hash=bare.content_hash, path="prompts/greeting.md", file_sha256="2" * 64)

    assert check_stamp(local.save_prompt(prompt(), stamp)) is None


def test_a_prompt_without_a_stamp_is_told(local: LocalRegistry) -> None:
    assert check_stamp(local.save_prompt(prompt(), None)) == (
        "version 1 of `greeting` has no stamp that promptsync can read: "
        "nothing says where it came from"
    )


def test_an_edit_in_the_registry_is_content_that_belies_its_stamp(local: LocalRegistry) -> None:
    bare = local.save_prompt(prompt(), None)
    stamp = Stamp(content_hash=bare.content_hash, path="prompts/greeting.md", file_sha256="2" * 64)
    local.save_prompt(prompt(), stamp)
    edited = local.edit_prompt("greeting", lambda _: prompt(text="Shout at {{name}}!"))

    problem = check_stamp(edited)

    assert problem is not None
    assert edited.content_hash in problem
    assert bare.content_hash in problem
