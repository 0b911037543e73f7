"""Write reports as GitHub's workflow commands, which annotate the files of a pull request."""

from __future__ import annotations

from promptsync.cli.report import Report, count_line, meaning
from promptsync.cli.safe_text import printable, shown_name
from promptsync.errors import PromptsyncError
from promptsync.status import PromptState

# GitHub shows the first 10 annotations of a step and drops the rest without a word.
MAX_ANNOTATIONS = 10


def render_report(report: Report) -> str:
    """Return an annotation for the first differing line of each file, and the counts."""
    differing = report.comparison.differing
    lines = [_state_annotation(report, state) for state in differing[:MAX_ANNOTATIONS]]
    lines += left_out(len(differing) - MAX_ANNOTATIONS)
    lines.append(count_line(report.comparison.summary))
    return "\n".join(lines) + "\n"


def left_out(count: int) -> list[str]:
    """Say how many annotations GitHub would not show."""
    return [f"{count} more are not annotated: GitHub shows {MAX_ANNOTATIONS}"] if count > 0 else []


def _state_annotation(report: Report, state: PromptState) -> str:
    return annotation(
        "error",
        path=state.local.file if state.local else None,
        line=differing_line(report, state),
        title=f"{shown_name(state.name)} is {state.status.value}",
        message=f"{meaning(state)}: {report.remedy(state)}",
    )


def differing_line(report: Report, state: PromptState) -> int:
    """Return the first line of a file that the registry has otherwise, 1 where none can tell."""
    if state.local is None or state.remote is None:
        return 1
    if state.local.key is not None:
        return state.local.line
    try:
        return report.read_texts(state).first_differing_line
    except PromptsyncError:
        return 1


def annotation(level: str, *, path: str | None, line: int, title: str, message: str) -> str:
    """Return one workflow command that GitHub shows at a line of a file."""
    place = f"file={_property(path)},line={line}," if path else ""
    return f"::{level} {place}title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    # https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    return printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
