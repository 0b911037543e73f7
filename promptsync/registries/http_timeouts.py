"""How long a request may take, attempt by attempt and as a whole."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    `connect` and `read` (silence) are for one attempt. `answer` bounds all attempts at a request
    with their pauses, until an answer begins, and `body` the time its body may take to arrive.
    `pauses` come before the second attempt and those after it, where the service does not name a
    time of its own. `until` is the moment of the monotonic clock when every request has to be over.
    """

    connect: float = 5.0
    read: float = 10.0
    answer: float = 12.0
    body: float = 60.0
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0)
    until: float | None = field(default=None, compare=False)

    def within(self, seconds: float | None) -> Timeouts:
        """Return timeouts that keep to a deadline so many seconds from now, and to their own."""
        now = time.monotonic()
        if self.until is not None:
            seconds = self.until - now if seconds is None else min(seconds, self.until - now)
        if seconds is None:
            return self
        seconds = max(seconds, 0.001)
        return replace(
            self,
            connect=min(self.connect, seconds),
            read=min(self.read, seconds),
            answer=min(self.answer, seconds),
            body=min(self.body, seconds),
            until=now + seconds,
        )
