"""Write syncs: the plan of both directions, and what became of each prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptsync.cli.errors import error_json
from promptsync.cli.next_command import Given
from promptsync.cli.render_plan import plan_json
from promptsync.cli.render_plan_text import render_plan_text
from promptsync.cli.safe_text import one_line, printable, shown_name
from promptsync.plan import Action
from promptsync.sync_plan import SyncOutcome, SyncPlan, SyncReport

_DONE = {
    Action.CREATE: "created {name} (version {version})",
    Action.RENAME: "renamed to {name} (version {version})",
    Action.UPDATE: "updated {name} (version {version})",
    Action.DETAILS: "updated the details of {name} (version {version})",
    Action.PROMOTE: "promoted {name} (version {version})",
    Action.WRITE: "pulled {name} (version {version}) into {path}",
    Action.MERGE: "merged {name} (version {version}) into {path}",
}


def render_sync_plan(plan: SyncPlan, given: Given, *, is_pushed_at_once: bool) -> str:
    """Return both directions as text, those in which something happens or is left alone.

    `is_pushed_at_once` says that what is pulled is part of what is pushed.
    """
    parts = [each for each in (plan.pull, plan.push) if each.changes or each.refusals]
    return "\n".join(
        render_plan_text(each, given, is_pushed_at_once=is_pushed_at_once) for each in parts
    )


def render_sync(report: SyncReport) -> str:
    """Return a line for each prompt that was changed, and the counters."""
    lines = [_line(each) for each in report.outcomes if each.done]
    if report.commit:
        where = f" on branch `{report.branch}`" if report.branch else ""
        lines.append(f"committed the registry's edits{where} ({report.commit[:12]})")
    if report.waiting:
        names = ", ".join(map(shown_name, report.waiting))
        lines.append(f"branch `{report.branch}` has the edits of {names} already")
    lines.append(counter_line(report.counters))
    return "".join(f"{printable(line)}\n" for line in lines)


def counter_line(counters: Mapping[str, int]) -> str:
    """Return the counters that are not zero in one line."""
    found = [f"{name} {count}" for name, count in counters.items() if count]
    return ", ".join(found) or "nothing to sync"


def _line(outcome: SyncOutcome) -> str:
    pattern = _DONE[outcome.action] if outcome.action else "{name}"
    return pattern.format(
        name=f"`{shown_name(outcome.name)}`",
        version=outcome.version,
        path=one_line(outcome.path or ""),
    )


def sync_json(report: SyncReport, *, dry_run: bool) -> dict[str, Any]:
    """Return the JSON document of a sync, described in docs/reference/json.md."""
    plan = report.plan
    return {
        "schema": 1,
        "registry": plan.push.registry,
        "alias": plan.push.alias,
        "policy": report.policy.value,
        "dry_run": dry_run,
        **report.counters,
        "commit": report.commit,
        "branch": report.branch,
        "waiting": list(report.waiting),
        "pull": plan_json(plan.pull)["changes"],
        "push": plan_json(plan.push)["changes"],
        "results": [_outcome_json(each) for each in report.outcomes],
        "error": None if report.error is None else error_json(report.error)["error"],
    }


def _outcome_json(outcome: SyncOutcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "result": outcome.result.value,
        "action": outcome.action.value if outcome.action else None,
        "done": outcome.done,
        "tried": outcome.tried,
        "path": outcome.path,
        "version": outcome.version,
        "reason": outcome.reason,
        "error": None if outcome.error is None else error_json(outcome.error)["error"],
    }
