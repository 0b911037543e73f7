"""Write plans: what an upload or a download would do, for people, scripts and pull requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from promptsync.cli.errors import printable
from promptsync.cli.options import Format
from promptsync.content_hash import short_hash
from promptsync.plan import Action, Change, Direction, Plan, changes_by_action

# One sign a line, as in a diff, so that nothing depends on colour.
_SIGN = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.DETAILS: "~",
    Action.ADOPT: "~",
    Action.PROMOTE: ">",
    Action.DELETE: "-",
    Action.WRITE: "~",
    Action.MERGE: "~",
}


def render_plan(plan: Plan, format_: Format) -> str:
    """Return a plan in one format, ending with a line end."""
    if format_ is Format.TEXT:
        return render_plan_text(plan)
    if format_ is Format.JSON:
        return json.dumps(plan_json(plan), ensure_ascii=False, indent=2) + "\n"
    return render_plan_markdown(plan)


def render_plan_text(plan: Plan) -> str:
    """Return the plan as a list with one sign a line, and its checksum."""
    lines = [f"{plan.direction.value} plan for {_target(plan)}", ""]
    lines += [_line(change) for change in plan.changes]
    if plan.changes:
        lines.append("")
    for refusal in plan.refusals:
        lines += [f"! left alone  {refusal.name}: {refusal.reason}", f"      {refusal.hint}"]
    if plan.refusals:
        lines.append("")
    lines.append(summary_line(plan))
    if plan.changes:
        lines.append(f"checksum {plan.checksum}")
    return "\n".join(map(printable, lines)) + "\n"


def summary_line(plan: Plan) -> str:
    """Return the counts of a plan in one line."""
    parts = [f"{count} to {action.value}" for action, count in changes_by_action(plan.changes)]
    if plan.refusals:
        parts.append(f"{len(plan.refusals)} left alone")
    return ", ".join(parts) or "nothing to do"


def _target(plan: Plan) -> str:
    alias = f", alias `{plan.alias}`" if plan.alias else ""
    return f"registry `{plan.registry}`{alias}"


def _line(change: Change) -> str:
    created = change.action is Action.WRITE and change.before is None
    sign = "+" if created else _SIGN[change.action]
    return f"{sign} {change.action.value:<8}  {change.name}{_hashes(change)}"


def _hashes(change: Change) -> str:
    if change.action in (Action.DETAILS, Action.ADOPT):
        return ""
    before, after = short_hash(change.before), short_hash(change.after)
    if change.action is Action.MERGE:
        return f"  {before} with {short_hash(change.state.remote_hash)}"
    return f"  {before} -> {after}"


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the JSON document of a plan, described in docs/reference/json.md."""
    return {
        "schema": 1,
        "registry": plan.registry,
        "alias": plan.alias,
        "direction": plan.direction.value,
        "plan_checksum": plan.checksum,
        "changes": [
            {
                "name": change.name,
                "action": change.action.value,
                "path": change.state.path,
                "before": change.before,
                "after": change.after,
            }
            for change in plan.changes
        ],
        "refused": [
            {
                "name": refusal.name,
                "status": refusal.state.status.value,
                "reason": refusal.reason,
                "hint": refusal.hint,
            }
            for refusal in plan.refusals
        ],
    }


def render_plan_markdown(plan: Plan) -> str:
    """Return a plan for a pull request."""
    verb = "Upload" if plan.direction is Direction.UPLOAD else "Download"
    lines = [
        f"### promptsync: {verb.lower()} plan",
        "",
        f"{verb} to {_target(plan)}: {summary_line(plan)}.",
    ]
    if plan.changes:
        lines += ["", "| action | prompt | before | after |", "| --- | --- | --- | --- |"]
        lines += list(_rows(plan))
    lines += [f"- left alone: `{each.name}`, {each.reason}" for each in plan.refusals]
    lines += ["", f"Plan checksum `{plan.checksum}`"]
    return "\n".join(map(printable, lines)) + "\n"


def _rows(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        before, after = short_hash(change.before), short_hash(change.after)
        yield f"| {change.action.value} | `{change.name}` | `{before}` | `{after}` |"
