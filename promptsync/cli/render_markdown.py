"""Write reports for a pull request: a table, the differences folded, the checksum.

Whatever comes from a file or a registry stands in code, where GitHub looks for no markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from promptsync.cli.render_aliases import alias_items
from promptsync.cli.report import Report, count_line, meaning
from promptsync.cli.safe_text import code_block, code_span, html_code, name_span, shown_name
from promptsync.content_hash import short_hash
from promptsync.errors import PromptsyncError
from promptsync.status import PromptState

# GitHub refuses comments over 65,536 characters.
MAX_CHARACTERS = 60_000
MAX_ROWS = 200


def render_report(report: Report) -> str:
    """Return a report for a pull request, short enough to be a comment."""
    verdict = "in sync" if report.in_sync else "not in sync"
    parts = [
        f"### promptsync: {verdict}",
        f"{_heading(report)}: {count_line(report.comparison.summary)}.",
    ]
    if report.noteworthy:
        parts.append(_table(report.noteworthy))
    if report.pointers:
        parts.append("\n".join(alias_items(report)))
    if report.plan.changes:
        parts.append(f"Upload plan `{report.plan.checksum}`")
    return "\n\n".join([*parts, *_differences(report, sum(map(len, parts)))]) + "\n"


def _heading(report: Report) -> str:
    alias = report.comparison.alias
    where = f"Registry {code_span(report.registry)} ({code_span(report.address)})"
    return f"{where}, alias {code_span(alias)}" if alias else where


def _table(states: Sequence[PromptState]) -> str:
    head = ["| status | prompt | registry | git |", "| --- | --- | --- | --- |"]
    rows = [_row(state) for state in states[:MAX_ROWS]]
    left_out = len(states) - MAX_ROWS
    more = [f"| … | and {left_out} more | | |"] if left_out > 0 else []
    return "\n".join([*head, *rows, *more])


def _row(state: PromptState) -> str:
    hashes = [f"`{short_hash(each)}`" for each in (state.remote_hash, state.local_hash)]
    return f"| {state.status.value} | {name_span(state.name)} | {' | '.join(hashes)} |"


def _differences(report: Report, used: int) -> list[str]:
    """Return the differences that there is room for, and how many there is none for."""
    differing = report.comparison.differing
    shown: list[str] = []
    for state in differing:
        part = _difference(report, state)
        used += len(part) + 2
        if used > MAX_CHARACTERS:
            break
        shown.append(part)
    left_out = len(differing) - len(shown)
    if left_out:
        shown.append(f"There is no room for {left_out} more: `promptsync diff` shows them.")
    return shown


def _difference(report: Report, state: PromptState) -> str:
    try:
        lines = report.read_texts(state).unified_diff("registry", state.path or state.name)
        body = code_block("\n".join(lines), "diff")
    except PromptsyncError as error:
        body = code_span(str(error))
    summary = f"{html_code(shown_name(state.name))}: {meaning(state)}"
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
