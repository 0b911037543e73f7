"""Carry out a download plan, with progress and the log: what `download` and `sync` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from promptsync.catalog import Catalog
from promptsync.cli.session import Session
from promptsync.cli.talk import track
from promptsync.download import FileOutcome, apply_download, refuse_unsafe
from promptsync.download_plan import make_download_plan
from promptsync.edit_routing import route_edits
from promptsync.plan import Plan
from promptsync.prompt_path import file_of
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource, in_work_tree
from promptsync.status import PromptState
from promptsync.upload_log import append_to_log


@contextmanager
def copied_roots(roots: Roots) -> Iterator[Roots]:
    """Copy the prompt files of the work tree to a folder that lasts as long as the context."""
    import shutil  # few pull beside the work tree
    import tempfile

    with tempfile.TemporaryDirectory(prefix="promptsync-") as folder:
        sources = [each for each in in_work_tree(roots) if isinstance(each, PromptSource)]
        for path in sorted({file_of(source.path) for source in sources}):
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(roots.top / path, file)
        yield replace(roots, top=Path(folder))


def plan_pull(
    session: Session,
    catalog: Catalog,
    states: Sequence[PromptState],
    *,
    alias: str | None,
    force: bool = False,
    extras: bool = False,
) -> Plan:
    """Plan a download into the work tree; edits of composites go to the files that say them.

    `force` and `extras` are those of make_download_plan.
    """
    plan = make_download_plan(
        states, registry=session.name, alias=alias, force=force, extras=extras
    )
    return routed(session, catalog, plan)


def routed(session: Session, catalog: Catalog, plan: Plan) -> Plan:
    """Return a download plan as files can have it: what cannot become one is left alone.

    Each edit of a composite goes to the files that say it.
    """
    kind, roots = session.registry.kind, session.workspace.roots
    plan = route_edits(plan, catalog, kind=kind, read_past=lambda: session.past)
    has_new = any(each.state.local is None for each in plan.changes)
    wrong = {each.path for each in catalog.problems}
    return refuse_unsafe(plan, roots, wrong=wrong) if has_new else plan


def pull(
    session: Session, plan: Plan, *, markers: bool = True, roots: Roots | None = None
) -> Iterator[FileOutcome]:
    """Apply a download plan to the work tree and yield each outcome once the log has it.

    `markers` is that of apply_download. With the `roots` of a copy, that is written to, and the
    log, which is about the work tree, learns nothing.
    """
    applied = apply_download(
        plan,
        roots or session.workspace.roots,
        kind=session.registry.kind,
        read_past=lambda: session.past,
        markers=markers,
    )
    for outcome in track(applied, len(plan.changes), "downloading"):
        remote = outcome.change.state.remote
        if outcome.error is None and remote is not None and roots is None:
            entry = (remote.name, remote.content_hash, remote.stamped_hash)
            folder, replaced = session.workspace.state_folder, outcome.change.state.local_hash
            append_to_log(folder, session.name, "download", entry, replaced=replaced)
        yield outcome
