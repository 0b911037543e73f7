"""Write plans for pull requests, as Markdown in which nothing of a prompt is markup."""

from __future__ import annotations

from collections.abc import Iterator

from promptsync.cli.render_plan_text import summary_line, what_it_does
from promptsync.cli.safe_text import code_block, code_span, name_span
from promptsync.content_hash import short_hash
from promptsync.plan import Change, Plan


def render_plan_markdown(plan: Plan) -> str:
    """Return a plan for a pull request."""
    what = what_it_does(plan)
    lines = [
        f"### promptsync: {plan.direction.value} plan",
        "",
        f"{what[:1].upper()}{what[1:]}: {summary_line(plan)}.",
    ]
    if plan.changes:
        lines += ["", "| action | prompt | before | after |", "| --- | --- | --- | --- |"]
        lines += list(_rows(plan))
    if plan.refusals:
        lines.append("")
        lines += list(_refusals(plan))
    if plan.shared or plan.notes:
        lines += ["", *_notes(plan)]
    lines += ["", f"Plan checksum `{plan.checksum}`"]
    return "\n".join(lines) + "\n"


def _rows(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        before, after = short_hash(change.before), short_hash(change.after)
        old = change.renamed_from
        name = name_span(change.name)
        prompt = name if old is None else f"{name_span(old)} -> {name}"
        cells = (change.action.value, prompt, f"`{before}`", f"`{after}`")
        yield f"| {' | '.join(cells)}{_version_span(change)} |"
        if change.edits:
            yield f"| | {', '.join(map(code_span, change.files))} | | |"


def _refusals(plan: Plan) -> Iterator[str]:
    for refusal in plan.refusals:
        yield f"- left alone: {name_span(refusal.name)}, {refusal.reason}"
        if refusal.details:
            yield from ("", code_block("\n".join(refusal.details), "text"), "")


def _notes(plan: Plan) -> Iterator[str]:
    for each in plan.shared:
        touched = ", ".join(map(name_span, each.touched))
        yield f"- warning: {name_span(each.name)} is shared; modified until uploaded: {touched}"
    # In code, where a name from a registry is no markup.
    yield from (f"- note: {code_span(note)}" for note in plan.notes)


def _version_span(change: Change) -> str:
    if change.target is None:
        return ""
    commit = f", commit {code_span(change.commit[:10])}" if change.commit else ""
    return f" (version {code_span(change.target.version)}{commit})"
