"""One question under way for each prompt, however many callers wait for its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from promptsync.background import BackgroundThreads, fulfil
from promptsync.correlation import in_this_context

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Flight(Generic[Result]):
    """A question under way. `has_begun` says that it no longer waits for a thread.

    One that waited for a thread when there was no more time for it `is_given_up`.
    """

    answer: Future[Result] = field(default_factory=Future)
    has_begun: bool = False
    is_given_up: bool = False


class Flights(Generic[Key, Result]):
    """Questions that are asked in the background, each key's at most once at a time."""

    def __init__(self, threads: BackgroundThreads, closed: Callable[[], Exception]) -> None:
        self._threads = threads
        self._closed = closed
        self._lock = threading.Lock()
        self._under_way: dict[Key, Flight[Result]] = {}
        self._is_closed = False

    def join(self, key: Key, ask: Callable[[], Result]) -> Flight[Result]:
        """Return the flight of a key; `ask` begins one where there is none.

        A flight sees the context variables of the caller that began it. Raises RuntimeError where
        no thread can be started, and what `closed` returns after `close`.
        """
        with self._lock:
            if self._is_closed:
                raise self._closed()
            if (found := self._under_way.get(key)) is not None:
                return found
            flight: Flight[Result] = Flight()
            self._threads.submit(in_this_context(partial(self._fly, key, flight, ask)))
            self._under_way[key] = flight
            return flight

    @property
    def count(self) -> int:
        """How many are under way."""
        return len(self._under_way)

    def close(self) -> None:
        """Let nobody wait any longer for what has not begun; nothing begins after this."""
        with self._lock:
            self._is_closed = True
            waiting = [each for each in self._under_way.values() if not each.has_begun]
            for flight in waiting:
                flight.is_given_up = True
        for flight in waiting:
            # Not cancelled: `concurrent.futures.wait` is not told of that.
            flight.answer.set_exception(self._closed())

    def _fly(self, key: Key, flight: Flight[Result], ask: Callable[[], Result]) -> None:
        with self._lock:
            if flight.is_given_up:
                return
            flight.has_begun = True
        fulfil(flight.answer, partial(self._asked, key, ask))

    def _asked(self, key: Key, ask: Callable[[], Result]) -> Result:
        try:
            return ask()
        finally:  # before the answer is there: whoever has it may ask again
            with self._lock:
                self._under_way.pop(key, None)
