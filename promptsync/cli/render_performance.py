"""Write the performance of prompts: tables for people, a document for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from promptsync.cli.columns import WIDTH
from promptsync.cli.options import Format
from promptsync.cli.output import can_show
from promptsync.cli.render_json import to_json
from promptsync.cli.report import some_names
from promptsync.cli.safe_text import (
    code_span,
    name_span,
    one_line,
    printable,
    shortened,
    shown_name,
)
from promptsync.cli.session import Session
from promptsync.performance import PromptPerformance
from promptsync.sparkline import ASCII, BLOCKS, sparkline

MAX_SCORE_NAME = 24
COMMIT = 10


def render_performance(
    prompts: Sequence[PromptPerformance], session: Session, address: str, format_: Format
) -> str:
    """Return the performance of prompts in one format, ending with a line end."""
    match format_:
        case Format.JSON:
            return to_json(_document(prompts, session))
        case Format.MARKDOWN:
            return "\n".join(_markdown(prompts, session)) + "\n"
        case _:
            lines = [f"registry `{session.name}`: {address}", *_text(prompts)]
            return "\n".join(map(printable, lines)).rstrip("\n") + "\n"


def _text(prompts: Sequence[PromptPerformance]) -> Iterator[str]:
    for prompt in prompts:
        if prompt.versions:
            yield from ("", shown_name(prompt.name), "")
            for table in _tables(prompt):
                yield from (*table, "")
            yield from _courses(prompt)
            if prompt.left_out:
                every = len(prompt.versions) + prompt.left_out
                yield f"{prompt.left_out} older left out: `--last {every}` shows them"
    for prompt in prompts:
        if prompt.mixed:
            yield from ("", _mixed(prompt))
    if without := [each.name for each in prompts if not (each.versions or each.mixed)]:
        yield from ("", f"no experiments: {some_names(without)}")


@dataclass(frozen=True, slots=True)
class _Column:
    header: str
    cells: tuple[str, ...]
    is_number: bool = True
    is_score: bool = False

    @property
    def lines(self) -> list[str]:
        """Header and cells, each of the column's width."""
        texts = [self.header, *self.cells]
        width = max(map(len, texts))
        return [f"{text:{'>' if self.is_number else '<'}{width}}" for text in texts]


def _columns(prompt: PromptPerformance) -> Iterator[_Column]:
    versions = prompt.versions
    commits = tuple(one_line(each.commit or "-")[:COMMIT] for each in versions)
    examples = [each.examples for each in versions]
    yield _Column("VERSION", tuple(one_line(each.version) for each in versions), is_number=False)
    yield _Column("COMMIT", commits, is_number=False)
    yield _Column("RUNS", tuple(str(each.experiments) for each in versions))
    if any(each is not None for each in examples):
        yield _Column("EXAMPLES", tuple("-" if each is None else str(each) for each in examples))
    for name in prompt.score_names:
        scores = tuple(map(_score, prompt.course(name)))
        yield _Column(_score_name(name), scores, is_score=True)
    if any(each.cost is not None for each in versions):
        yield _Column("COST", tuple(_cost(each.cost) for each in versions))
    if any(each.duration is not None for each in versions):
        yield _Column("DURATION", tuple(_duration(each.duration) for each in versions))


def _mixed(prompt: PromptPerformance) -> str:
    runs = f"{prompt.mixed} experiment{'s' * (prompt.mixed != 1)}"
    return f"note: {runs} ran several versions of {shown_name(prompt.name)}: left out"


def _tables(prompt: PromptPerformance) -> Iterator[list[str]]:
    """Yield as many tables as it takes to fit; each begins with the version."""
    first, *others = (column.lines for column in _columns(prompt))
    table, room = [first], WIDTH - len(first[0])
    for lines in others:
        if len(table) > 1 and room < len(lines[0]) + 2:
            yield _joined(table)
            table, room = [first], WIDTH - len(first[0])
        table.append(lines)
        room -= len(lines[0]) + 2
    yield _joined(table)


def _joined(columns: Sequence[Sequence[str]]) -> list[str]:
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _courses(prompt: PromptPerformance) -> Iterator[str]:
    """Yield how each score went over the versions, where there are several."""
    if len(prompt.versions) > 1 and prompt.score_names:
        width = max(len(_score_name(name)) for name in prompt.score_names)
        for name in prompt.score_names:
            yield f"{_score_name(name):{width}}  {_course(prompt, name)}"


def _course(prompt: PromptPerformance, name: str) -> str:
    values = prompt.course(name)
    known = [value for value in values if value is not None]
    line = sparkline(values, BLOCKS if can_show(BLOCKS) else ASCII)
    ends = [_score(known[0]), _score(known[-1])][: len(known)]
    return f"{line}  {' -> '.join(ends)}"


def _score_name(name: str) -> str:
    return shortened(one_line(name), MAX_SCORE_NAME)


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _cost(dollars: float | None) -> str:
    if dollars is None:
        return "-"
    return f"${dollars:.2f}" if dollars >= 1 else f"${dollars:.6f}"


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f} s"


def _markdown(prompts: Sequence[PromptPerformance], session: Session) -> Iterator[str]:
    yield f"### promptsync: performance in {code_span(session.name)}"
    for prompt in prompts:
        if prompt.versions:
            yield from ("", f"#### {name_span(prompt.name)}", "")
            yield from _markdown_table(list(_columns(prompt)))
            yield from _markdown_courses(prompt)
    if without := [each.name for each in prompts if not each.versions]:
        yield from ("", f"No experiments: {', '.join(map(name_span, without))}")


def _markdown_table(columns: Sequence[_Column]) -> Iterator[str]:
    yield _row(code_span(each.header) if each.is_score else each.header.lower() for each in columns)
    yield _row("---:" if each.is_number else "---" for each in columns)
    for cells in zip(*(each.cells for each in columns), strict=True):
        yield _row(map(code_span, cells))


def _markdown_courses(prompt: PromptPerformance) -> Iterator[str]:
    if len(prompt.versions) > 1 and prompt.score_names:
        yield ""
        for name in prompt.score_names:
            yield f"- {code_span(_score_name(name))}: {_course(prompt, name)}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _document(prompts: Sequence[PromptPerformance], session: Session) -> dict[str, Any]:
    return {
        "schema": 1,
        "registry": session.name,
        "kind": session.registry.kind,
        "prompts": [
            {
                "name": prompt.name,
                "left_out": prompt.left_out,
                "mixed": prompt.mixed,
                "versions": [
                    {
                        "version": each.version,
                        "content_hash": each.content_hash,
                        "commit": each.commit,
                        "date": each.created,
                        "experiments": each.experiments,
                        "examples": each.examples,
                        "scores": dict(each.scores),
                        "cost": each.cost,
                        "duration": each.duration,
                    }
                    for each in prompt.versions
                ],
            }
            for prompt in prompts
        ],
    }
