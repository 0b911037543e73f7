"""Show a sync: its plan and the question, what became of it, what went wrong."""

from __future__ import annotations

import json

from promptsync.catalog import Catalog
from promptsync.cli.next_command import Given
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.planning import show_failures
from promptsync.cli.render_json import to_json
from promptsync.cli.render_sync import render_sync, render_sync_plan, sync_json
from promptsync.cli.report import some_names
from promptsync.cli.session import Session
from promptsync.cli.sync_request import SyncRequest
from promptsync.cli.talk import confirm, say
from promptsync.git import uncommitted_paths
from promptsync.sync_plan import Result, SyncPlan, SyncReport


def agree_to(plan: SyncPlan, request: SyncRequest) -> bool:
    """Show a plan and find out whether to carry it out.

    Raises UsageError when it is unsafe or nobody can be asked.
    """
    say(_plan_text(plan, request))
    plan.raise_if_unsafe()
    if not plan.changes or confirm("sync this?", yes=request.yes):
        return True
    say("nothing was done")
    return False


def show_report(report: SyncReport, request: SyncRequest) -> None:
    """Write what was done as the result, or the plan of a dry run, and what went wrong."""
    given = _given(request)
    if request.format_ is Format.JSON:
        show_json(report, request)
    else:
        show(_plan_text(report.plan, request) if request.dry_run else render_sync(report))
    # The plan has shown what it left alone, with the way out.
    shown = {refusal.name for refusal in report.plan.refusals}
    show_failures([each for each in report.failures if each[0] not in shown], given)
    not_tried = [each.name for each in report.outcomes if not each.tried]
    if not_tried:
        say(f"\nnot tried: {some_names(not_tried)}; running the command again is safe")
    if report.commit is not None and report.branch is not None:
        say(f"\nhint: merge branch `{report.branch}`; `git push` it where others review it")
    elif report.commit is None and report.counters[Result.PULL_CHANGED]:
        say("\nhint: `git diff` shows the edits that were pulled; `--commit` commits them")


def _plan_text(plan: SyncPlan, request: SyncRequest) -> str:
    # Prompts that were not named are never pushed, and a branch waits for its merge.
    at_once = not (request.names or request.branch)
    return render_sync_plan(plan, _given(request), is_pushed_at_once=at_once)


def warn_of_uncommitted(session: Session, catalog: Catalog) -> None:
    """Say which prompt files a sync that commits has left uncommitted, if any."""
    repository = session.workspace.repository
    paths = sorted({each.file for each in catalog.files.values()})
    if repository is not None and (left := uncommitted_paths(repository, paths)):
        say(f"\nwarning: not committed: {some_names(sorted(left))}")
        say("\nhint: `git diff` shows them; a sync that was killed may have pulled them")


def show_json(report: SyncReport, request: SyncRequest) -> None:
    """Write the document of a sync."""
    document = sync_json(report, dry_run=request.dry_run)
    show(f"{json.dumps(document)}\n" if request.one_line else to_json(document))


def _given(request: SyncRequest) -> Given:
    return Given(registry=request.registry, alias=request.alias)
