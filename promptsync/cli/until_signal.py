"""The clock that `sync --every` goes by: it runs until somebody asks the program to stop."""

from __future__ import annotations

import select
import signal
import socket
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import FrameType, TracebackType
from typing import Any, Self

from promptsync.interruption import INTERRUPTED


class UntilSignal:
    """The clock of this computer, until SIGTERM or SIGINT ask to stop.

    The first one lets what is under way come to its end; the second one ends the process as ever.

    A signal rings a socket that the waiting listens to (`signal.set_wakeup_fd`). An event would
    not do: Python runs a handler between two steps of the very thread that waits, where setting
    the event may need a lock that this thread holds, and a signal that comes just before the
    operating system begins to wait is not seen until that wait is over.
    """

    def __init__(self) -> None:
        self.exit_code = 0
        self._is_stopped = False
        self._before: dict[signal.Signals, Any] = {}
        self._until_exit = ExitStack()

    def __enter__(self) -> Self:
        self._bell, ringer = socket.socketpair()
        self._until_exit.enter_context(self._bell)
        self._until_exit.enter_context(ringer)
        ringer.setblocking(False)
        before = signal.set_wakeup_fd(ringer.fileno(), warn_on_full_buffer=False)
        self._until_exit.callback(signal.set_wakeup_fd, before)
        self._until_exit.callback(self._restore)
        for each in (signal.SIGTERM, signal.SIGINT):
            self._before[each] = signal.signal(each, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._until_exit.close()

    def now(self) -> datetime:
        """Return the moment that the clock shows."""
        return datetime.now(UTC)

    def wait(self, duration: timedelta) -> bool:
        """Wait, and return whether somebody asked to stop."""
        rung, _, _ = select.select([self._bell], [], [], duration.total_seconds())
        return bool(rung) or self._is_stopped

    def is_stopped(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._is_stopped

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.exit_code = INTERRUPTED if number == signal.SIGINT else 0
        self._is_stopped = True
        self._restore()

    def _restore(self) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._before = {}
