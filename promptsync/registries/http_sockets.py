"""The sockets of one client, so that whoever closes it can end what waits for them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from weakref import WeakSet


class Sockets:
    """Open sockets, connecting or connected. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: WeakSet[socket.socket] = WeakSet()
        self._is_ended = False

    def watch(self, opened: socket.socket) -> None:
        """Have a socket ended with the others. Raises ConnectionAbortedError after `end`."""
        with self._lock:
            # First, since a handler of a signal may end them between these two.
            self._open.add(opened)
            if self._is_ended:
                raise ConnectionAbortedError("the client was closed")

    def end(self) -> None:
        """Shut every socket down: who waits for one is woken, and closes it."""
        with self._lock:
            self._is_ended = True
            for each in self._open:
                with suppress(OSError):
                    # Not TLS's own method, which takes the state away from a thread that reads.
                    socket.socket.shutdown(each, socket.SHUT_RDWR)

    def connect(
        self,
        address: tuple[str, int],
        seconds: float | None,
        options: Sequence[tuple[int, int, int | bytes]],
    ) -> socket.socket:
        """Return a connection to the first address of a host that accepts one.

        Each has so many seconds. Elsewhere than on Linux, `end` may not end the wait for one that
        does not answer. Raises OSError.
        """
        failure = OSError("the host has no address")
        for family, kind, protocol, _, found in socket.getaddrinfo(
            *address, type=socket.SOCK_STREAM
        ):
            opened = socket.socket(family, kind, protocol)
            try:
                self.watch(opened)
                for option in options:
                    opened.setsockopt(*option)
                opened.settimeout(seconds)
                opened.connect(found)
            except OSError as error:
                opened.close()
                failure = error
            else:
                return opened
        raise failure
