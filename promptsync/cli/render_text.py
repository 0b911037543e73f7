"""Write reports for people: readable at 80 columns and without colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promptsync.cli.columns import columns
from promptsync.cli.report import MEANING, Report, count_line, partials_note, remedy, some_names
from promptsync.cli.safe_text import one_line, printable, shown_name
from promptsync.status import PromptState, Status


def render_text(report: Report, *, everything: bool = False) -> str:
    """Return the table of what differs, the commands that help, and one line of counts."""
    shown = report.comparison.states if everything else report.noteworthy
    lines = [f"registry {heading(report)}", ""]
    if shown:
        lines += [*columns([_row(state) for state in shown]), ""]
    advice = [*_remedies(report), *_notes(report)]
    if advice:
        lines += [*advice, ""]
    if report.pointers:
        from promptsync.cli.render_aliases import alias_lines  # only `status` asks

        lines += [*alias_lines(report, everything=everything), ""]
    lines.append(count_line(report.comparison.summary))
    return "\n".join(map(printable, lines)) + "\n"


def heading(report: Report) -> str:
    """Return which registry a report is about, with the alias it looks at."""
    alias = report.comparison.alias
    return f"`{report.registry}`: {report.address}" + (f", alias `{alias}`" if alias else "")


def _row(state: PromptState) -> tuple[str, ...]:
    return (state.status.value, shown_name(state.name), one_line(state.path or ""))


def _remedies(report: Report) -> Iterator[str]:
    states = report.comparison.states
    # What is only renamed is settled with its new name.
    old = [each.succession.to_rename for each in states if each.succession]
    renamed = {each.name for each in old if each}
    for status in Status:
        names = [each.name for each in states if each.status is status and each.name not in renamed]
        if names and status is not Status.IN_SYNC:
            yield f"{status.value}: {MEANING[status]}"
            yield f"  {report.given.repeated(remedy(status, names))}"
    names = [state.name for state in states if state.details_differ]
    if names:
        yield f"title, description, tags or metadata differ: {some_names(names)}"
        yield f"  {report.given.repeated(remedy(Status.MODIFIED, names))}"


def _notes(report: Report) -> Iterable[str]:
    names_by_note: dict[str, list[str]] = {}
    for state in report.comparison.states:
        partials = None if state.changed_partials is None else partials_note(state)
        for note in filter(None, (state.note, partials)):
            names_by_note.setdefault(note, []).append(state.name)
    yield from (f"note: {one_line(note)}" for note in report.notes)
    for note, names in names_by_note.items():
        yield f"note: {one_line(note)}: {some_names(names)}"
