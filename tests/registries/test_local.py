"""The embedded registry: the contract, and what only it promises, over both databases."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.pool import NullPool

from promptsync.errors import ConfigError, RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import Prompt
from promptsync.registries.local import LocalRegistry
from tests.builders import prompt
from tests.registries.conftest import OpenLocal
from tests.registries.contract import (
    STAMP,
    DeleteVersion,
    EditRemotely,
    RegistryContract,
    Reopen,
)


class TestLocalRegistry(RegistryContract):
    @pytest.fixture
    def registry(self, local: LocalRegistry) -> LocalRegistry:
        return local

    @pytest.fixture
    def reopen(self, open_local: OpenLocal) -> Reopen:
        return open_local

    @pytest.fixture
    def edit_remotely(self, local: LocalRegistry) -> EditRemotely:
        def edit(name: str, text: str) -> None:
            local.edit_prompt(name, lambda prompt: replace(prompt, content=text), "Grace")

        return edit

    @pytest.fixture
    def delete_version(self, database_url: str) -> DeleteVersion:
        def delete(name: str, version: str) -> None:
            statement = (
                "DELETE FROM promptsync_versions WHERE number = :number AND prompt_id ="
                " (SELECT id FROM promptsync_prompts WHERE name = :name)"
            )
            execute(database_url, statement, name=name, number=int(version))

        return delete


def execute(database_url: str, statement: str, **values: Any) -> list[Any]:
    """Work on the database behind the registry's back."""
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        result = connection.execute(text(statement), values)
        return list(result.scalars()) if result.returns_rows else []


def shout(prompt: Prompt) -> Prompt:
    assert isinstance(prompt.content, str)
    return replace(prompt, content=prompt.content.upper())


def test_versions_are_numbered_from_1_for_each_prompt(local: LocalRegistry) -> None:
    saved = [local.save_prompt(prompt(name), STAMP) for name in ("a", "b", "a", "a", "b")]

    assert [each.version for each in saved] == ["1", "1", "2", "3", "2"]


def test_a_version_names_its_author(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), STAMP)
    local.edit_prompt("greeting", shout, "Grace")
    local.edit_prompt("greeting", shout)

    authors = [each.author for each in local.list_versions("greeting")]
    assert authors == [None, "Grace", "Ada <ada@example.com>"]


def test_what_variables_are_for_is_kept(local: LocalRegistry) -> None:
    sent = prompt(inputs={"name": {"type": "string", "description": "who is greeted"}})

    assert local.save_prompt(sent, STAMP).prompt == sent


def test_its_own_table_is_kept_and_hashed(local: LocalRegistry) -> None:
    sent = prompt(registry_options={"local": {"mode": "fast"}})

    stored = local.save_prompt(sent, STAMP)

    assert stored.prompt == sent
    assert stored.content_hash != local.save_prompt(prompt(), STAMP).content_hash


def test_keys_keep_their_order(local: LocalRegistry) -> None:
    stored = local.save_prompt(prompt(params={"reasoning": 1, "answer": 2}), STAMP)

    assert list(stored.prompt.params) == ["reasoning", "answer"]


def test_an_empty_registry_may_be_asked_and_stays_absent(
    local: LocalRegistry, database_url: str
) -> None:
    assert list(local.list_prompts()) == []
    assert list(local.list_versions("greeting")) == []
    assert local.get_prompt("greeting", version="1", alias="production") is None
    local.delete_prompt("greeting")

    with pytest.raises(RegistryRefusedError, match="no version 1 of `greeting`"):
        local.set_alias("greeting", "production", "1")
    with pytest.raises(Exception, match=r"unable to open|does not exist"):
        execute(database_url, "SELECT * FROM promptsync_prompts")


def test_the_listing_is_one_query(local: LocalRegistry) -> None:
    for number in range(30):
        local.save_prompt(prompt(f"prompt-{number % 10}", f"Text {number}"), STAMP)
    statements = []

    def record(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    listed = list(local.list_prompts())
    event.remove(Engine, "before_cursor_execute", record)

    assert [each.version for each in listed] == ["3"] * 10
    assert len(statements) == 1


def test_several_prompts_and_their_aliases_are_a_query_for_500(local: LocalRegistry) -> None:
    stored = local.save_prompt(prompt(), STAMP)
    local.set_alias("greeting", "production", stored.version)
    names = ["greeting", *(f"prompt-{number}" for number in range(999))]
    statements = []

    def record(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    found = [list(local.get_prompts(names, alias=alias)) for alias in (None, "production")]
    listed = local.list_aliases(names)
    event.remove(Engine, "before_cursor_execute", record)

    assert found == [[stored], [stored]]
    assert listed == {"greeting": {"production": "1"}}
    assert len(statements) == 6


def test_a_version_and_an_alias_must_agree(local: LocalRegistry) -> None:
    one, two = local.save_prompt(prompt(), STAMP), local.save_prompt(prompt(), STAMP)
    local.set_alias("greeting", "production", one.version)

    assert local.get_prompt("greeting", version=one.version, alias="production") == one
    assert local.get_prompt("greeting", version=two.version, alias="production") is None


def test_an_alias_never_points_at_a_missing_version(local: LocalRegistry) -> None:
    stored = local.save_prompt(prompt(), STAMP)
    local.set_alias("greeting", "production", stored.version)

    with pytest.raises(RegistryRefusedError, match="no version 2 of `greeting`"):
        local.set_alias("greeting", "production", "2")

    assert local.get_prompt("greeting", alias="production") == stored


def test_deleting_starts_the_versions_over(local: LocalRegistry) -> None:
    local.save_prompt(prompt(text="one"), STAMP)
    local.save_prompt(prompt(text="two"), STAMP)
    local.delete_prompt("greeting")

    stored = local.save_prompt(prompt(text="three"), STAMP)

    assert list(local.list_versions("greeting")) == [stored]
    assert stored.version == "1"


# -- edits --


def test_an_edit_may_change_everything_but_the_name(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), STAMP)
    changed = prompt("other", "Good morning", model="gpt-5-mini", tags=("new",))

    stored = local.edit_prompt("greeting", lambda _: changed)

    assert stored.prompt == replace(changed, name="greeting")
    assert [each.name for each in local.list_prompts()] == ["greeting"]


def test_an_edit_of_a_missing_prompt_is_refused(local: LocalRegistry) -> None:
    with pytest.raises(RegistryRefusedError, match="there is no prompt `greeting`"):
        local.edit_prompt("greeting", shout)


def test_an_edit_keeps_a_stamp_it_does_not_understand(
    local: LocalRegistry, database_url: str
) -> None:
    local.save_prompt(prompt(), STAMP)
    newer = '{"format": 99}'
    execute(database_url, "UPDATE promptsync_versions SET stamp = :newer", newer=newer)

    assert local.edit_prompt("greeting", shout).stamp is None
    assert execute(database_url, "SELECT stamp FROM promptsync_versions") == [newer, newer]


# -- names --


def test_a_name_that_differs_only_in_case_is_refused(local: LocalRegistry) -> None:
    stored = local.save_prompt(prompt("greeting"), STAMP)

    with pytest.raises(RegistryRefusedError, match="`Greeting` and the stored prompt `greeting`"):
        local.save_prompt(prompt("Greeting"), STAMP)

    assert list(local.list_prompts()) == [stored]
    assert local.get_prompt("Greeting") is None


@pytest.mark.parametrize("name", ["", "../../x", "a b", "grüße", "a/b", "a" * 256, "a" * 10_000])
def test_a_name_that_no_prompt_file_can_have_is_refused(local: LocalRegistry, name: str) -> None:
    (sentence,) = local.unsupported(prompt(name))

    assert "is not 1 to 255 letters, digits" in sentence
    assert len(sentence) < 400
    with pytest.raises(RegistryRefusedError, match="cannot be stored: the name"):
        local.save_prompt(prompt(name), STAMP)


def test_a_name_that_somebody_else_planted_is_only_data(
    local: LocalRegistry, database_url: str
) -> None:
    local.save_prompt(prompt(), STAMP)
    execute(database_url, "UPDATE promptsync_prompts SET name = :name", name="../../x")

    assert [each.name for each in local.list_prompts()] == ["../../x"]


NO_ALIASES = ["", " ", " live", "live ", "li\nve", "li\x1b[31mve", "\ud800", "a" * 256]


@pytest.mark.parametrize("alias", NO_ALIASES)
def test_what_cannot_be_shown_becomes_no_alias(local: LocalRegistry, alias: str) -> None:
    local.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError, match="is no name of an alias") as raised:
        local.set_alias("greeting", alias, "1")

    assert raised.value.hint == (
        "an alias is 1 to 255 characters that can be shown, with no space at either end"
    )
    assert local.list_aliases(["greeting"]) == {}


@pytest.mark.parametrize("alias", ["größe", "feature/warm tone", "a" * 255])
def test_what_can_be_shown_may_be_an_alias(local: LocalRegistry, alias: str) -> None:
    stored = local.save_prompt(prompt(), STAMP)

    local.set_alias("greeting", alias, "1")

    assert local.get_prompt("greeting", alias=alias) == stored


def test_an_alias_that_was_made_before_it_was_refused_is_read(
    local: LocalRegistry, database_url: str
) -> None:
    stored = local.save_prompt(prompt(), STAMP)
    local.set_alias("greeting", "live", "1")
    execute(database_url, "UPDATE promptsync_aliases SET alias = :alias", alias="li\nve")

    assert local.get_prompt("greeting", alias="li\nve") == stored
    assert local.list_aliases(["greeting"]) == {"greeting": {"li\nve": "1"}}


@pytest.mark.parametrize("name", ["", "../../x", "a b", "a" * 256])
def test_a_prompt_is_never_renamed_to_what_no_file_can_have(
    local: LocalRegistry, name: str
) -> None:
    stored = local.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError, match="is not 1 to 255 letters, digits"):
        local.rename_prompt("greeting", name)

    assert list(local.list_prompts()) == [stored]


def test_only_the_case_of_a_name_may_change(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), STAMP)
    local.save_prompt(prompt("other"), STAMP)

    local.rename_prompt("greeting", "Greeting")

    assert [each.name for each in local.list_prompts()] == ["Greeting", "other"]
    with pytest.raises(RegistryRefusedError, match=r"there is a prompt `other` in .* already"):
        local.rename_prompt("Greeting", "OTHER")


def test_of_two_who_rename_at_once_one_is_told(open_local: OpenLocal) -> None:
    open_local().save_prompt(prompt(), STAMP)
    start = Barrier(2)

    def rename(new_name: str) -> str | None:
        registry = open_local()
        registry.get_prompt("greeting")
        start.wait()
        try:
            registry.rename_prompt("greeting", new_name)
        except RegistryRefusedError as error:
            return error.message
        return None

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(rename, ["one", "other"]))

    assert [each is None for each in told].count(True) == 1
    assert len(list(open_local().list_prompts())) == 1


# -- values that cannot be stored or read --


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("params", float("nan")),
        ("params", 10**400),
        ("params", {1, 2}),
        ("metadata", float("inf")),
        ("metadata", object()),
    ],
)
def test_what_json_cannot_hold_is_refused(local: LocalRegistry, field: str, value: Any) -> None:
    fields: dict[str, Any] = {field: {"temperature": value}}
    sent = prompt(**fields)

    assert len(local.unsupported(sent)) == 1
    with pytest.raises(RegistryRefusedError, match="a value that JSON cannot"):
        local.save_prompt(sent, STAMP)
    assert list(local.list_prompts()) == []


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"text": 1}',
        '{"text": "Hello", "template": "erb"}',
        '{"text": "Hello", "from_the_future": true}',
        '{"messages": [{"content": "no role"}]}',
        "[" * 100_000,
    ],
)
def test_a_document_that_is_no_prompt_is_no_answer(
    local: LocalRegistry, database_url: str, document: str
) -> None:
    local.save_prompt(prompt(), STAMP)
    execute(database_url, "UPDATE promptsync_versions SET document = :text", text=document)

    with pytest.raises(RegistryAnswerError, match="stored prompt `greeting` cannot be read"):
        list(local.list_prompts())


@pytest.mark.parametrize("stamp", ["", "{", "[]", "null", '{"format": 1}', '{"format": 99}'])
def test_a_stamp_that_is_none_is_no_error(
    local: LocalRegistry, database_url: str, stamp: str
) -> None:
    local.save_prompt(prompt(), STAMP)
    execute(database_url, "UPDATE promptsync_versions SET stamp = :stamp", stamp=stamp)

    assert [each.stamp for each in local.list_prompts()] == [None]


def test_a_question_that_is_no_text_is_refused(local: LocalRegistry) -> None:
    local.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError, match="stores only valid Unicode"):
        local.get_prompt("greeting", alias="\udcff")


# -- the address --


@pytest.mark.parametrize(
    "url",
    [
        "",
        "registry.db",
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///file:registry.db?uri=true",
        "mysql://bob:geheim@db.example.com/prompts",
        "postgresql+asyncpg://bob:geheim@db.example.com/prompts",
        "postgresql://bob:geh@im@db.example.com/prompts",
        "postgresql://bob:geheim@db.example.com:port/prompts",
    ],
)
def test_a_url_that_is_no_database_of_ours_is_refused(url: str) -> None:
    with pytest.raises(ConfigError) as raised:
        LocalRegistry(url)

    assert raised.value.hint
    assert "geh" not in f"{raised.value} {raised.value.hint} {raised.value.__cause__}"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("sqlite:///.promptsync/registry.db", "sqlite:///.promptsync/registry.db"),
        ("sqlite:////srv/registry.db?timeout=5", "sqlite:////srv/registry.db"),
        (
            "postgresql+psycopg://bob:geheim@db.example.com:5433/prompts",
            "postgresql://db.example.com:5433/prompts",
        ),
        (
            "postgres://db.example.com/prompts?user=bob&password=geheim",
            "postgresql://db.example.com/prompts",
        ),
    ],
)
def test_the_address_has_no_credentials(url: str, address: str) -> None:
    assert LocalRegistry(url).address == address


def test_a_relative_path_starts_at_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a 50% #1 project?"
    registry = LocalRegistry(folder=folder)

    registry.save_prompt(prompt(), STAMP)

    assert (folder / ".promptsync" / "registry.db").exists()
    assert registry.address == "sqlite:///.promptsync/registry.db"


def test_without_a_folder_it_starts_where_the_registry_was_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    registry = LocalRegistry("sqlite:///registry.db")
    monkeypatch.chdir(tmp_path.parent)

    registry.save_prompt(prompt(), STAMP)

    assert (tmp_path / "registry.db").exists()


# Python can be built where SQLite's headers are missing.
WITHOUT_SQLITE = """
import sys
sys.modules["sqlite3"] = None
from promptsync.errors import ConfigError
from promptsync.registries.local import LocalRegistry

try:
    LocalRegistry("sqlite:///registry.db")
except ConfigError as error:
    print(error.message, "|", error.hint)
"""


def test_a_python_without_sqlite_is_told_from_a_missing_driver() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_SQLITE], capture_output=True, text=True, check=True
    )

    assert result.stdout == (
        "this Python was built without SQLite | use another Python, or a local registry in "
        "PostgreSQL\n"
    )
