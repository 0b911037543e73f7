"""Expanded text with a map of which file says which part of it, at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from promptsync.composition import pieces_of, unescape_text
from promptsync.prompt import Prompt

# Files that include each other many times over make no long text where they are empty.
MAX_SLOTS = 20_000


class TooManyIncludesError(Exception):
    """The text is made of more parts than anybody could follow."""


@dataclass(eq=False, slots=True)
class Occurrence:
    """One place where a file is taken in; the prompt itself is the one of depth 0.

    `parts` is the file's text in order: slots of its own words, and what it takes in, each with
    the directive that says so.
    """

    name: str
    depth: int
    parts: list[Slot | TakenIn] = field(default_factory=list)

    def written(self, own_words: Mapping[Slot, str]) -> str:
        """Return the text of the file in which some slots say something else."""
        return "".join(
            own_words.get(each, each.raw) if isinstance(each, Slot) else each.directive
            for each in self.parts
        )

    def said(self, text_by_slot: Mapping[Slot, str]) -> str:
        """Return the expanded text of this place, with the slots' new text where there is one."""
        return "".join(
            text_by_slot.get(each, unescape_text(each.raw))
            if isinstance(each, Slot)
            else each.occurrence.said(text_by_slot)
            for each in self.parts
        )


@dataclass(frozen=True, eq=False, slots=True)
class Slot:
    """Own words of one file at `start:end` of the expanded text, `raw` as the file has them.

    An empty one is a place where words could be added.
    """

    start: int
    end: int
    raw: str
    owner: Occurrence


@dataclass(frozen=True, eq=False, slots=True)
class TakenIn:
    """An include of a file's text."""

    directive: str
    occurrence: Occurrence


@dataclass(frozen=True, slots=True)
class ExpandedText:
    """The expanded text of one prompt, and the slots that it is made of, in order."""

    text: str
    slots: tuple[Slot, ...]
    top: Occurrence

    @property
    def occurrences(self) -> Iterator[Occurrence]:
        """Every place where a partial is taken in, the top left out."""
        return _below(self.top)


def expand_text(text: str, name: str, catalog: Mapping[str, Prompt]) -> ExpandedText:
    """Expand a text of a prompt that `expand` accepts. Raises TooManyIncludesError."""
    expansion = _Expansion(catalog)
    top = expansion.take_in(text, name, 0)
    return ExpandedText("".join(expansion.said), tuple(expansion.slots), top)


def _below(occurrence: Occurrence) -> Iterator[Occurrence]:
    for part in occurrence.parts:
        if isinstance(part, TakenIn):
            yield part.occurrence
            yield from _below(part.occurrence)


@dataclass(slots=True)
class _Expansion:
    catalog: Mapping[str, Prompt]
    said: list[str] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    length: int = 0

    def take_in(self, text: str, name: str, depth: int) -> Occurrence:
        occurrence = Occurrence(name, depth)
        for piece in pieces_of(text):
            if piece.partial is None:
                occurrence.parts.append(self._slot(piece.raw, occurrence))
            else:
                partial = str(self.catalog[piece.partial].content)
                inner = self.take_in(partial, piece.partial, depth + 1)
                occurrence.parts.append(TakenIn(piece.raw, inner))
        return occurrence

    def _slot(self, raw: str, owner: Occurrence) -> Slot:
        if len(self.slots) == MAX_SLOTS:
            raise TooManyIncludesError
        said = unescape_text(raw)
        slot = Slot(self.length, self.length + len(said), raw, owner)
        self.slots.append(slot)
        self.said.append(said)
        self.length += len(said)
        return slot
