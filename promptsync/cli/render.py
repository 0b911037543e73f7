"""Write reports: text, JSON, Markdown, GitHub annotations, SARIF. Functions of values only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from promptsync.cli.errors import printable
from promptsync.cli.options import Format
from promptsync.cli.report import MEANING, Report, count_line, remedy
from promptsync.content_hash import short_hash
from promptsync.status import PromptState, Status

WIDTH = 80
# GitHub shows the first 10 annotations of a step and drops the rest without a word.
MAX_ANNOTATIONS = 10
# GitHub refuses comments over 65,536 characters.
MAX_MARKDOWN = 60_000


def render(report: Report, format_: Format, *, everything: bool = False) -> str:
    """Return a report in one format, ending with a line end."""
    if format_ is Format.TEXT:
        return render_text(report, everything=everything)
    renderers: Mapping[Format, Callable[[Report], str]] = {
        Format.JSON: render_json,
        Format.MARKDOWN: render_markdown,
        Format.GITHUB: render_github,
        Format.SARIF: render_sarif,
    }
    return renderers[format_](report)


def render_text(report: Report, *, everything: bool = False) -> str:
    """Return the table of what differs, the commands that help, and one line of counts."""
    states = report.comparison.states
    shown = [state for state in states if everything or _is_worth_a_row(state)]
    lines = [f"registry {heading(report)}", ""]
    if shown:
        lines += [*table(shown), ""]
        lines += [*_remedies(shown), ""]
    lines += [f"note: {note}" for note in report.notes]
    lines.append(count_line(report.comparison.summary))
    return "\n".join(map(printable, lines)) + "\n"


def heading(report: Report) -> str:
    """Return which registry a report is about, with the alias it looks at."""
    alias = report.comparison.alias
    return f"`{report.registry}`: {report.address}" + (f", alias `{alias}`" if alias else "")


def _is_worth_a_row(state: PromptState) -> bool:
    return state.status is not Status.IN_SYNC or state.details_differ


def table(states: Iterable[PromptState]) -> list[str]:
    """Return one line for each prompt: status, name, and the file where there is room for it."""
    rows = [(state.status.value, state.name, state.path or "") for state in states]
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    with_path = all(first + second + len(row[2]) + 4 <= WIDTH for row in rows)
    return [
        f"{status:{first}}  {name:{second}}  {path if with_path else ''}".rstrip()
        for status, name, path in rows
    ]


def _remedies(states: list[PromptState]) -> Iterable[str]:
    for status in Status:
        names = [state.name for state in states if state.status is status]
        if names and status is not Status.IN_SYNC:
            few = names if len(names) <= 3 else [*names[:3], "…"]  # noqa: PLR2004  fits a line
            yield f"{status.value}: {MEANING[status]}"
            yield f"  {remedy(status, few, all_of_them=len(names) > 3)}"  # noqa: PLR2004
    for state in states:
        if state.note:
            yield f"{state.name}: {state.note}"
    differing = [state.name for state in states if state.details_differ]
    if differing:
        yield f"title, description, tags or metadata differ: {', '.join(differing)}"
        yield "  promptsync upload"


def render_json(report: Report) -> str:
    """Return the JSON document described in docs/reference/json.md."""
    document = {
        "schema": 1,
        "registry": report.registry,
        "kind": report.kind,
        "alias": report.comparison.alias,
        "in_sync": report.in_sync,
        "plan_checksum": report.plan.checksum,
        "prompts": [state_json(state) for state in report.comparison.states],
        "summary": dict(report.comparison.summary),
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def state_json(state: PromptState) -> dict[str, Any]:
    """Return one prompt of a report; hashes are whole."""
    return {
        "name": state.name,
        "status": state.status.value,
        "path": state.path,
        "local_hash": state.local_hash,
        "stamped_hash": state.stamped_hash,
        "remote_hash": state.remote_hash,
        "version": state.remote.version if state.remote else None,
        "uploaded_version": state.carrier.version if state.carrier else None,
        "details_differ": state.details_differ,
        "note": state.note,
    }


def render_markdown(report: Report) -> str:
    """Return a report for a pull request: a table, the differences folded, the checksum."""
    verdict = "in sync" if report.in_sync else "not in sync"
    parts = [
        f"### promptsync: {verdict}",
        f"Registry {escaped(heading(report))}: {count_line(report.comparison.summary)}.",
    ]
    differing = [state for state in report.comparison.states if _is_worth_a_row(state)]
    if differing:
        rows = [_markdown_row(state) for state in differing]
        head = ["| status | prompt | registry | git |", "| --- | --- | --- | --- |"]
        parts.append("\n".join([*head, *rows]))
        parts += [_markdown_difference(report, state) for state in report.comparison.differing]
    if report.plan.changes:
        parts.append(f"Upload plan `{report.plan.checksum}`")
    return _shortened(parts) + "\n"


def _markdown_row(state: PromptState) -> str:
    cells = (
        state.status.value,
        state.name,
        short_hash(state.remote_hash),
        short_hash(state.local_hash),
    )
    return "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def _markdown_difference(report: Report, state: PromptState) -> str:
    texts = report.read_texts(state)
    lines = texts.unified_diff("registry", state.path or state.name)
    diff = "\n".join(printable(line) for line in lines)
    fence = "`" * max(3, _longest_run(diff, "`") + 1)
    summary = f"{state.name}: {MEANING[state.status]}"
    body = f"{fence}diff\n{diff}\n{fence}"
    return f"<details><summary>{escaped(summary)}</summary>\n\n{body}\n\n</details>"


def _shortened(parts: list[str]) -> str:
    """Leave out differences, last first, until GitHub takes the text as a comment."""
    kept = list(parts)
    while sum(map(len, kept)) > MAX_MARKDOWN and any(part.startswith("<details>") for part in kept):
        last = max(index for index, part in enumerate(kept) if part.startswith("<details>"))
        del kept[last]
    left_out = len(parts) - len(kept)
    if left_out:
        kept.append(f"{left_out} differences are left out here; `promptsync diff` shows them.")
    return "\n\n".join(kept)[:MAX_MARKDOWN]


def escaped(text: str) -> str:
    """Escape text for a Markdown table cell or a line of HTML."""
    safe = printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{each}" if each in "|*_[]@#" else each for each in safe).replace("\n", " ")


def _longest_run(text: str, character: str) -> int:
    longest = run = 0
    for each in text:
        run = run + 1 if each == character else 0
        longest = max(longest, run)
    return longest


def render_github(report: Report) -> str:
    """Return workflow commands that annotate the first differing line of each file."""
    differing = report.comparison.differing
    lines = [_state_annotation(report, state) for state in differing[:MAX_ANNOTATIONS]]
    lines.append(count_line(report.comparison.summary))
    return "\n".join(lines) + "\n"


def _state_annotation(report: Report, state: PromptState) -> str:
    return annotation(
        "error",
        path=state.path,
        line=report.read_texts(state).first_differing_line if state.local else 1,
        title=f"{state.name} is {state.status.value}",
        message=f"{MEANING[state.status]}: {remedy(state.status, [state.name], all_of_them=False)}",
    )


def annotation(level: str, *, path: str | None, line: int, title: str, message: str) -> str:
    """Return one workflow command that GitHub shows at a line of a file."""
    place = f"file={_property(path)},line={line}," if path else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str | None) -> str:
    return _data(text or "").replace(":", "%3A").replace(",", "%2C")


def render_sarif(report: Report) -> str:
    """Return SARIF 2.1.0: one rule for each status, one result for each differing prompt."""
    from importlib.metadata import version  # noqa: PLC0415  slow, and only this format needs it

    differing = report.comparison.differing
    rules = dict.fromkeys(state.status for state in differing)
    driver = {
        "name": "promptsync",
        "version": version("promptsync"),
        "rules": [
            {"id": each.value, "shortDescription": {"text": MEANING[each]}} for each in rules
        ],
    }
    run = {
        "tool": {"driver": driver},
        "results": [_sarif_result(report, state) for state in differing],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    document = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _sarif_result(report: Report, state: PromptState) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": state.status.value,
        "level": "error",
        "message": {"text": f"{state.name}: {MEANING[state.status]}"},
    }
    if state.local is not None:
        line = report.read_texts(state).first_differing_line
        place = {"artifactLocation": {"uri": state.local.path}, "region": {"startLine": line}}
        result["locations"] = [{"physicalLocation": place}]
    return result
