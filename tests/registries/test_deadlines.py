"""Whatever a server does, a question to a registry that was opened for loading is over in time.

Servers here go on for ever: a test that ends has proved the deadline.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from promptsync.config import RegistryConfig
from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.fetching import fetch, open_for_loading
from promptsync.registries.base import Registry
from promptsync.registries.http import HttpClient
from promptsync.registries.http_credentials import Credentials
from promptsync.registries.http_timeouts import Timeouts, deadline
from promptsync.registries.local import LocalRegistry
from promptsync.registries.local_deadline import Question
from tests.builders import prompt
from tests.registries.serving import OK, Play, answers, playing, read_request, unused_address

pytestmark = pytest.mark.network

SECONDS = 0.25

WAITING = text(
    "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'promptsync_versions'::regclass"
)
HTTP_KINDS = ("braintrust", "mlflow", "opik")
KINDS = (*HTTP_KINDS, "local")

Opens = Callable[[str, str], Registry]


def config(kind: str, url: str) -> RegistryConfig:
    """Return the configuration of a registry of some kind at an address."""
    options = {
        "braintrust": {"api-url": url, "app-url": url, "project-id": "1"},
        "mlflow": {"tracking-uri": url},
        "opik": {"url": url, "project": "Trader"},
        "local": {"url": url.replace("http://", "postgresql://ada:geheim@") + "/prompts"},
    }
    return RegistryConfig(name="production", kind=kind, options=options[kind])


@pytest.fixture
def opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opens]:
    """Return a function that opens a registry for loading; the test need not close it."""
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-geheim")
    opened: list[Registry] = []

    def opens(kind: str, url: str) -> Registry:
        opened.append(open_for_loading(config(kind, url), tmp_path, SECONDS))
        return opened[-1]

    yield opens
    for registry in opened:
        registry.close()


def failure(registry: Registry) -> RegistryError:
    with pytest.raises(RegistryError) as raised:
        fetch(registry, "greeting", alias="production", version=None, within=SECONDS)
    assert "geheim" not in f"{raised.value.message} {raised.value.hint}"
    return raised.value


def says_nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def resets(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def hangs_up(connection: socket.socket) -> None:
    connection.recv(65536)


def drips(start: bytes, part: bytes) -> Play:
    """Send the beginning of an answer, then a little more without end."""

    def play(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(start)
        while True:
            connection.sendall(part)
            time.sleep(0.01)

    return play


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SILENT: dict[str, Play] = {
    "says nothing": says_nothing,
    "resets": resets,
    "hangs up": hangs_up,
    "drips the status": drips(b"", b"H"),
    "drips headers": drips(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "drips the body": drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
    "drips chunks": drips(CHUNKED, b"1\r\n \r\n"),
    "an endless body": drips(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "half a head": answers(b"HTTP/1.1 200 OK\r\nContent-"),
    "half a body": answers(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
    "busy": answers(
        b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"
    ),
    "down": answers(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"),
}
NONSENSE: dict[str, Play] = {
    "a page": answers(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"
    ),
    "half a document": answers(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n[{"a'),
    "too short a length": answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}"),
    "a redirection": answers(
        b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n"
    ),
    "nothing of a prompt": answers(OK),
}


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize("play", SILENT.values(), ids=SILENT)
def test_a_server_without_an_answer_is_unavailable_in_time(
    opens: Opens, kind: str, play: Play
) -> None:
    with playing(play) as url:
        assert isinstance(failure(opens(kind, url)), RegistryUnavailableError)


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize("play", NONSENSE.values(), ids=NONSENSE)
def test_an_answer_that_is_none_is_told_apart_from_an_outage(
    opens: Opens, kind: str, play: Play
) -> None:
    with playing(play) as url:
        assert isinstance(failure(opens(kind, url)), RegistryAnswerError)


@pytest.mark.parametrize("kind", HTTP_KINDS)
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_no_outage(opens: Opens, kind: str, status: int) -> None:
    with playing(answers(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)) as url:
        error = failure(opens(kind, url))

    assert isinstance(error, RegistryRefusedError)
    assert error.status == status


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_not_there_is_unavailable(opens: Opens, kind: str) -> None:
    assert isinstance(failure(opens(kind, unused_address())), RegistryUnavailableError)


@pytest.mark.parametrize("play", [says_nothing, resets, hangs_up], ids=["mute", "reset", "gone"])
def test_a_database_without_an_answer_is_unavailable_in_time(opens: Opens, play: Play) -> None:
    with playing(play) as url:
        assert isinstance(failure(opens("local", url)), RegistryUnavailableError)


def test_a_database_that_is_something_else_is_no_reason_to_wait(opens: Opens) -> None:
    with playing(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")) as url:
        assert isinstance(failure(opens("local", url)), RegistryUnavailableError)


def test_a_query_that_hangs_is_given_up_with_its_connection(postgresql_database: str) -> None:
    with closing(LocalRegistry(postgresql_database)) as writer:
        writer.save_prompt(prompt(), None)
    administrator = create_engine(postgresql_database, poolclass=NullPool)
    with administrator.begin() as holder:
        holder.execute(text("LOCK TABLE promptsync_versions"))

        with closing(LocalRegistry(postgresql_database, each=SECONDS)) as reader:
            error = failure(reader)

    assert isinstance(error, RegistryUnavailableError)
    assert error.message.endswith("did not answer in time")
    for thread in threading.enumerate():
        if thread.name == "promptsync-local":
            thread.join()


def test_a_query_that_hangs_ends_when_its_registry_is_closed(postgresql_database: str) -> None:
    with closing(LocalRegistry(postgresql_database)) as writer:
        writer.save_prompt(prompt(), None)
    administrator = create_engine(postgresql_database, poolclass=NullPool)
    reader = LocalRegistry(postgresql_database, each=600)
    errors: list[RegistryError] = []

    def ask() -> None:
        with pytest.raises(RegistryError) as raised:
            reader.get_prompt("greeting")
        errors.append(raised.value)

    asking = threading.Thread(target=ask, daemon=True)
    with administrator.begin() as holder:
        holder.execute(text("LOCK TABLE promptsync_versions"))
        asking.start()
        with administrator.connect() as observer:
            while asking.is_alive() and not observer.execute(WAITING).all():
                pass

        reader.close()
        asking.join(120)

    assert isinstance(errors.pop(), RegistryUnavailableError)


def test_who_cannot_have_a_thread_is_told_that_nothing_was_asked(opens: Opens) -> None:
    before = threading.stack_size(1 << 46)  # more than any computer has
    try:
        error = failure(opens("local", unused_address()))
    finally:
        threading.stack_size(before)

    assert isinstance(error, RegistryUnavailableError)
    assert "cannot be asked: can't start new thread" in error.message


def test_a_question_that_is_late_shuts_down_no_connection_that_is_not_its_own() -> None:
    one, other = socket.socketpair()
    connection = SimpleNamespace(connection=SimpleNamespace(driver_connection=one))
    is_late = threading.Event()

    def ask(question: Question) -> None:
        with question.watching(cast("Connection", connection)):
            pass  # what is closed by now leaves its number to `one`
        is_late.wait(60)

    with one, other:
        with pytest.raises(RegistryUnavailableError, match="did not answer in time"):
            Question("there", 0.1).ask(ask)
        is_late.set()

        one.sendall(b"still open")
        assert other.recv(10) == b"still open"


def test_a_database_that_is_locked_is_unavailable_in_time(tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    with closing(LocalRegistry(f"sqlite:///{file}")) as writer:
        writer.save_prompt(prompt(), None)
    registry = RegistryConfig(name="local", kind="local", options={"url": f"sqlite:///{file}"})
    engine = create_engine(f"sqlite:///{file}", poolclass=NullPool)
    with engine.connect() as holder, closing(open_for_loading(registry, tmp_path, 0.1)) as reader:
        holder.exec_driver_sql("BEGIN EXCLUSIVE")

        assert "is locked by another program" in failure(reader).message
        holder.rollback()
        assert fetch(reader, "greeting", alias=None, version=None).version == "1"


def test_a_registry_stays_open_for_many_questions() -> None:
    with playing(answers(OK)) as url:
        # A request that begins late is over late: this goes on for longer than each may take.
        client = HttpClient(
            Credentials(headers={}, secrets=(), variable="KEY"), timeouts=Timeouts(each=1)
        )
        client.prepare()
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            assert client.get(url) == {}
        client.close()


def test_several_requests_share_the_deadline_of_a_question() -> None:
    client = HttpClient(Credentials(headers={}, secrets=(), variable="KEY"))

    with playing(says_nothing) as url, deadline(SECONDS):
        for _ in range(3):
            with pytest.raises(RegistryUnavailableError):
                client.get(url)
    client.close()


def test_an_inner_deadline_never_puts_off_the_outer_one() -> None:
    with deadline(0), deadline(60):
        assert Timeouts().within(None).answer < 1


FORKS = """
import os, sys
from pathlib import Path
from promptsync.config import RegistryConfig
from promptsync.registries import open_registry
from promptsync.registries.base import Registry

options = {"api-url": sys.argv[1], "app-url": sys.argv[1], "project-id": "1"}
config = RegistryConfig(name="production", kind="braintrust", options=options)
registry = open_registry(config, folder=Path.cwd(), cache=Path.cwd())
assert registry.get_prompt("greeting") is None
if (child := os.fork()) == 0:
    registry.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert registry.get_prompt("greeting") is None
registry.close()
"""


def test_a_forked_child_closes_no_connection_of_its_parent(tmp_path: Path) -> None:
    connections = []

    def play(connection: socket.socket) -> None:
        connections.append(connection)
        answers(b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"objects":[]}')(connection)

    with playing(play) as url:
        environment = {
            **os.environ,
            "BRAINTRUST_API_KEY": "sk-geheim",
            "PYTHONPATH": str(Path.cwd()),
        }
        command = [sys.executable, "-W", "ignore", "-c", FORKS, url]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True)

    assert len(connections) == 1
