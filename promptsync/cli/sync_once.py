"""One sync, from its lock to its entry in the journal; with nothing to do it costs a `verify`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.session import Session, open_session
from promptsync.cli.sync_request import SyncRequest
from promptsync.cli.sync_states import Wish, compare_all, plan_sync, read_all
from promptsync.early_verify import EarlyVerify
from promptsync.errors import PromptsyncError
from promptsync.listing import Listing
from promptsync.registries import shared_syncs
from promptsync.run_lock import describe_process, lock_clone
from promptsync.status import Status
from promptsync.sync_journal import FileJournal, SyncJournal, SyncRun
from promptsync.sync_plan import (
    SyncPlan,
    SyncReport,
    invalid_outcomes,
    refused_outcomes,
)
from promptsync.workspace import open_workspace

if TYPE_CHECKING:
    from promptsync.catalog import Catalog

DIFFERS = 1

ShouldStop = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended; without a report it was declined."""

    code: int
    report: SyncReport | None = None


def sync_once(
    request: SyncRequest, *, early: EarlyVerify | None = None, should_stop: ShouldStop = _never
) -> int:
    """Sync, show what came of it, remember it, and return the exit code."""
    workspace = early.workspace if early else open_workspace(Path.cwd(), request.registry)
    listing = early.listing if early else None
    with open_session(request.registry, workspace=workspace, listing=listing) as session:
        if request.dry_run:
            return _sync(session, request, should_stop).code
        with _alone(session):
            return _remembered(session, request, should_stop)


@contextmanager
def _alone(session: Session) -> Iterator[None]:
    """Keep other syncs of this clone, and of a database that several share, out."""
    holder = describe_process(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    shared = shared_syncs(session.registry)
    others = shared.lock(holder) if shared else nullcontext()
    with lock_clone(session.workspace.state_folder, holder), others:
        yield


def _remembered(session: Session, request: SyncRequest, should_stop: ShouldStop) -> int:
    started, clock = datetime.now(UTC), time.monotonic()
    ended, error = Ended(0), None
    try:
        ended = _sync(session, request, should_stop)
    except PromptsyncError as raised:
        ended, error = Ended(raised.exit_code), raised
        raise
    finally:
        if ended.report or error:
            _remember(session, request, started, time.monotonic() - clock, ended, error)
    return ended.code


def _remember(
    session: Session,
    request: SyncRequest,
    started: datetime,
    seconds: float,
    ended: Ended,
    error: PromptsyncError | None,
) -> None:
    report = ended.report
    run = SyncRun(
        started=started,
        seconds=seconds,
        exit_code=ended.code,
        counters=report.counters if report else {},
        is_whole=not request.names,
        error=str(error or (report and report.error) or "") or None,
    )
    try:
        shared = shared_syncs(session.registry)
        journal: SyncJournal = shared or FileJournal(session.workspace.state_folder, session.name)
        journal.remember(run)
    except PromptsyncError as failed:
        from promptsync.cli.talk import say

        say(f"\nwarning: this run will not be in `--status`: {failed}")


def _sync(session: Session, request: SyncRequest, should_stop: ShouldStop) -> Ended:
    wish = _wish(session, request)
    if not (session.listing or request.names):
        # Files are read while the answer travels.
        listing = Listing(session.registry, complete=request.everything)
        session = replace(session, listing=listing)
    catalog = read_all(session.workspace)
    states = compare_all(session, catalog, wish)
    # Thousands of prompts that agree need no plan.
    differs = any(each.status is not Status.IN_SYNC or each.details_differ for each in states)
    plan = plan_sync(session, states if differs else (), wish)
    if plan.pull.changes:
        from promptsync.cli.pulling import routed  # most runs pull nothing

        plan = replace(plan, pull=routed(session, catalog, plan.pull))
    if plan.changes or plan.refusals or catalog.problems:
        return _carry_out(session, catalog, plan, wish, request, should_stop)
    return _nothing_to_do(session, catalog, plan, wish, request)


def _wish(session: Session, request: SyncRequest) -> Wish:
    return Wish(
        names=request.names,
        alias=session.alias(request.alias),
        policy=request.policy,
        extras=request.everything,
        commit=request.commit,
        branch=request.branch,
    )


def _nothing_to_do(
    session: Session, catalog: Catalog, plan: SyncPlan, wish: Wish, request: SyncRequest
) -> Ended:
    # Most runs end here, and wait for no module that they do without.
    report = SyncReport(plan=plan, policy=wish.policy)
    if request.format_ is Format.TEXT:
        alias = f", alias `{wish.alias}`" if wish.alias else ""
        show(f"nothing to sync with registry `{session.name}`{alias}\n")
    else:
        from promptsync.cli.sync_outcomes import show_json

        show_json(report, request)
    if request.commit:
        from promptsync.cli.sync_outcomes import warn_of_uncommitted

        warn_of_uncommitted(session, catalog)
    return Ended(0, report)


def _carry_out(
    session: Session,
    catalog: Catalog,
    plan: SyncPlan,
    wish: Wish,
    request: SyncRequest,
    should_stop: ShouldStop,
) -> Ended:
    # What follows is only imported when there is something to do.
    from promptsync.cli.sync_outcomes import agree_to, show_report, warn_of_uncommitted
    from promptsync.cli.syncing import check_repository, run_sync

    known = (*invalid_outcomes(catalog.problems), *refused_outcomes(plan.refusals))
    foreseen = SyncReport(plan=plan, policy=wish.policy, outcomes=known)
    if request.dry_run:
        show_report(foreseen, request)
        return Ended(foreseen.exit_code)
    check_repository(session, wish)
    if not agree_to(plan, request):
        return Ended(foreseen.exit_code or DIFFERS)
    report = run_sync(session, catalog, foreseen, wish, should_stop)
    show_report(report, request)
    if request.commit:
        warn_of_uncommitted(session, catalog)
    return Ended(report.exit_code, report)
