"""The embedded registry's SQLite file: when it appears, and what can be wrong with it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import promptsync
from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.registries.local import LocalRegistry
from tests.builders import prompt
from tests.registries.contract import STAMP


@pytest.fixture
def local(sqlite_file: Path) -> LocalRegistry:
    """Return a registry that waits for nobody."""
    return LocalRegistry(f"sqlite:///{sqlite_file}?timeout=0")


def explain(raised: pytest.ExceptionInfo[RegistryError], file: Path) -> tuple[str, str | None]:
    """Return message and hint, with the address left out."""
    return raised.value.message.replace(f"sqlite:///{file} ", ""), raised.value.hint


def test_file_and_folder_appear_with_the_first_write(
    local: LocalRegistry, sqlite_file: Path
) -> None:
    assert list(local.list_prompts()) == []
    assert not sqlite_file.parent.exists()

    local.save_prompt(prompt(), STAMP)

    assert [each.name for each in sqlite_file.parent.iterdir()] == ["registry.db"]


def test_a_refused_prompt_makes_no_file(local: LocalRegistry, sqlite_file: Path) -> None:
    with pytest.raises(RegistryRefusedError):
        local.save_prompt(prompt("../../x"), STAMP)

    assert not sqlite_file.parent.exists()


def test_a_file_deleted_meanwhile_is_an_empty_registry(
    local: LocalRegistry, sqlite_file: Path
) -> None:
    local.save_prompt(prompt(), STAMP)
    sqlite_file.unlink()

    assert list(local.list_prompts()) == []
    assert local.save_prompt(prompt(), STAMP).version == "1"


@pytest.mark.parametrize("content", ["", "CREATE TABLE notes (text)"], ids=["empty", "others"])
def test_a_database_without_our_tables_is_an_empty_registry(
    local: LocalRegistry, sqlite_file: Path, content: str
) -> None:
    sqlite_file.parent.mkdir(parents=True)
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.executescript(content)

    assert list(local.list_prompts()) == []
    assert local.save_prompt(prompt(), STAMP).version == "1"


def test_a_reader_does_not_wait_for_a_writer_nor_the_writer_for_it(
    local: LocalRegistry, sqlite_file: Path
) -> None:
    stored = local.save_prompt(prompt(), STAMP)
    listing = iter(local.list_prompts())

    local.save_prompt(prompt("other"), STAMP)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        found = local.get_prompt("greeting")

    assert (list(listing), found) == ([stored], stored)


def test_a_locked_file_is_unavailable(local: LocalRegistry, sqlite_file: Path) -> None:
    stored = local.save_prompt(prompt(), STAMP)

    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(RegistryUnavailableError) as reading:
            local.get_prompt("greeting")
        writer.execute("ROLLBACK")
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(RegistryUnavailableError) as writing:
            local.save_prompt(prompt(text="Good morning"), STAMP)

    locked = ("is locked by another program", "run the command again")
    assert [explain(each, sqlite_file) for each in (reading, writing)] == [locked, locked]
    assert list(local.list_versions("greeting")) == [stored]


def test_a_file_that_is_no_database_is_told_and_left_alone(
    local: LocalRegistry, sqlite_file: Path
) -> None:
    sqlite_file.parent.mkdir(parents=True)
    sqlite_file.write_text("# Shopping list\n" * 100)

    with pytest.raises(RegistryAnswerError) as reading:
        list(local.list_prompts())
    with pytest.raises(RegistryAnswerError) as writing:
        local.save_prompt(prompt(), STAMP)

    wrong = ("is no SQLite database", "check `url` of this registry")
    assert [explain(each, sqlite_file) for each in (reading, writing)] == [wrong, wrong]
    assert sqlite_file.read_text() == "# Shopping list\n" * 100


def test_a_damaged_database_is_told(local: LocalRegistry, sqlite_file: Path) -> None:
    for number in range(20):
        local.save_prompt(prompt(text=f"{number} " * 2000), STAMP)
    damaged = bytearray(sqlite_file.read_bytes())
    damaged[4096:] = b"\xff" * len(damaged[4096:])
    sqlite_file.write_bytes(damaged)

    with pytest.raises(RegistryAnswerError) as raised:
        list(local.list_prompts())

    assert explain(raised, sqlite_file) == (
        "is damaged",
        "restore it from a backup, or move it away and upload again",
    )


def test_a_text_that_is_no_utf8_is_refused(local: LocalRegistry, sqlite_file: Path) -> None:
    local.save_prompt(prompt(), STAMP)
    with closing(sqlite3.connect(sqlite_file)) as connection, connection:
        connection.execute("UPDATE promptsync_versions SET author = CAST(x'ff' AS TEXT)")

    with pytest.raises(RegistryRefusedError, match="refused: Could not decode to UTF-8"):
        list(local.list_prompts())


def test_a_folder_instead_of_a_file_is_refused(local: LocalRegistry, sqlite_file: Path) -> None:
    sqlite_file.mkdir(parents=True)

    with pytest.raises(RegistryRefusedError) as raised:
        list(local.list_prompts())

    assert explain(raised, sqlite_file) == (
        "cannot be opened",
        "check that it is a file you may use",
    )


def test_a_file_instead_of_the_folder_is_refused(local: LocalRegistry, sqlite_file: Path) -> None:
    sqlite_file.parent.parent.mkdir()
    sqlite_file.parent.write_text("in the way")

    with pytest.raises(RegistryRefusedError, match="cannot be used: ") as raised:
        local.save_prompt(prompt(), STAMP)

    assert raised.value.hint == "check `url` of this registry"


def test_a_prompt_deleted_as_it_was_stored_is_no_success(
    local: LocalRegistry, sqlite_file: Path
) -> None:
    local.save_prompt(prompt(), STAMP)
    with closing(sqlite3.connect(sqlite_file)) as connection:
        connection.execute(
            "CREATE TRIGGER somebody_else AFTER INSERT ON promptsync_versions"
            " BEGIN DELETE FROM promptsync_prompts; END"
        )

    with pytest.raises(RegistryRefusedError) as raised:
        local.save_prompt(prompt(), STAMP)

    assert raised.value.message == "somebody else deleted `greeting` as it was stored"
    assert raised.value.hint == "run the command again"


# Stores a prompt that no longer fits. A limit on the size of files stands in for a full disk:
# SQLite is told of both in the same place.
FILL = """
import resource, signal, sys
from promptsync.errors import RegistryUnavailableError
from promptsync.prompt import Prompt
from promptsync.registries.local import LocalRegistry

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    LocalRegistry(sys.argv[1]).save_prompt(Prompt(name="greeting", content="x" * 300_000), None)
except RegistryUnavailableError as error:
    print(error.message.partition(" ")[2], "|", error.hint)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_leaves_the_version_before(local: LocalRegistry, sqlite_file: Path) -> None:
    stored = local.save_prompt(prompt(), STAMP)

    result = subprocess.run(
        [sys.executable, "-c", FILL, f"sqlite:///{sqlite_file}"],
        cwd=Path(promptsync.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    hint = "free some space and run the command again; nothing was stored"
    assert result.stdout in (
        f"cannot be read or written: disk error | {hint}\n",
        f"cannot grow: the disk is full | {hint}\n",
    )
    assert list(local.list_versions("greeting")) == [stored]
    assert local.save_prompt(prompt(text="small"), STAMP).version == "2"
