"""`promptsync sync --status`: the days that succeeded, and the last runs with their counters."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promptsync.cli.columns import WIDTH
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.render_json import to_json
from promptsync.cli.render_sync import counter_line
from promptsync.cli.safe_text import one_line
from promptsync.registries import open_registry_of, shared_syncs
from promptsync.sync_journal import DayMarker, FileJournal, Remembered, SyncRun, as_text
from promptsync.workspace import Workspace, open_workspace

DAYS_SHOWN, RUNS_SHOWN = 7, 10


def show_status(registry: str | None, format_: Format) -> int:
    """Show what is remembered of syncs with a registry, which is not asked about its prompts."""
    workspace, now = open_workspace(Path.cwd(), registry), datetime.now(UTC)
    name, remembered = workspace.registry.name, _remembered(workspace)
    if format_ is Format.JSON:
        show(to_json(_document(name, remembered, now)))
    else:
        show("".join(f"{line}\n" for line in _lines(name, remembered, now)))
    return 0


def _remembered(workspace: Workspace) -> Remembered:
    workspace.require_repository()
    # Only a database keeps a journal of its own; others need not be opened, nor a key for them.
    if workspace.registry.kind == "local":
        with closing(open_registry_of(workspace)) as opened:
            if shared := shared_syncs(opened):
                return shared.read()
    return FileJournal(workspace.state_folder, workspace.registry.name).read()


def _lines(name: str, remembered: Remembered, now: datetime) -> Iterator[str]:
    yield f"syncs with registry `{one_line(name)}`"
    if not remembered.runs:
        yield ""
        yield "no sync so far"
        return
    if remembered.markers:
        yield ""
        yield from (_marker_line(each, now) for each in remembered.markers[:DAYS_SHOWN])
    yield ""
    for run in remembered.runs[:RUNS_SHOWN]:
        yield from _run_lines(run)
    yield ""
    yield "today succeeded" if remembered.is_done(now) else "today has not succeeded yet"


def _marker_line(marker: DayMarker, now: datetime) -> str:
    note = "  in the future: the clock was moved back" if marker.is_future(now) else ""
    return f"{marker.name}  {_minute(marker.at)}{note}"


def _run_lines(run: SyncRun) -> Iterator[str]:
    what = "" if run.is_whole else ", some prompts only"
    yield f"{_minute(run.started)}  exit {run.exit_code}, {run.seconds:.1f} s{what}"
    told = one_line(run.error) if run.error else counter_line(run.counters)
    yield from textwrap.wrap(told, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _minute(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"


def _document(name: str, remembered: Remembered, now: datetime) -> dict[str, Any]:
    return {
        "schema": 1,
        "registry": name,
        "done_today": remembered.is_done(now),
        "markers": [
            {"name": each.name, "at": as_text(each.at), "future": each.is_future(now)}
            for each in remembered.markers
        ],
        "runs": [each.to_values() for each in remembered.runs],
    }
