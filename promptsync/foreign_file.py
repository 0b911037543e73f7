"""Files of other formats on disk, and the files beside them that they refer to."""

from __future__ import annotations

from pathlib import Path

from promptsync.errors import PromptFileError, UsageError
from promptsync.file_text import MAX_BYTES, decode
from promptsync.formats.conversion import Source


def read_foreign_file(path: Path, shown: str) -> Source:
    """Read a file; `shown` is its path for messages.

    Raises UsageError for one that cannot be read, PromptFileError for one that is no text.
    """
    try:
        data = _read(path, shown)
    except ValueError as error:
        raise UsageError(str(error)) from error
    text = decode(data, shown)
    return Source(text, shown, lambda reference: _read_beside(path.parent, reference))


def foreign_text(data: bytes, shown: str) -> Source:
    """Return what was piped in. It refers to no files."""
    return Source(decode(data, shown), shown)


def _read_beside(folder: Path, reference: str) -> str:
    """Read a file at or below a folder. Raises ValueError for every other one.

    The file that refers to it may come from anybody: it does not choose what is read here.
    """
    top = folder.resolve()
    target = (top / reference).resolve()
    if not target.is_relative_to(top):
        raise ValueError(f"`{reference}` leads out of the folder of this file, and is not read")
    try:
        return decode(_read(target, reference), reference)
    except PromptFileError as error:
        raise ValueError(error.message) from error


def _read(path: Path, shown: str) -> bytes:
    if path.is_dir():
        raise ValueError(f"`{shown}` is a folder; name the files in it")
    if not path.is_file():
        raise ValueError(f"there is no file `{shown}`")
    try:
        with path.open("rb") as file:
            # One byte more than is allowed tells a file that is too large.
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ValueError(f"`{shown}` cannot be read: {error.strerror}") from error
