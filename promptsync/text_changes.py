"""Find what changed between two texts: in one piece, by lines, by words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

# Matching takes time for each pair of equal tokens; beyond this a change is taken in one piece.
MAX_TOKENS = 10_000
MAX_PAIRS = 1_000_000

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Hunk:
    """`old[old_start:old_end]` became `new[new_start:new_end]`."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int

    @property
    def is_replacement(self) -> bool:
        """Whether text went and other text came."""
        return self.old_start < self.old_end and self.new_start < self.new_end

    def moved(self, count: int) -> Hunk:
        """Return the same change some characters further on."""
        return Hunk(*(each + count for each in _ends(self)))


def whole_change(old: str, new: str) -> Hunk:
    """Return the smallest single replacement that turns one text into the other."""
    return _trimmed(old, new, Hunk(0, len(old), 0, len(new)))


def changes_by_line(old: str, new: str) -> list[Hunk]:
    """Return the changes between two texts, line by line, each without what stayed at its ends."""
    whole = whole_change(old, new)
    start = old.rfind("\n", 0, whole.old_start) + 1
    old_end, new_end = _line_end(old, whole.old_end), _line_end(new, whole.new_end)
    part = Hunk(start, old_end, start, new_end)
    return _changes(old, new, part, lambda text: text.splitlines(keepends=True))


def changes_by_word(old: str, new: str, hunk: Hunk) -> list[Hunk]:
    """Cut one change into those of its words."""
    return _changes(old, new, hunk, _TOKEN.findall)


def with_context(old: str, hunk: Hunk, most: int) -> Hunk:
    """Return a change with what stands around it on its lines, at most so many characters."""
    before = min(hunk.old_start - (old.rfind("\n", 0, hunk.old_start) + 1), most)
    after = min(len(old[hunk.old_end : hunk.old_end + most].partition("\n")[0]), most)
    return Hunk(
        hunk.old_start - before,
        hunk.old_end + after,
        hunk.new_start - before,
        hunk.new_end + after,
    )


def slack(old: str, new: str, hunk: Hunk, *, first: int, last: int) -> range:
    """Return by how many characters a change can be moved and still be the same change.

    Text that was added to `aa` may have been added before, between or after. The range starts at
    or below 0 and is `range(1)` for a replacement; `first` and `last` bound it in the old text.
    """
    if hunk.is_replacement:
        return range(1)
    text = old if hunk.old_start < hunk.old_end else new
    start, end = _ends(hunk)[:2] if text is old else _ends(hunk)[2:]
    forward = 0
    while hunk.old_end + forward < last and text[start + forward] == old[hunk.old_end + forward]:
        forward += 1
    back = 0
    while hunk.old_start - back > first and text[end - back - 1] == old[hunk.old_start - back - 1]:
        back += 1
    return range(-back, forward + 1)


def _ends(hunk: Hunk) -> tuple[int, int, int, int]:
    return hunk.old_start, hunk.old_end, hunk.new_start, hunk.new_end


def _line_end(text: str, position: int) -> int:
    found = text.find("\n", position)
    return len(text) if found < 0 else found + 1


def _trimmed(old: str, new: str, hunk: Hunk) -> Hunk:
    """Take off what both sides of a change begin and end with."""
    old_start, old_end, new_start, new_end = _ends(hunk)
    while old_start < old_end and new_start < new_end and old[old_start] == new[new_start]:
        old_start, new_start = old_start + 1, new_start + 1
    while old_start < old_end and new_start < new_end and old[old_end - 1] == new[new_end - 1]:
        old_end, new_end = old_end - 1, new_end - 1
    return Hunk(old_start, old_end, new_start, new_end)


def _changes(old: str, new: str, part: Hunk, cut: Callable[[str], Sequence[str]]) -> list[Hunk]:
    """Match the tokens of a part and return what did not match, each trimmed."""
    before = cut(old[part.old_start : part.old_end])
    after = cut(new[part.new_start : part.new_end])
    if max(len(before), len(after)) > MAX_TOKENS or _pairs(before, after) > MAX_PAIRS:
        return [_trimmed(old, new, part)]
    old_at = _offsets(before, part.old_start)
    new_at = _offsets(after, part.new_start)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    hunks: list[Hunk] = []
    for kind, first, last, new_first, new_last in matcher.get_opcodes():
        if kind == "equal":
            continue
        hunk = Hunk(old_at[first], old_at[last], new_at[new_first], new_at[new_last])
        if hunks and _is_one_change(old[hunks[-1].old_end : hunk.old_start], hunks[-1], hunk):
            hunk = Hunk(hunks[-1].old_start, hunk.old_end, hunks[-1].new_start, hunk.new_end)
            hunks.pop()
        hunks.append(hunk)
    return [_trimmed(old, new, hunk) for hunk in hunks]


def _pairs(before: Sequence[str], after: Sequence[str]) -> int:
    counts = Counter(after)
    return sum(counts[token] for token in before)


def _offsets(tokens: Iterable[str], start: int) -> list[int]:
    return list(accumulate(map(len, tokens), initial=start))


def _is_one_change(between: str, one: Hunk, other: Hunk) -> bool:
    """Tell whether what matched between two changes is there by chance: a blank line, a comma.

    Where both replace text, it stands between the same two neighbours as before.
    """
    is_chance = not any(map(str.isalnum, between))
    return is_chance and not (one.is_replacement and other.is_replacement)
