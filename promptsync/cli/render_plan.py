"""Write plans: what an upload or a download would do, for people, scripts and pull requests."""

from __future__ import annotations

from typing import Any

from promptsync.cli.next_command import Given
from promptsync.cli.options import Format
from promptsync.cli.render_json import to_json
from promptsync.cli.render_plan_markdown import render_plan_markdown
from promptsync.cli.render_plan_text import render_plan_text
from promptsync.plan import Change, Plan, Refusal


def render_plan(plan: Plan, format_: Format, given: Given) -> str:
    """Return a plan in one format, ending with a line end."""
    match format_:
        case Format.JSON:
            return to_json(plan_json(plan))
        case Format.MARKDOWN:
            return render_plan_markdown(plan)
        case _:
            checksum = f"checksum {plan.checksum}\n" if plan.changes else ""
            return render_plan_text(plan, given) + checksum


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the JSON document of a plan, described in docs/reference/json.md.

    `results` stays empty where nothing was applied.
    """
    return {
        "schema": 1,
        "registry": plan.registry,
        "alias": plan.alias,
        "direction": plan.direction.value,
        "plan_checksum": plan.checksum,
        "changes": [_change_json(change) for change in plan.changes],
        "refused": [_refusal_json(refusal) for refusal in plan.refusals],
        "shared": [
            {"name": each.name, "path": each.path, "touched": list(each.touched)}
            for each in plan.shared
        ],
        "notes": list(plan.notes),
        "results": [],
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "action": change.action.value,
        "renamed_from": change.renamed_from,
        "path": change.state.path,
        "files": list(change.files),
        "before": change.before,
        "after": change.after,
        "version": change.target.version if change.target else None,
        "commit": change.commit,
    }


def _refusal_json(refusal: Refusal) -> dict[str, Any]:
    return {
        "name": refusal.name,
        "status": refusal.state.status.value,
        "reason": refusal.reason,
        "hint": refusal.hint,
        "details": list(refusal.details),
    }
