"""Daemon threads that live only while there is work: an idle process has none.

For reading only: what is under way when the process ends is dropped.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Future  # it imports logging, 10 ms

Result = TypeVar("Result")


def fulfil(answer: Future[Result], work: Callable[[], Result]) -> None:
    """Do work and put what it returns or raises into a future, unless that was cancelled."""
    if not answer.set_running_or_notify_cancel():
        return
    try:
        outcome = work()
    except BaseException as error:  # noqa: BLE001  raised again where it is waited for
        answer.set_exception(error)
    else:
        answer.set_result(outcome)


class BackgroundThreads:
    """At most `count` threads, started for work and ended with the last of it."""

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._lock = threading.RLock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._threads: set[threading.Thread] = set()

    def submit(self, work: Callable[[], object]) -> None:
        """Have work done, in the order in which it comes. It must not raise.

        Raises RuntimeError where no thread can be started, such as at the interpreter's end.
        """
        from promptsync.fork_imports import keep_forks_out_of_imports

        keep_forks_out_of_imports()
        with self._lock:
            self._waiting.append(work)
            if len(self._threads) >= self._count:
                return
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._threads.add(thread)
            try:
                thread.start()
            except RuntimeError:
                self._threads.discard(thread)
                if self._threads:  # one of them will do it
                    return
                self._waiting.remove(work)
                raise

    def join(self, seconds: float) -> None:
        """Wait at most so long for the threads to end: there is somebody waiting for their work."""
        with self._lock:
            threads = tuple(self._threads)
        until = time.monotonic() + seconds
        for thread in threads:
            # A prompt that is loaded by a handler of the log may close its own client.
            with suppress(RuntimeError):
                thread.join(max(until - time.monotonic(), 0))

    def _work(self) -> None:
        while (work := self._next()) is not None:
            work()
            # An idle variable would keep the last answer alive.
            del work

    def _next(self) -> Callable[[], object] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._threads.discard(threading.current_thread())
            return None
