"""Read and write one prompt of a format, the way tests want to look at it."""

from __future__ import annotations

from collections.abc import Mapping

from promptsync.formats import FORMATS, Exported, Imported, Source, export_prompt, import_prompts
from promptsync.prompt import Prompt


def read_all(format_: str, text: str, path: str, **beside: str) -> tuple[Imported, ...]:
    """Read a file; `beside` holds the files it may refer to, `_` for a dot in their names."""
    files: Mapping[str, str] = {name.replace("_", "."): each for name, each in beside.items()}

    def read_beside(reference: str) -> str:
        if reference not in files:
            raise ValueError(f"there is no file `{reference}`")
        return files[reference]

    return import_prompts(Source(text, path, read_beside), FORMATS[format_])


def read_one(format_: str, text: str, path: str, **beside: str) -> Imported:
    """Read a file that holds one prompt."""
    (imported,) = read_all(format_, text, path, **beside)
    return imported


def lost(converted: Imported | Exported) -> list[str]:
    """Return what a conversion lost, in its words."""
    return [note.message for note in converted.notes if note.is_lost]


def said(converted: Imported | Exported) -> list[str]:
    """Return what a conversion says differently, in its words."""
    return [note.message for note in converted.notes if not note.is_lost]


def write(format_: str, prompt: Prompt) -> Exported:
    """Export a prompt."""
    return export_prompt(prompt, FORMATS[format_])
