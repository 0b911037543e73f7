"""`promptsync sync --every`: sync on a schedule, in the foreground, for containers."""

from __future__ import annotations

import json
from dataclasses import replace

from promptsync.cli.errors import error_json, show_error
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.sync_once import sync_once
from promptsync.cli.sync_request import SyncRequest
from promptsync.cli.talk import say
from promptsync.cli.until_signal import UntilSignal
from promptsync.errors import PromptsyncError
from promptsync.schedule import Schedule, keep_running


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
