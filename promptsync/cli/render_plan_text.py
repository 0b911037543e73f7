"""Write plans for people at a terminal: one sign a line, and what was left alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptsync.cli.columns import WIDTH, columns
from promptsync.cli.next_command import Given
from promptsync.cli.report import remedy
from promptsync.cli.safe_text import one_line, printable, shown_name
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


def render_plan_text(plan: Plan, given: Given, *, is_pushed_at_once: bool = False) -> str:
    """Return the plan as a list with one sign a line, and its counts.

    `is_pushed_at_once` says that what a pulled partial changes is pushed by the same command.
    """
    if not (plan.changes or plan.refusals):
        lines = [f"nothing to {what_it_does(plan)}", *_notes(plan)]
        return "\n".join(map(printable, lines)) + "\n"
    lines = [what_it_does(plan), ""]
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


def what_it_does(plan: Plan) -> str:
    """Return what a plan is of: its direction, the registry and the alias."""
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
