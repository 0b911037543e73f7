"""How long a request may take, attempt by attempt and as a whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

_UNTIL: ContextVar[float | None] = ContextVar("promptsync_until", default=None)


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Have all requests of the context over so many seconds from now; None sets no deadline."""
    known = _UNTIL.get()
    until = known if seconds is None else time.monotonic() + seconds
    if known is not None and until is not None:
        until = min(known, until)
    token = _UNTIL.set(until)
    try:
        yield
    finally:
        _UNTIL.reset(token)


def seconds_left() -> float | None:
    """Return how long the context may still wait, None where it has no deadline."""
    until = _UNTIL.get()
    return None if until is None else until - time.monotonic()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    `connect` and `read` (silence) are for one attempt. `answer` bounds all attempts at a request
    with their pauses, until an answer begins, and `body` the time its body may take to arrive.
    `each` bounds both together. `pauses` come before the second attempt and those after it, where
    the service does not name a time of its own. `until` is the moment of the monotonic clock when
    every request has to be over.
    """

    connect: float = 5.0
    read: float = 10.0
    answer: float = 12.0
    body: float = 60.0
    each: float | None = None
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0)
    until: float | None = field(default=None, compare=False)

    @property
    def moment(self) -> float | None:
        """The moment when everything has to be over: one's own or that of the context."""
        moments = [each for each in (self.until, _UNTIL.get()) if each is not None]
        return min(moments, default=None)

    def within(self, seconds: float | None) -> Timeouts:
        """Return timeouts of one request that begins now and is over in so many seconds.

        They keep to `each`, to their own deadline and to that of the context as well.
        """
        now = time.monotonic()
        moment = self.moment
        known = (seconds, self.each, None if moment is None else moment - now)
        bounds = [each for each in known if each is not None]
        if not bounds:
            return self
        seconds = max(min(bounds), 0.001)
        return replace(
            self,
            each=None,
            connect=min(self.connect, seconds),
            read=min(self.read, seconds),
            answer=min(self.answer, seconds),
            body=min(self.body, seconds),
            until=now + seconds,
        )


# An application has another prompt to serve meanwhile, and asks again by itself before long.
_PAUSES_OF_A_LOAD = (0.2,)


def make_timeouts(*, over_in: float | None, each: float | None) -> Timeouts:
    """Return the timeouts of a registry that is asked for `over_in` seconds.

    One that stays open has none, and each request to it is over in `each` seconds.
    """
    timeouts = Timeouts() if each is None else Timeouts(each=each, pauses=_PAUSES_OF_A_LOAD)
    return timeouts if over_in is None else timeouts.within(over_in)
