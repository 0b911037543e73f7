"""Write where aliases point: a line for each alias, and the prompts that it serves otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from promptsync.cli.columns import columns
from promptsync.cli.report import FEW, Report
from promptsync.cli.safe_text import code_span, name_span, one_line, shown_name
from promptsync.pointers import Pointer
from promptsync.status import PromptState

_Pointed = tuple[PromptState, Pointer]


def alias_lines(report: Report, *, everything: bool) -> Iterator[str]:
    """Yield the lines of a text report; with `everything`, of prompts as in git too."""
    for alias, pointed in _by_alias(report).items():
        yield f"alias `{one_line(alias)}`: {_counts(report, pointed)}"
        shown = [each for each in pointed if everything or not each[1].serves(each[0])]
        if shown:
            yield from (f"  {line}" for line in columns([_row(*each) for each in shown]))


def alias_items(report: Report) -> Iterator[str]:
    """Yield the items of a Markdown report."""
    for alias, pointed in _by_alias(report).items():
        others = [each for each in pointed if not each[1].serves(each[0])]
        named = ", ".join(
            f"{name_span(state.name)} (version {code_span(pointer.version)})"
            for state, pointer in others[:FEW]
        )
        more = f" and {len(others) - FEW} more" if len(others) > FEW else ""
        tail = f": {named}{more}" if others else ""
        yield f"- alias {code_span(alias)}: {_counts(report, pointed)}{tail}"


def aliases_json(report: Report, state: PromptState) -> dict[str, Any] | None:
    """Return the aliases of one prompt, None where nobody asked or the registry has none."""
    if report.pointers is None:
        return None
    return {
        each.alias: {
            "version": each.version,
            "content_hash": each.content_hash,
            "in_sync": each.serves(state),
        }
        for each in report.pointers.get(state.name, ())
    }


def _by_alias(report: Report) -> Mapping[str, Sequence[_Pointed]]:
    found: dict[str, list[_Pointed]] = {}
    for state in report.comparison.states:
        for pointer in (report.pointers or {}).get(state.name, ()):
            found.setdefault(pointer.alias, []).append((state, pointer))
    return dict(sorted(found.items()))


def _counts(report: Report, pointed: Sequence[_Pointed]) -> str:
    as_in_git = sum(pointer.serves(state) for state, pointer in pointed)
    files = [each for each in report.comparison.states if each.local]
    counts = {
        "as in git": as_in_git,
        "otherwise": len(pointed) - as_in_git,
        "not pointed at": len(files) - sum(state.local is not None for state, _ in pointed),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)


def _row(state: PromptState, pointer: Pointer) -> tuple[str, ...]:
    remark = "as in git" if pointer.serves(state) else ""
    return (shown_name(state.name), f"version {one_line(pointer.version)}", remark)
