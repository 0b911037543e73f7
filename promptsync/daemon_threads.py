"""Threads that ask several questions side by side and never keep a process from ending.

Python waits at its end for every thread of a `ThreadPoolExecutor`, also for one that waits for a
registry that hangs: an application that stops while it checks its prompts would not stop.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from promptsync.background import fulfil

Item = TypeVar("Item")
Result = TypeVar("Result")

_Task = tuple[Future[Any], Callable[[], Any]]


class DaemonThreads:
    """At most `count` daemon threads, started when they are needed.

    For reading only: what is under way when the process ends is dropped.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._started = 0
        self._is_closed = False
        self._lock = threading.Lock()
        self._process = os.getpid()

    def submit(self, ask: Callable[..., Result], *arguments: object) -> Future[Result]:
        """Ask one question; the answer, or what was raised, is in the future.

        Raises RuntimeError where no thread can be started and none was before.
        """
        future: Future[Result] = Future()
        with self._lock:
            if self._is_closed:
                raise RuntimeError("these threads were given back")
            if self._started < self._count:
                self._start_one()
            self._tasks.put((future, partial(copy_context().run, ask, *arguments)))
        return future

    def _start_one(self) -> None:
        try:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        except RuntimeError:  # too many threads, or the interpreter ends
            if not self._started:
                raise
        else:
            self._started += 1

    def map(self, ask: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Ask a question about each item at once; yield the answers in the order of the items.

        A single item is asked about in the caller's own thread.
        """
        every = list(items)
        if len(every) == 1:
            return map(ask, every)
        futures = [self.submit(ask, item) for item in every]
        return (future.result() for future in futures)

    def close(self) -> None:
        """Cancel what has not begun and let the threads end; nothing waits for them.

        A forked child has none of the threads, and perhaps a lock that one of them held.
        """
        if os.getpid() != self._process:
            return
        with self._lock:
            self._is_closed = True
            for future, _ in self._waiting():
                future.cancel()
            for _ in range(self._started):
                self._tasks.put(None)

    def _waiting(self) -> Iterator[_Task]:
        try:
            while task := self._tasks.get_nowait():
                yield task
        except Empty:
            return

    def _work(self) -> None:
        while task := self._tasks.get():
            future, ask = task
            fulfil(future, ask)
            # An idle thread would keep the last answer alive.
            del task, future, ask
