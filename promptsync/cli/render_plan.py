"""Write plans: what an upload or a download would do, for people, scripts and pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from promptsync.cli.next_command import Given
from promptsync.cli.options import Format
from promptsync.cli.render_json import to_json
from promptsync.cli.render_text import WIDTH, columns
from promptsync.cli.report import remedy
from promptsync.cli.safe_text import (
    code_block,
    code_span,
    name_span,
    one_line,
    printable,
    shown_name,
)
from promptsync.content_hash import short_hash
from promptsync.plan import Action, Change, Direction, Plan, Refusal, changes_by_action
from promptsync.status import Status

# One sign a line, as in a diff, so that nothing depends on colour.
_SIGN = {
    Action.CREATE: "+",
    Action.RENAME: "~",
    Action.UPDATE: "~",
    Action.DETAILS: "~",
    Action.ADOPT: "~",
    Action.PROMOTE: ">",
    Action.ROLLBACK: "<",
    Action.DELETE: "-",
    Action.WRITE: "~",
    Action.MERGE: "~",
}
_PREPOSITION = {
    Direction.UPLOAD: "to",
    Direction.DOWNLOAD: "from",
    Direction.PROMOTE: "in",
    Direction.ROLLBACK: "in",
}
_TO_DO = {Action.ROLLBACK: "roll back"}


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


def render_plan_text(plan: Plan, given: Given, *, is_pushed_at_once: bool = False) -> str:
    """Return the plan as a list with one sign a line, and its counts.

    `is_pushed_at_once` says that what a pulled partial changes is pushed by the same command.
    """
    if not (plan.changes or plan.refusals):
        lines = [f"nothing to {_what(plan)}", *_notes(plan)]
        return "\n".join(map(printable, lines)) + "\n"
    lines = [_what(plan), ""]
    if plan.changes:
        lines += [*_rows(plan.changes), ""]
    if plan.refusals:
        lines += [*_refusal_lines(plan, given), ""]
    if plan.shared or plan.notes:
        lines += [*_note_lines(plan, given, is_pushed_at_once=is_pushed_at_once), ""]
    lines.append(summary_line(plan))
    return "\n".join(map(printable, lines)) + "\n"


def _refusal_lines(plan: Plan, given: Given) -> Iterator[str]:
    indent = " " * len("! left alone  ")
    for refusals in _alike(plan.refusals):
        names = ", ".join(shown_name(each.name) for each in refusals)
        refusal = refusals[0]
        yield f"! left alone  {names}: {refusal.reason}"
        yield from (f"{indent}{line}" for line in refusal.details)
        yield f"{indent}{given.repeated(refusal.hint)}"


def _alike(refusals: Sequence[Refusal]) -> list[list[Refusal]]:
    """Gather the refusals that show the same texts."""
    groups: dict[tuple[str, ...], list[Refusal]] = {}
    for each in refusals:
        key = (each.reason, each.hint, *each.details) if each.details else (each.name,)
        groups.setdefault(key, []).append(each)
    return list(groups.values())


def _note_lines(plan: Plan, given: Given, *, is_pushed_at_once: bool) -> Iterator[str]:
    for each in plan.shared:
        then = "are pushed, too" if is_pushed_at_once else "are modified until uploaded"
        yield f"warning: `{shown_name(each.name)}` is shared; these {then}:"
        yield from _wrapped(map(shown_name, each.touched))
        if not is_pushed_at_once:
            upload = given.repeated(remedy(Status.MODIFIED, each.touched))
            yield f"  after the commit: {upload}"
    yield from _notes(plan)


def _notes(plan: Plan) -> Iterator[str]:
    return (f"note: {one_line(note)}" for note in plan.notes)


def _wrapped(names: Iterable[str]) -> list[str]:
    import textwrap  # most plans have nothing to wrap

    text = ", ".join(names)
    indent = "  "
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent)


def summary_line(plan: Plan) -> str:
    """Return the counts of a plan in one line."""
    parts = [
        f"{count} to {_TO_DO.get(action, action.value)}"
        for action, count in changes_by_action(plan.changes)
    ]
    if plan.refusals:
        parts.append(f"{len(plan.refusals)} left alone")
    return ", ".join(parts) or "nothing to do"


def _what(plan: Plan) -> str:
    alias = f", alias `{plan.alias}`" if plan.alias else ""
    direction = plan.direction
    return f"{direction.value} {_PREPOSITION[direction]} registry `{plan.registry}`{alias}"


def _rows(changes: Sequence[Change]) -> Iterator[str]:
    """Yield a line for each change, below it a composite's files and the commit behind it."""
    rows = [_row(change) for change in changes]
    indent = " " * (max(len(label) for label, *_ in rows) + 2)
    for line, change in zip(columns(rows), changes, strict=True):
        yield line
        if change.edits:
            yield from (f"{indent}{one_line(path)}" for path in change.files)
        if change.commit is not None:
            yield f"{indent}commit {one_line(change.commit)[:10]}"


def _row(change: Change) -> tuple[str, ...]:
    is_new = change.action is Action.WRITE and change.before is None
    sign = "+" if is_new else _SIGN[change.action]
    return (f"{sign} {change.action.value}", _names(change), _effect(change))


def _names(change: Change) -> str:
    old, name = change.renamed_from, shown_name(change.name)
    return name if old is None else f"{shown_name(old)} -> {name}"


def _effect(change: Change) -> str:
    before, after = short_hash(change.before), short_hash(change.after)
    match change.action:
        case Action.DETAILS | Action.ADOPT | Action.RENAME:
            return ""
        case Action.DELETE:
            return before
        case Action.MERGE:
            return f"{before} with {short_hash(change.state.remote_hash)}"
        case Action.PROMOTE | Action.ROLLBACK if change.target:
            now = change.state.remote
            target = one_line(change.target.version)
            return f"version {one_line(now.version)} -> {target}" if now else f"to version {target}"
        case Action.UPDATE if change.before is None and change.state.latest:
            return f"{after}, after version {one_line(change.state.latest.version)}"
        case _:
            return after if change.before is None else f"{before} -> {after}"


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


def render_plan_markdown(plan: Plan) -> str:
    """Return a plan for a pull request."""
    what = _what(plan)
    lines = [
        f"### promptsync: {plan.direction.value} plan",
        "",
        f"{what[:1].upper()}{what[1:]}: {summary_line(plan)}.",
    ]
    if plan.changes:
        lines += ["", "| action | prompt | before | after |", "| --- | --- | --- | --- |"]
        lines += list(_markdown_rows(plan))
    if plan.refusals:
        lines.append("")
        lines += list(_markdown_refusals(plan))
    if plan.shared or plan.notes:
        lines += ["", *_markdown_notes(plan)]
    lines += ["", f"Plan checksum `{plan.checksum}`"]
    return "\n".join(lines) + "\n"


def _markdown_rows(plan: Plan) -> Iterator[str]:
    for change in plan.changes:
        before, after = short_hash(change.before), short_hash(change.after)
        old = change.renamed_from
        name = name_span(change.name)
        prompt = name if old is None else f"{name_span(old)} -> {name}"
        cells = (change.action.value, prompt, f"`{before}`", f"`{after}`")
        yield f"| {' | '.join(cells)}{_version_span(change)} |"
        if change.edits:
            yield f"| | {', '.join(map(code_span, change.files))} | | |"


def _markdown_refusals(plan: Plan) -> Iterator[str]:
    for refusal in plan.refusals:
        yield f"- left alone: {name_span(refusal.name)}, {refusal.reason}"
        if refusal.details:
            yield from ("", code_block("\n".join(refusal.details), "text"), "")


def _markdown_notes(plan: Plan) -> Iterator[str]:
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
