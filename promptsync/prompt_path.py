"""Where a prompt stands: the path of its file, or `FILE#KEY` for an entry of a catalog file."""

from __future__ import annotations

CATALOG_SUFFIXES = (".json", ".yaml", ".yml")


def is_catalog_file(path: str) -> bool:
    """Tell whether a path among `prompts` names a catalog file rather than a folder."""
    return path.endswith(CATALOG_SUFFIXES)


def entry_path(file: str, key: str) -> str:
    """Return the path of an entry."""
    return f"{file}#{key}"


def file_of(path: str) -> str:
    """Return the file that holds a prompt: git and editors know nothing else."""
    return _cut(path)[0]


def key_of(path: str) -> str | None:
    """Return the key of an entry, None for a prompt file."""
    return _cut(path)[1]


def _cut(path: str) -> tuple[str, str | None]:
    # Folders and prompt files may have a `#` in their names as well.
    file, _, key = path.rpartition("#")
    return (file, key) if is_catalog_file(file) and key and "/" not in key else (path, None)
