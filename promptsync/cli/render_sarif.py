"""Write reports and findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from promptsync.cli.render_github import differing_line
from promptsync.cli.render_json import to_json
from promptsync.cli.report import MEANING, Report, meaning
from promptsync.cli.safe_text import printable, shown_name
from promptsync.prompt_path import file_of
from promptsync.status import PromptState

# GitHub takes up to 25,000 results in a run and shows 5,000. It wants a place for each: this one
# stands for a prompt that has no file.
MAX_RESULTS = 5_000
NO_FILE = "promptsync.toml"


def render_report(report: Report) -> str:
    """Return one rule for each status and one result for each differing prompt."""
    differing = report.comparison.differing
    rules = {state.status.value: MEANING[state.status] for state in differing}
    return sarif(rules, [_result(report, state) for state in differing[:MAX_RESULTS]])


def sarif(rules: Mapping[str, str], results: Sequence[dict[str, Any]]) -> str:
    """Return a document with one run; `rules` maps the id of each rule to what it means."""
    driver = {
        "name": "promptsync",
        "version": version("promptsync"),
        "rules": [
            {"id": rule, "shortDescription": {"text": meaning}} for rule, meaning in rules.items()
        ],
    }
    return to_json(
        {
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "results": list(results)[:MAX_RESULTS]}],
        }
    )


def result(
    *, rule: str, level: str, message: str, path: str, line: int = 1, column: int = 1
) -> dict[str, Any]:
    """Return one result, at a place in a file."""
    place = {
        "artifactLocation": {"uri": quote(path, errors="surrogateescape")},
        "region": {"startLine": line, "startColumn": column},
    }
    return {
        "ruleId": rule,
        "level": level,
        "message": {"text": printable(message)},
        "locations": [{"physicalLocation": place}],
    }


def _result(report: Report, state: PromptState) -> dict[str, Any]:
    return result(
        rule=state.status.value,
        level="error",
        message=f"{shown_name(state.name)}: {meaning(state)}; {report.remedy(state)}",
        path=file_of(state.path or NO_FILE),
        line=differing_line(report, state),
    )
