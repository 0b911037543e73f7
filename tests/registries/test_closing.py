"""A client that is closed ends its requests, wherever they wait; no server here answers one."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from promptsync import Client, LoadedPrompt, UsageError
from promptsync.background import fulfil
from tests.loading import background_threads
from tests.registries.serving import playing, read_request

pytestmark = pytest.mark.network

OPTIONS = {
    "braintrust": 'api-url = "{url}"\napp-url = "{url}"\nproject-id = "1"',
    "mlflow": 'tracking-uri = "{url}"',
    "opik": 'url = "{url}"\nproject = "Trader"',
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 8\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Hangs:
    """Sends the beginning of an answer, if any, and then nothing until the client hangs up."""

    said: bytes = b""
    arrived: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(self.said)
        self.arrived.set()
        while connection.recv(65536):
            pass


def client_of(kind: str, url: str, folder: Path) -> Client:
    """Return a client that would wait for an hour."""
    options = OPTIONS[kind].format(url=url)
    config = f'[registries.production]\nkind = "{kind}"\n{options}\n'
    (folder / "promptsync.toml").write_text(config)
    return Client(folder, alias="production", timeout=3600, cache=False)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-example")


def loading(client: Client) -> Future[LoadedPrompt]:
    """Begin a load in a thread of its own."""
    answer: Future[LoadedPrompt] = Future()

    def begin() -> None:
        fulfil(answer, lambda: client.load("greeting"))

    threading.Thread(target=begin, daemon=True).start()
    return answer


def assert_closing_ends(client: Client, waiting: Future[LoadedPrompt]) -> None:
    """Close while the server still holds its answer."""
    client.close()
    for each in background_threads():
        each.join(5)  # a busy machine; a request that nobody ends takes twice as long
    assert background_threads() == []
    with pytest.raises(UsageError, match="this client was closed"):
        waiting.result(30)


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize(
    "said",
    [b"", HEAD[:20], HEAD + b'{"', BUSY],
    ids=["before the head", "in the head", "in the body", "before the next attempt"],
)
def test_closing_ends_a_request_that_hangs(tmp_path: Path, kind: str, said: bytes) -> None:
    hangs = Hangs(said)
    with playing(hangs) as url:
        client = client_of(kind, url, tmp_path)
        waiting = loading(client)
        assert hangs.arrived.wait(30)

        assert_closing_ends(client, waiting)


@pytest.mark.parametrize("kind", OPTIONS)
def test_closing_ends_a_request_through_tls(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    hangs = Hangs(HEAD + b'{"')
    with playing(hangs, tls=tls) as url:
        client = client_of(kind, url, tmp_path)
        waiting = loading(client)
        assert hangs.arrived.wait(30)

        assert_closing_ends(client, waiting)


@pytest.mark.parametrize("kind", OPTIONS)
def test_closing_ends_a_handshake_that_hangs(tmp_path: Path, kind: str) -> None:
    arrived = threading.Event()

    def play(connection: socket.socket) -> None:
        connection.recv(1)
        arrived.set()
        while connection.recv(65536):
            pass

    with playing(play) as url:
        client = client_of(kind, url.replace("http://", "https://"), tmp_path)
        waiting = loading(client)
        assert arrived.wait(30)

        assert_closing_ends(client, waiting)


@contextmanager
def full() -> Iterator[tuple[str, Callable[[], bool]]]:
    """Listen without accepting, until no connection is made any more.

    The value is the address, and what tells whether somebody else waits for a connection.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for each in fillers:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        own = {each.getsockname()[1] for each in fillers}
        yield f"http://127.0.0.1:{port}", lambda: bool(connecting_to(port) - own)
        for each in fillers:
            each.close()


def connecting_to(port: int) -> set[int]:
    """Return the ports from which a connection to one is begun and not yet made."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    began = [row for row in rows if row[3] == "02" and int(row[2].partition(":")[2], 16) == port]
    return {int(row[1].partition(":")[2], 16) for row in began}


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere a shutdown wakes nobody who connects"
)
@pytest.mark.parametrize("kind", OPTIONS)
def test_closing_ends_a_connection_that_is_never_made(tmp_path: Path, kind: str) -> None:
    with full() as (url, is_connecting):
        client = client_of(kind, url, tmp_path)
        waiting = loading(client)
        while not is_connecting():
            assert not waiting.done()

        assert_closing_ends(client, waiting)
