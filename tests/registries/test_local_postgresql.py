"""The embedded registry's connection to PostgreSQL: what can go wrong, and what it gives away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

import promptsync
from promptsync.errors import (
    RegistryRefusedError,
    RegistryUnavailableError,
    UnknownPromptError,
)
from promptsync.fetching import fetch
from promptsync.outage import MissingRegistryError
from promptsync.registries.local import LocalRegistry
from tests.builders import prompt
from tests.registries.contract import STAMP

pytestmark = pytest.mark.network

GEHEIM = "geheim"
CONNECTED = text("SELECT 1 FROM pg_stat_activity WHERE application_name = 'this-registry'")


@pytest.fixture
def local(postgresql_database: str) -> Iterator[LocalRegistry]:
    with closing(LocalRegistry(postgresql_database)) as registry:
        yield registry


@pytest.fixture
def server(postgresql_database: str) -> Engine:
    """Return an administrator's connection to the same schema."""
    return create_engine(postgresql_database, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def execute(server: Engine, statement: str) -> None:
    with server.connect() as connection:
        connection.execute(text(statement))


def changed(url: str, *, username: str = "postgres", database: str = "postgres") -> str:
    """Change parts of an address, and put a password into it that nothing may tell."""
    parsed = make_url(url).set(username=username, database=database, password=GEHEIM)
    return parsed.render_as_string(hide_password=False)


def test_a_server_that_does_not_answer_is_unavailable() -> None:
    # Port 1 is reserved and nobody listens there.
    registry = LocalRegistry(f"postgresql://bob:{GEHEIM}@127.0.0.1:1/prompts")

    with pytest.raises(RegistryUnavailableError) as raised:
        list(registry.list_prompts())

    assert raised.value.message.startswith(
        "postgresql://127.0.0.1:1/prompts cannot be reached: Connection refused"
    )
    assert raised.value.hint == "run the command again"


def test_a_missing_database_is_refused(postgresql_database: str) -> None:
    registry = LocalRegistry(changed(postgresql_database, database="missing"))

    with pytest.raises(RegistryRefusedError) as raised:
        list(registry.list_prompts())

    assert raised.value.message == "postgresql:///missing: there is no such database"
    assert raised.value.hint == "create it first"


def test_a_refused_login_does_not_say_whose(postgresql_database: str) -> None:
    registry = LocalRegistry(changed(postgresql_database, username="mallory"))

    with pytest.raises(RegistryRefusedError) as raised:
        list(registry.list_prompts())

    assert raised.value.message == "postgresql:///postgres: the login was refused"
    assert raised.value.hint == "check the user in `url` and the password in PGPASSWORD"


def test_an_unknown_option_is_refused(postgresql_database: str) -> None:
    registry = LocalRegistry(f"{postgresql_database}&colour=blue")

    with pytest.raises(RegistryRefusedError, match='refused: invalid connection option "colour"'):
        list(registry.list_prompts())


def test_a_database_without_our_tables_is_told_as_one_that_is_not_there(
    local: LocalRegistry,
) -> None:
    with pytest.raises(MissingRegistryError, match="has no prompt `greeting`: it has no tables"):
        fetch(local, "greeting", alias="production", version=None)

    local.save_prompt(prompt("farewell"), STAMP)
    with pytest.raises(UnknownPromptError) as raised:
        fetch(local, "greeting", alias="production", version=None)
    assert not isinstance(raised.value, MissingRegistryError)


def test_who_may_not_create_tables_is_refused(postgresql_database: str, server: Engine) -> None:
    execute(server, "DROP ROLE IF EXISTS reader")
    execute(server, "CREATE ROLE reader LOGIN")

    with closing(LocalRegistry(changed(postgresql_database, username="reader"))) as registry:
        assert list(registry.list_prompts()) == []
        with pytest.raises(RegistryRefusedError, match=r"refused: (permission denied|no schema)"):
            registry.save_prompt(prompt(), STAMP)


def test_a_value_the_server_cannot_hold_is_refused_without_quoting_it(
    local: LocalRegistry,
) -> None:
    local.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError) as raised:
        local.edit_prompt("greeting", lambda found: found, author="Bob\0bob@example.com")

    assert "NUL" in raised.value.message
    assert "bob@example.com" not in raised.value.message


def test_a_lost_connection_is_opened_again(local: LocalRegistry, server: Engine) -> None:
    stored = local.save_prompt(prompt(), STAMP)
    execute(
        server,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    )

    assert list(local.list_prompts()) == [stored]


def test_a_connection_lost_during_a_write_is_unavailable_and_stores_nothing(
    local: LocalRegistry, server: Engine
) -> None:
    stored = local.save_prompt(prompt(), STAMP)
    execute(
        server,
        "CREATE RULE cut AS ON INSERT TO promptsync_versions"
        " DO ALSO SELECT pg_terminate_backend(pg_backend_pid())",
    )

    with pytest.raises(RegistryUnavailableError) as raised:
        local.save_prompt(prompt(text="Good morning"), STAMP)

    assert raised.value.hint == "run the command again"
    assert list(local.list_versions("greeting")) == [stored]


def test_connections_are_given_back(postgresql_database: str, server: Engine) -> None:
    registry = LocalRegistry(f"{postgresql_database}&application_name=this-registry")
    registry.save_prompt(prompt(), STAMP)

    with server.connect() as connection:
        assert len(connection.execute(CONNECTED).all()) == 1
        registry.close()
        # The server notices a moment later; a connection that stays would let this run for ever.
        while connection.execute(CONNECTED).all():
            connection.execute(text("SELECT pg_sleep(0.01)"))


# What a plain `pip install promptsync` leaves out.
WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from promptsync.errors import MissingPackageError
from promptsync.registries.local import LocalRegistry

try:
    LocalRegistry("postgresql://bob:geheim@127.0.0.1/prompts")
except MissingPackageError as error:
    print(error.message, "|", error.hint)
"""


def test_a_missing_driver_is_named_with_the_command_that_installs_it() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER],
        cwd=Path(promptsync.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout == (
        "the package `psycopg[binary]` is not installed | pip install 'promptsync[postgresql]'\n"
    )


def test_an_error_shows_neither_prompt_nor_password(
    postgresql_database: str, server: Engine
) -> None:
    with closing(LocalRegistry(changed(postgresql_database))) as registry:
        registry.save_prompt(prompt(), STAMP)
        execute(
            server,
            "ALTER TABLE promptsync_versions ALTER document TYPE varchar(5) USING 'text'",
        )

        with pytest.raises(RegistryRefusedError) as raised:
            registry.save_prompt(prompt(text="Top secret"), STAMP)

    assert raised.value.message == (
        "postgresql:///postgres refused: value too long for type character varying(5)"
    )
    assert GEHEIM not in str(raised.value.__cause__)
    assert "Top secret" not in str(raised.value.__cause__)
