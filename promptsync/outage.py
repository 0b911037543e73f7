"""Whether a registry is known to be down, so that only one load finds that out by waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable

from promptsync.errors import RegistryError, UnknownPromptError


class MissingRegistryError(UnknownPromptError):
    """The registry is a file that is not there, or a database without tables: new, or removed.

    Which of the two nobody knows. So it is an outage to whoever has something else to serve.
    """


class Outage:
    """What is known of the time in which a registry does not answer.

    For `retry` seconds after each failure nobody asks; then one load asks in the background.
    """

    def __init__(self, retry: float, clock: Callable[[], float]) -> None:
        self._retry = retry
        self._clock = clock
        self._lock = threading.RLock()
        self._error: RegistryError | None = None
        self._until = 0.0

    @property
    def error(self) -> RegistryError | None:
        """Why the registry is taken to be down, None while it is not."""
        return self._error

    def begin(self, error: RegistryError) -> None:
        """Take the registry to be down from now on."""
        with self._lock:
            self._error, self._until = error, self._clock() + self._retry

    def end(self) -> bool:
        """Take the registry to be up; tell whether that is new."""
        with self._lock:
            was_down, self._error = self._error is not None, None
            return was_down

    def claim_probe(self) -> bool:
        """Tell one caller, when `retry` seconds are over, to ask the registry again."""
        with self._lock:
            now = self._clock()
            # A clock that went back would leave nobody to ask.
            if self._error is None or self._until - self._retry <= now < self._until:
                return False
            self._until = now + self._retry
            return True

    def after_fork(self) -> None:
        """Drop a lock that a thread of the parent may have held."""
        self._lock = threading.RLock()
