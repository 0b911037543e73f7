"""Questions to a database server that are over in time, whatever the server does.

libpq waits at least two seconds for a connection, and for an answer without end: a server whose
process was stopped still acknowledges every packet.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from promptsync.background import fulfil
from promptsync.errors import RegistryUnavailableError
from promptsync.registries.http_timeouts import seconds_left
from promptsync.registries.local_errors import RUN_AGAIN

if TYPE_CHECKING:
    from sqlalchemy import Connection

Result = TypeVar("Result")


class Question:
    """One question in a thread of its own, which is woken when nobody waits any more."""

    def __init__(self, address: str, seconds: float) -> None:
        left = seconds_left()
        self._seconds = seconds if left is None else min(seconds, left)
        self._address = address
        self._descriptor: int | None = None
        self._lock = threading.Lock()

    def ask(self, question: Callable[[Question], Result]) -> Result:
        """Return the answer, or raise what was raised, or RegistryUnavailableError in time."""
        future: Future[Result] = Future()
        answer = partial(fulfil, future, partial(question, self))
        try:
            threading.Thread(target=answer, name="promptsync-local", daemon=True).start()
        except RuntimeError as error:  # too many threads, or the interpreter ends
            raise RegistryUnavailableError(
                f"{self._address} cannot be asked: {error}", hint=RUN_AGAIN
            ) from error
        try:
            return future.result(max(self._seconds, 0))
        except TimeoutError:
            self.end()
            raise RegistryUnavailableError(
                f"{self._address} did not answer in time", hint=RUN_AGAIN
            ) from None

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """Have the wait for a connection ended in time, which stays open meanwhile."""
        descriptor = connection.connection.driver_connection.fileno()  # type: ignore[union-attr]
        with self._lock:
            self._descriptor = descriptor
        try:
            yield
        finally:
            with self._lock:  # once it is closed, the number is that of somebody else's file
                self._descriptor = None

    def end(self) -> None:
        """Shut the connection down, which ends the wait for an answer; its thread closes it."""
        with self._lock:
            if self._descriptor is not None:
                with suppress(OSError), socket.socket(fileno=os.dup(self._descriptor)) as waiting:
                    waiting.shutdown(socket.SHUT_RDWR)
