"""The commit that takes the registry's edits in: its message, and the files that are on it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptsync.cli.safe_text import one_line
from promptsync.prompt_path import file_of
from promptsync.registry_edits import RegistryEdit, title_for, trailers_for


def message_for(edits: Sequence[RegistryEdit], registry: str) -> str:
    """Return the message of a commit of edits, with a trailer for each."""
    title = title_for(edits, one_line(registry))
    return "\n".join([title, "", *map(one_line, trailers_for(edits)), ""])


def read_files(top: Path, edits: Sequence[RegistryEdit]) -> dict[str, bytes]:
    """Return what the edited files say now, by path."""
    files = sorted({file_of(path) for edit in edits for path in edit.paths})
    return {file: (top / file).read_bytes() for file in files}
