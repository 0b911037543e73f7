"""Show a unified diff on a terminal, with the changed words of paired lines marked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from promptsync.cli.errors import printable

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
# Lines with less in common are shown whole: marking every other word helps nobody.
_ALIKE = 0.4


def show_with_words(lines: Sequence[str]) -> None:
    """Print a diff. Text, not markup: a prompt may hold [tags] and :codes:."""
    console = Console(markup=False, emoji=False, highlight=False, soft_wrap=True)
    for text in styled_lines(lines):
        console.print(text)


def styled_lines(lines: Sequence[str]) -> Iterator[Text]:
    """Yield each line of a unified diff as styled text, words marked where a line was edited."""
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith(("---", "+++")):
            yield Text(printable(line), "bold")
        elif line.startswith("@@"):
            yield Text(printable(line), "cyan")
        elif line.startswith("-"):
            removed = _run(lines, index, "-")
            added = _run(lines, index + len(removed), "+")
            yield from _styled_block(removed, added)
            index += len(removed) + len(added)
            continue
        else:
            yield Text(printable(line), "green" if line.startswith("+") else "")
        index += 1


def _run(lines: Sequence[str], start: int, sign: str) -> list[str]:
    end = start
    while end < len(lines) and lines[end].startswith(sign):
        end += 1
    return list(lines[start:end])


def _styled_block(removed: Sequence[str], added: Sequence[str]) -> Iterator[Text]:
    pairs = [_styled_pair(*pair) for pair in zip(removed, added, strict=False)]
    yield from (pair[0] for pair in pairs)
    yield from (Text(printable(line), "red") for line in removed[len(pairs) :])
    yield from (pair[1] for pair in pairs)
    yield from (Text(printable(line), "green") for line in added[len(pairs) :])


def _styled_pair(removed: str, added: str) -> tuple[Text, Text]:
    old, new = _WORD.findall(removed[1:]), _WORD.findall(added[1:])
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return Text(printable(removed), "red"), Text(printable(added), "green")
    before, after = Text("-", "red"), Text("+", "green")
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        mark = "" if tag == "equal" else " reverse"
        before.append(printable("".join(old[old_start:old_end])), f"red{mark}")
        after.append(printable("".join(new[new_start:new_end])), f"green{mark}")
    return before, after
