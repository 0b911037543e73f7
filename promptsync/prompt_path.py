"""Where a prompt stands: the path of its file, or `FILE#KEY` for an entry of a catalog file."""

from __future__ import annotations

import re

CATALOG_SUFFIXES = (".json", ".yaml", ".yml")

_ENTRY = re.compile(r"(.+\.(?:json|yaml|yml))#([A-Za-z0-9_.-]+)", re.DOTALL)


def is_catalog_file(path: str) -> bool:
    """Tell whether a path among `prompts` names a catalog file rather than a folder."""
    return path.endswith(CATALOG_SUFFIXES)


def entry_path(file: str, key: str) -> str:
    """Return the path of an entry."""
    return f"{file}#{key}"


def file_of(path: str) -> str:
    """Return the file that holds a prompt: git and editors know nothing else."""
    found = _ENTRY.fullmatch(path) if "#" in path else None
    return found[1] if found else path


def key_of(path: str) -> str | None:
    """Return the key of an entry, None for a prompt file."""
    found = _ENTRY.fullmatch(path) if "#" in path else None
    return found[2] if found else None
