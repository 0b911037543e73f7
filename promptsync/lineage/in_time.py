"""Writes to a tool that may not answer: nobody waits for one longer than they said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from promptsync.background import BackgroundThreads, fulfil
from promptsync.forking import survive_forks

Result = TypeVar("Result")


class InTime:
    """Does one thing after the other, in a daemon thread that is there while there is work."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.after_fork()
        survive_forks(self)

    def after_fork(self) -> None:
        """Leave the thread, and what it has not written, to the parent."""
        self._threads = BackgroundThreads(1, self._name)
        self._late: Future[Any] | None = None

    def finish(self, work: Callable[[], Result], timeout: float) -> Result:
        """Return what `work` returns, or raise what it raises; it sees the caller's context.

        Raises TimeoutError after so many seconds: work that has begun goes on, and what it does
        is lost. Until it ends it is raised at once, so that an outage holds one caller up.
        """
        if self._late is not None and not self._late.done():
            raise TimeoutError("an earlier request still waits for its answer")
        done: Future[Result] = Future()
        run = partial(copy_context().run, work)
        self._threads.submit(partial(fulfil, done, run))
        if not wait([done], timeout).done:
            # What waits for its turn behind the late one is not to be done when nobody asks.
            if not done.cancel():
                self._late = done
            raise TimeoutError(f"there was no answer within {timeout:g} s")
        return done.result()
