"""Carry out a download plan, with progress and the log: what `download` and `sync` share."""

from __future__ import annotations

from collections.abc import Iterator

from promptsync.cli.session import Session
from promptsync.cli.talk import track
from promptsync.download import FileOutcome, apply_download
from promptsync.plan import Plan
from promptsync.upload_log import append_to_log


def pull(session: Session, plan: Plan, *, markers: bool = True) -> Iterator[FileOutcome]:
    """Apply a download plan to the work tree and yield each outcome once the log has it.

    `markers` is that of apply_download.
    """
    kind, roots = session.registry.kind, session.workspace.roots
    applied = apply_download(
        plan, roots, kind=kind, read_past=lambda: session.past, markers=markers
    )
    for outcome in track(applied, len(plan.changes), "downloading"):
        remote = outcome.change.state.remote
        if outcome.error is None and remote is not None:
            entry = (remote.name, remote.content_hash, remote.stamped_hash)
            folder, replaced = session.workspace.state_folder, outcome.change.state.local_hash
            append_to_log(folder, session.name, "download", entry, replaced=replaced)
        yield outcome
