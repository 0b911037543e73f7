"""`promptsync sync --every`: sync on a schedule, in the foreground, for containers."""

from __future__ import annotations

import json
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType, TracebackType
from typing import Any, Self

from promptsync.cli.errors import error_json, show_error
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.sync_once import SyncRequest, sync_once
from promptsync.cli.talk import say
from promptsync.errors import PromptsyncError
from promptsync.interruption import INTERRUPTED
from promptsync.schedule import Schedule, keep_running


class UntilSignal:
    """The clock of this computer, until SIGTERM or SIGINT ask to stop.

    The first one lets what is under way come to its end; the second one ends the process as ever.
    """

    def __init__(self) -> None:
        self.exit_code = 0
        self._stopped = threading.Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for each in (signal.SIGTERM, signal.SIGINT):
            self._before[each] = signal.signal(each, self._stop)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore()

    def now(self) -> datetime:
        """Return the moment that the clock shows."""
        return datetime.now(UTC)

    def wait(self, duration: timedelta) -> bool:
        """Wait, and return whether somebody asked to stop."""
        return self._stopped.wait(duration.total_seconds())

    def is_stopped(self) -> bool:
        """Tell whether somebody asked to stop."""
        return self._stopped.is_set()

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.exit_code = INTERRUPTED if number == signal.SIGINT else 0
        self._restore()
        self._stopped.set()

    def _restore(self) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._before = {}


def sync_every(expression: str, request: SyncRequest) -> int:
    """Sync whenever the schedule is due; a run that fails is told, and the next one comes."""
    schedule = Schedule(expression)
    wanted = replace(request, yes=True, one_line=True)
    with UntilSignal() as clock:
        keep_running(
            schedule,
            clock,
            lambda: _sync(wanted, clock),
            tell_next=lambda due: say(f"next sync at {due:%Y-%m-%d %H:%M:%S} UTC"),
        )
    say("stopped")
    return clock.exit_code


def _sync(request: SyncRequest, clock: UntilSignal) -> None:
    try:
        sync_once(request, should_stop=clock.is_stopped)
    except PromptsyncError as error:
        if request.format_ is Format.JSON:
            show(f"{json.dumps(error_json(error))}\n")
        show_error(error)
