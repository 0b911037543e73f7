"""What the command line asks of a sync. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from promptsync.cli.options import Format
from promptsync.sync_plan import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """What the command line asks of a sync; JSON is written on `one_line` where many follow."""

    names: tuple[str, ...] = ()
    registry: str | None = None
    alias: str | None = None
    format_: Format = Format.TEXT
    policy: Policy = Policy.MERGE
    everything: bool = False
    commit: bool = False
    branch: str | None = None
    yes: bool = False
    dry_run: bool = False
    one_line: bool = False
