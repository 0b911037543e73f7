"""Servers of a few lines, for what a real service never does on purpose."""

from __future__ import annotations

import re
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Play = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def playing(play: Play, *, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Listen on loopback and let `play` have each connection; the value is the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_connections: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection = listener.accept()[0]
                open_connections.append(connection)
                threading.Thread(target=_played, args=(play, connection, tls)).start()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        scheme = "https" if tls else "http"
        yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in open_connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _played(play: Play, connection: socket.socket, tls: ssl.SSLContext | None) -> None:
    with connection, suppress(OSError):
        if tls is None:
            play(connection)
            return
        with tls.wrap_socket(connection, server_side=True) as secured:
            play(secured)


def read_request(connection: socket.socket) -> bytes:
    """Read a request, with its body where it has one; empty when the client has gone."""
    read = b""
    while not _is_whole(read):
        part = connection.recv(65536)
        if not part:
            break
        read += part
    return read


def _is_whole(read: bytes) -> bool:
    head, end, body = read.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


def answers(response: bytes) -> Play:
    """Answer every request of a connection alike."""

    def play(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(response)

    return play


# Below what Linux, macOS and Windows hand out to whoever binds or connects without naming a port:
# the servers of tests that run meanwhile, and their clients, are never there.
_PORTS = range(20_000, 32_000)


def unused_port() -> int:
    """Return a port of this machine at which nobody listens, nor will by chance."""
    while True:
        port = secrets.choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def unused_address() -> str:
    """Return an address at which nobody listens, nor will by chance."""
    return f"http://127.0.0.1:{unused_port()}"
