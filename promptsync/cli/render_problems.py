"""Write findings about prompt files: text, JSON, Markdown, GitHub annotations, SARIF."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version

from promptsync.cli.errors import printable
from promptsync.cli.options import Format
from promptsync.cli.render import MAX_ANNOTATIONS, annotation, escaped
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
    lines.append(_count_line(problems, checked))
    return "\n".join(map(printable, lines)) + "\n"


def _count_line(problems: Sequence[Problem], checked: int) -> str:
    files = f"{checked} prompt {'file' if checked == 1 else 'files'}"
    if not problems:
        return f"{files} checked, no findings"
    errors = sum(each.severity is Severity.ERROR for each in problems)
    return f"{files} checked: {errors} errors, {len(problems) - errors} warnings"


def _json(problems: Sequence[Problem], checked: int) -> str:
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
    document = {"schema": 1, "checked": checked, "problems": rows}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _markdown(problems: Sequence[Problem], checked: int) -> str:
    lines = ["### promptsync lint", "", _count_line(problems, checked) + "."]
    if problems:
        lines += ["", "| place | rule | finding |", "| --- | --- | --- |"]
        lines += [
            f"| {escaped(f'{each.path}:{each.line}')} | {each.rule} | {escaped(each.message)} |"
            for each in problems
        ]
    return "\n".join(lines) + "\n"


def _github(problems: Sequence[Problem], checked: int) -> str:
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
    return "\n".join([*lines, _count_line(problems, checked)]) + "\n"


def _sarif(problems: Sequence[Problem], _: int) -> str:
    rules = [{"id": rule, "shortDescription": {"text": meaning}} for rule, meaning in RULES.items()]
    driver = {"name": "promptsync", "version": version("promptsync"), "rules": rules}
    results = [
        {
            "ruleId": each.rule,
            "level": each.severity.value,
            "message": {"text": each.message},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": each.path},
                        "region": {"startLine": each.line, "startColumn": each.column},
                    }
                }
            ],
        }
        for each in problems
    ]
    document = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
