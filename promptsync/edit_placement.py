"""Place the changes of an expanded text in the slots that hold them, each in one file.

Where a change could stand in more than one slot, or a little before or after, it goes where it
changes the fewest prompts. One that no slot holds as a whole is an EditConflict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptsync.edit_conflict import EditConflict, excerpt
from promptsync.expanded_text import ExpandedText, Occurrence, Slot
from promptsync.text_changes import (
    Hunk,
    changes_by_line,
    changes_by_word,
    slack,
    whole_change,
    with_context,
)

# As much around a change as a person needs to find the place.
MAX_CONTEXT = 40


def place_changes(expanded: ExpandedText, edited: str) -> tuple[dict[Slot, str], list[str]]:
    """Return the edited text of each slot in which something changed, and notes.

    Notes are sentences about what might have been meant otherwise. Raises EditConflict.
    """
    if expanded.text == edited:
        return {}, []
    notes: list[str] = []
    changes: dict[Slot, list[tuple[int, int, str]]] = {}
    hunks = list(_placeable_hunks(expanded, edited))
    ends = [*(hunk.old_start for hunk, _ in hunks[1:]), len(expanded.text)]
    first = 0
    for (hunk, around), last in zip(hunks, ends, strict=True):
        found = _candidates(expanded, edited, hunk, first, last)
        if not found:
            raise _crossing(expanded, edited, around)
        slot, placed, note = _place(found, hunk)
        first = placed.old_end
        new = edited[placed.new_start : placed.new_end]
        change = (placed.old_start - slot.start, placed.old_end - slot.start, new)
        changes.setdefault(slot, []).append(change)
        notes += [note] if note else []
    texts = {
        slot: _changed(expanded.text[slot.start : slot.end], each) for slot, each in changes.items()
    }
    return texts, notes


def _placeable_hunks(expanded: ExpandedText, edited: str) -> Iterator[tuple[Hunk, Hunk]]:
    """Yield the changes, each small enough to lie in one file where that can be had.

    With each comes what people would call the change: the lines around its words.
    """
    whole = whole_change(expanded.text, edited)
    if _candidates(expanded, edited, whole, 0, len(expanded.text)):
        yield whole, whole
        return
    for hunk in changes_by_line(expanded.text, edited):
        if _candidates(expanded, edited, hunk, hunk.old_start, hunk.old_end):
            yield hunk, hunk
        else:
            yield from ((each, hunk) for each in changes_by_word(expanded.text, edited, hunk))


def _place(candidates: Sequence[tuple[Slot, int]], hunk: Hunk) -> tuple[Slot, Hunk, str | None]:
    """Choose the file that a change belongs to: where several could have it, the outermost.

    What is added at the edge of a partial may be meant for everybody who includes it, or for this
    prompt alone. The latter changes nobody else.
    """
    slot, moved = min(candidates, key=lambda each: (each[0].owner.depth, abs(each[1])))
    others = {each.owner.name for each, _ in candidates if each.owner is not slot.owner}
    note = None
    if others:
        inner = ", ".join(f"`{name}`" for name in sorted(others))
        note = f"an edit at the edge of {inner} was taken as one of `{slot.owner.name}`"
    return slot, hunk.moved(moved), note


def _candidates(
    expanded: ExpandedText, edited: str, hunk: Hunk, first: int, last: int
) -> list[tuple[Slot, int]]:
    """Return the slots that can hold a whole change, and how far it has to be moved for that."""
    moves = slack(expanded.text, edited, hunk, first=first, last=last)
    found = []
    for slot in expanded.slots:
        lowest = max(moves.start, slot.start - hunk.old_start)
        highest = min(moves.stop - 1, slot.end - hunk.old_end)
        if lowest <= highest:
            found.append((slot, min(max(0, lowest), highest)))
    return found


def _crossing(expanded: ExpandedText, edited: str, hunk: Hunk) -> EditConflict:
    hunk = with_context(expanded.text, hunk, MAX_CONTEXT)
    touched = [
        slot for slot in expanded.slots if slot.start < hunk.old_end and hunk.old_start < slot.end
    ]
    runs: list[tuple[Occurrence, str]] = []
    for slot in touched:
        part = expanded.text[max(slot.start, hunk.old_start) : min(slot.end, hunk.old_end)]
        if runs and runs[-1][0] is slot.owner:
            part = runs.pop()[1] + part
        runs.append((slot.owner, part))
    owners = list(dict.fromkeys(f"`{owner.name}`" for owner, _ in runs))
    width = max(len(owner) for owner in [*owners, "registry"])
    shown = [f"{f'`{owner.name}`':{width}}  {excerpt(part)}" for owner, part in runs]
    new = edited[hunk.new_start : hunk.new_end]
    return EditConflict(
        f"one edit runs across the boundary of {' and '.join(owners)}",
        [*shown, f"{'registry':{width}}  {excerpt(new)}"],
    )


def _changed(text: str, changes: Sequence[tuple[int, int, str]]) -> str:
    pieces, position = [], 0
    for start, end, new in changes:
        pieces += [text[position:start], new]
        position = end
    return "".join([*pieces, text[position:]])
