"""Show a unified diff on a terminal, with the changed words of paired lines marked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

import click

from promptsync.cli.safe_text import printable

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
# Lines with less in common are shown whole: marking every other word helps nobody.
_ALIKE = 0.4
# The search for common words takes time by the product of both counts.
_MAX_PAIRS = 250_000


def styled_lines(lines: Sequence[str]) -> Iterator[str]:
    """Yield each line of one unified diff with colours, words marked where a line was edited."""
    head, index = 2, 0
    while index < len(lines):
        if index < head:
            yield click.style(printable(lines[index]), bold=True)
            index += 1
        elif removed := _run(lines, index, "-"):
            added = _run(lines, index + len(removed), "+")
            yield from _styled_block(removed, added)
            index += len(removed) + len(added)
        else:
            yield _styled_line(lines[index])
            index += 1


def _styled_line(line: str) -> str:
    colour = {"@": "cyan", "+": "green"}.get(line[:1])
    return click.style(printable(line), fg=colour) if colour else printable(line)


def _run(lines: Sequence[str], start: int, sign: str) -> list[str]:
    end = start
    while end < len(lines) and lines[end].startswith(sign):
        end += 1
    return list(lines[start:end])


def _styled_block(removed: Sequence[str], added: Sequence[str]) -> Iterator[str]:
    pairs = [_styled_pair(*pair) for pair in zip(removed, added, strict=False)]
    yield from (pair[0] for pair in pairs)
    yield from (click.style(printable(line), fg="red") for line in removed[len(pairs) :])
    yield from (pair[1] for pair in pairs)
    yield from (click.style(printable(line), fg="green") for line in added[len(pairs) :])


def _styled_pair(removed: str, added: str) -> tuple[str, str]:
    old, new = _WORD.findall(removed[1:]), _WORD.findall(added[1:])
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if len(old) * len(new) > _MAX_PAIRS or matcher.ratio() < _ALIKE:
        return click.style(printable(removed), fg="red"), click.style(printable(added), fg="green")
    before, after = [click.style("-", fg="red")], [click.style("+", fg="green")]
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        is_changed = tag != "equal"
        removed_words = printable("".join(old[old_start:old_end]))
        added_words = printable("".join(new[new_start:new_end]))
        before.append(_styled_words(removed_words, "red", is_changed=is_changed))
        after.append(_styled_words(added_words, "green", is_changed=is_changed))
    return "".join(before), "".join(after)


def _styled_words(words: str, colour: str, *, is_changed: bool) -> str:
    return click.style(words, fg=colour, reverse=is_changed or None) if words else ""
