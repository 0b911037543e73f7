"""Carry out an upload plan, with progress and the log: what `upload` and `sync` share."""

from __future__ import annotations

from collections.abc import Iterator

from promptsync.apply import Outcome, ShouldStop, apply_upload
from promptsync.catalog import Catalog
from promptsync.cli.session import Session
from promptsync.cli.stamping import make_stamps
from promptsync.cli.talk import track
from promptsync.plan import Plan
from promptsync.upload_log import append_to_log


def _never() -> bool:
    return False


def push(
    session: Session, catalog: Catalog, plan: Plan, *, should_stop: ShouldStop = _never
) -> Iterator[Outcome]:
    """Apply an upload plan and yield each outcome once the log has it."""
    locals_ = [change.state.local for change in plan.changes if change.state.local]
    stamps = make_stamps(session, catalog, locals_)
    applied = apply_upload(
        plan,
        session.registry,
        make_stamp=lambda local: stamps[local.path],
        should_stop=should_stop,
    )
    for outcome in track(applied, len(plan.changes), "uploading"):
        if outcome.stored is not None and outcome.done:
            stored = outcome.stored
            entry = (stored.name, stored.content_hash, stored.stamped_hash)
            append_to_log(session.workspace.state_folder, session.name, "upload", entry)
        yield outcome
