"""Write findings about prompt files: text, JSON, Markdown, GitHub annotations, SARIF."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from promptsync.cli.options import Format
from promptsync.cli.safe_text import code_span, printable
from promptsync.errors import Problem, Severity
from promptsync.linting import RULES


def render_problems(problems: Sequence[Problem], format_: Format, *, checked: int) -> str:
    """Return findings in one format, ending with a line end."""
    renderers: Mapping[Format, Callable[[Sequence[Problem], int], str]] = {
        Format.TEXT: _text,
        Format.JSON: _json,
        Format.MARKDOWN: _markdown,
        Format.GITHUB: _github,
        Format.SARIF: _sarif,
    }
    return renderers[format_](problems, checked)


def _text(problems: Sequence[Problem], checked: int) -> str:
    lines: list[str] = []
    for problem in problems:
        severity = "" if problem.severity is Severity.ERROR else "warning: "
        place = f"{problem.path}:{problem.line}:{problem.column}"
        lines.append(f"{place}: {problem.rule} {severity}{problem.message}")
        if problem.hint:
            lines.append(f"  hint: {problem.hint}")
    if lines:
        lines.append("")
    lines.append(_count_line(problems, checked))
    return "\n".join(map(printable, lines)) + "\n"


def _count_line(problems: Sequence[Problem], checked: int) -> str:
    files = f"{_counted(checked, 'prompt file')} checked"
    if not problems:
        return f"{files}, no findings"
    errors = sum(each.severity is Severity.ERROR for each in problems)
    warnings = len(problems) - errors
    return f"{files}: {_counted(errors, 'error')}, {_counted(warnings, 'warning')}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _json(problems: Sequence[Problem], checked: int) -> str:
    from promptsync.cli.render_json import to_json  # a hook writes text

    rows = [
        {
            "path": each.path,
            "line": each.line,
            "column": each.column,
            "rule": each.rule,
            "severity": each.severity.value,
            "message": each.message,
            "hint": each.hint,
        }
        for each in problems
    ]
    return to_json({"schema": 1, "checked": checked, "problems": rows})


def _markdown(problems: Sequence[Problem], checked: int) -> str:
    lines = ["### promptsync lint", "", _count_line(problems, checked) + "."]
    if problems:
        lines += ["", "| place | rule | finding |", "| --- | --- | --- |"]
        lines += [
            f"| {code_span(f'{each.path}:{each.line}')} | {each.rule} | {code_span(each.message)} |"
            for each in problems
        ]
    return "\n".join(lines) + "\n"


def _github(problems: Sequence[Problem], checked: int) -> str:
    from promptsync.cli.render_github import (
        MAX_ANNOTATIONS,
        annotation,
        left_out,
    )

    errors_first = sorted(problems, key=lambda each: each.severity is not Severity.ERROR)
    lines = [
        annotation(
            each.severity.value,
            path=each.path,
            line=each.line,
            title=f"{each.rule} {RULES[each.rule]}",
            message=each.message,
        )
        for each in errors_first[:MAX_ANNOTATIONS]
    ]
    lines += left_out(len(problems) - MAX_ANNOTATIONS)
    return "\n".join([*lines, _count_line(problems, checked)]) + "\n"


def _sarif(problems: Sequence[Problem], _: int) -> str:
    from promptsync.cli.render_sarif import result, sarif

    found = [
        result(
            rule=each.rule,
            level=each.severity.value,
            message=each.message,
            path=each.path,
            line=each.line,
            column=each.column,
        )
        for each in problems
    ]
    return sarif(RULES, found)
