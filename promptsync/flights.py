"""One question under way for each prompt, however many callers wait for its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from promptsync.background import BackgroundThreads
from promptsync.correlation import in_this_context

Key = TypeVar("Key")
Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class Flight(Generic[Result]):
    """A question under way. `has_begun` says that it no longer waits for a thread.

    Once it `is_over`, its answer is there or about to be, and no other can come.
    """

    answer: Future[Result] = field(default_factory=Future)
    has_begun: bool = False
    is_over: bool = False

    def ends_within(self, seconds: float) -> bool:
        """Wait; tell whether the answer, or an error, is there."""
        # Neither an event nor `concurrent.futures.wait`: a load whose client a signal's handler
        # closed in the middle of either was seen to wait for ever.
        is_there = threading.Lock()
        is_there.acquire()
        self.answer.add_done_callback(lambda _: is_there.release())
        return self.answer.done() or is_there.acquire(timeout=seconds)


class Flights(Generic[Key, Result]):
    """Questions that are asked in the background, each key's at most once at a time."""

    def __init__(self, threads: BackgroundThreads, closed: Callable[[], Exception]) -> None:
        self._threads = threads
        self._closed = closed
        self._lock = threading.RLock()
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
        """Let nobody wait any longer, and have nothing begin after this.

        What is under way goes on, and its answer is lost.
        """
        with self._lock:
            self._is_closed = True
            waited_for = [each for each in self._under_way.values() if not each.is_over]
            for flight in waited_for:
                flight.is_over = True
        for flight in waited_for:
            # Not cancelled: whoever waits is to raise what a closed client raises.
            flight.answer.set_exception(self._closed())

    def _fly(self, key: Key, flight: Flight[Result], ask: Callable[[], Result]) -> None:
        with self._lock:
            if flight.is_over:
                return
            flight.has_begun = True
        try:
            outcome = ask()
        except BaseException as error:  # noqa: BLE001  raised again where it is waited for
            tell = partial(flight.answer.set_exception, error)
        else:
            tell = partial(flight.answer.set_result, outcome)
        if self._lands(key, flight):
            tell()

    def _lands(self, key: Key, flight: Flight[Result]) -> bool:
        """Tell whether the answer is still waited for; whoever has it may ask again."""
        with self._lock:
            self._under_way.pop(key, None)
            was_over, flight.is_over = flight.is_over, True
            return not was_over
