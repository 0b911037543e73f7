"""Write what an import or an export changed: a line for each note, or JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from promptsync.cli.columns import WIDTH
from promptsync.cli.safe_text import one_line
from promptsync.formats.conversion import Note


def note_lines(notes: Iterable[Note], indent: str = "") -> str:
    """Return the notes as lines, what is lost first."""
    ordered = sorted(notes, key=lambda note: not note.is_lost)
    return "".join(_lines(note, indent) for note in ordered)


def _lines(note: Note, indent: str) -> str:
    mark = "lost: " if note.is_lost else "note: "
    wrapped = textwrap.fill(
        one_line(note.message),
        WIDTH,
        initial_indent=indent + mark,
        subsequent_indent=indent + " " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{wrapped}\n"


def notes_json(notes: Sequence[Note]) -> list[dict[str, object]]:
    """Return the notes for scripts."""
    return [{"field": each.field, "message": each.message, "lost": each.is_lost} for each in notes]
