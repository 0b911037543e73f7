"""Loading from the embedded registry, a SQLite file: no server, no account."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import promptsync
from promptsync import Client, InvalidContentError, RegistryUnavailableError, UnknownPromptError
from promptsync.config import DEFAULT_LOCAL_URL
from promptsync.content_hash import content_hash
from promptsync.prompt import Prompt
from promptsync.prompt_file import format_prompt
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import Stamp
from tests.loading import FAREWELL, GREETING, WARMER, Clock, facts, settle, told

pytestmark = pytest.mark.system

HELLO, DEAR = GREETING.content, WARMER.content


@dataclass
class Deployment:
    """An application with prompt files, and its registry in a SQLite file."""

    folder: Path
    clock: Clock
    registry: LocalRegistry

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / ".promptsync" / "registry.db"

    def client(self, **options: Any) -> Client:
        """Return a client that follows the alias `production`, unless told otherwise."""
        return Client(
            self.folder, **{"alias": "production", "clock": self.clock, "timeout": 30, **options}
        )

    def save(self, prompt: Prompt) -> str:
        """Store a prompt as an upload does, and return its version."""
        stamp = Stamp(
            content_hash=content_hash(prompt, "local"),
            path=f"prompts/{prompt.name}.md",
            file_sha256="0" * 64,
        )
        return self.registry.save_prompt(prompt, stamp).version


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """Return an application with one prompt file, whose registry is empty."""
    folder = tmp_path / "app"
    (folder / "prompts").mkdir(parents=True)
    (folder / "promptsync.toml").write_text('prompts = ["prompts"]\n')
    text = format_prompt(GREETING, path_name="greeting")
    (folder / "prompts" / "greeting.md").write_text(text)
    registry = LocalRegistry(DEFAULT_LOCAL_URL, folder=folder)
    yield Deployment(folder, Clock(), registry)
    registry.close()


def test_two_aliases_of_two_versions_are_followed_apart(deployed: Deployment) -> None:
    old, new = deployed.save(GREETING), deployed.save(WARMER)
    deployed.registry.set_alias("greeting", "production", old)
    deployed.registry.set_alias("greeting", "staging", new)

    with deployed.client() as client, deployed.client(alias="staging") as other:
        assert (client.load("greeting").template, other.load("greeting").template) == (HELLO, DEAR)
        deployed.registry.set_alias("greeting", "production", new)
        deployed.registry.set_alias("greeting", "staging", old)
        assert (client.load("greeting").template, other.load("greeting").template) == (HELLO, DEAR)

        deployed.clock.passes(300)
        client.load("greeting")
        other.load("greeting")
        settle()

        assert (client.load("greeting").version, other.load("greeting").version) == (new, old)


def test_a_database_that_cannot_be_read_leaves_the_prompt_file(
    deployed: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    version = deployed.save(WARMER)
    deployed.registry.set_alias("greeting", "production", version)
    with closing(sqlite3.connect(deployed.database, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with deployed.client(timeout=1) as client:
            during = client.load("greeting")
            settle()
            other.execute("ROLLBACK")
            deployed.clock.passes(30)
            client.load("greeting")
            settle()
            after = client.load("greeting")

    assert facts(during) == (HELLO, "file", True)
    assert during.path == "prompts/greeting.md"
    assert facts(after) == (DEAR, "memory", False)
    assert len(told(caplog)) == 1


def test_a_document_that_is_no_prompt_is_never_served(deployed: Deployment) -> None:
    deployed.registry.set_alias("greeting", "production", deployed.save(GREETING))
    with closing(sqlite3.connect(deployed.database, isolation_level=None)) as vandal:
        vandal.execute("UPDATE promptsync_versions SET document = '{\"text\": 7}'")

    with deployed.client() as client:
        loaded = client.load("greeting")

    assert facts(loaded) == (HELLO, "file", True)


def test_content_that_was_changed_in_the_database_is_refused_by_strict_clients(
    deployed: Deployment,
) -> None:
    deployed.registry.set_alias("greeting", "production", deployed.save(GREETING))
    deployed.registry.edit_prompt("greeting", lambda _: WARMER)
    deployed.registry.set_alias("greeting", "production", "2")

    with deployed.client(verify="strict") as client, pytest.raises(InvalidContentError):
        client.load("greeting")
    with deployed.client(verify="fallback") as client:
        assert facts(client.load("greeting")) == (HELLO, "file", True)


def test_another_prompt_file_is_not_needed(deployed: Deployment) -> None:
    deployed.registry.set_alias("farewell", "production", deployed.save(FAREWELL))

    with deployed.client() as client:
        assert client.load("farewell").source == "registry"


# -- a file that is gone, or is none --


def test_before_the_first_upload_the_prompt_file_is_served(
    deployed: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    with deployed.client(cache=False) as client:
        loaded = client.load("greeting")

    assert facts(loaded) == (HELLO, "file", True)
    assert loaded.reason is not None
    assert loaded.reason.endswith(
        f"has no prompt `greeting`: there is no file `{deployed.database}`"
    )
    assert len(told(caplog)) == 1


def test_a_database_that_was_removed_is_an_outage(deployed: Deployment, tmp_path: Path) -> None:
    deployed.registry.set_alias("greeting", "production", deployed.save(WARMER))
    with deployed.client(cache=tmp_path / "kept") as client:
        client.load("greeting")
        deployed.database.unlink()

        with deployed.client(cache=tmp_path / "kept") as started:
            assert facts(started.load("greeting")) == (DEAR, "disk", True)
        assert client.load("greeting").template == DEAR


def test_a_database_that_is_not_there_is_named_where_nothing_else_is(deployed: Deployment) -> None:
    with deployed.client(cache=False) as client, pytest.raises(UnknownPromptError) as raised:
        client.load("farewell")

    assert raised.value.message.endswith(f"there is no file `{deployed.database}`")
    assert raised.value.hint == "`promptsync upload farewell` or `promptsync.seed()` puts it there"


def test_a_database_without_tables_is_as_good_as_none(deployed: Deployment) -> None:
    deployed.database.parent.mkdir()
    with closing(sqlite3.connect(deployed.database)) as connection:
        connection.execute("CREATE TABLE notes (text)")

    with deployed.client(cache=False) as client:
        loaded = client.load("greeting")
        with pytest.raises(UnknownPromptError, match="it has no tables of promptsync"):
            client.load("farewell")

    assert facts(loaded) == (HELLO, "file", True)


def test_a_damaged_database_is_an_outage(deployed: Deployment) -> None:
    deployed.database.parent.mkdir()
    deployed.database.write_bytes(b"no database" * 1000)

    with deployed.client(cache=False) as client:
        assert facts(client.load("greeting")) == (HELLO, "file", True)
        with pytest.raises(RegistryUnavailableError, match="is no SQLite database"):
            client.load("farewell")


def test_what_a_program_seeds_it_serves_at_once(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(deployed.folder)
    promptsync.configure(cache=False, timeout=30)
    try:
        before = promptsync.load("greeting")
        assert promptsync.seed(timeout=30).created == {"greeting": "1"}
        after = promptsync.load("greeting")
    finally:
        promptsync.close()

    assert facts(before) == (HELLO, "file", True)
    assert (after.version, facts(after)) == ("1", (HELLO, "registry", False))
