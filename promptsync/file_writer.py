"""Write prompt files so that a kill leaves the old file or the new one, and never outside a root.

Names from a registry are data: they may hold `../`, reserved names of Windows, or differ from a
file here only in case.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from promptsync.errors import UsageError
from promptsync.file_replacement import TEMPORARY, replace_file
from promptsync.prompt_name import NAME
from promptsync.prompt_sources import (
    SUFFIX,
    Roots,
    paths_in_work_tree,
    paths_of_entries,
    wrong_catalog,
)

MAX_FILE_NAME = 255

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file, with or without an extension
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)


WITHOUT_FILE = "rename it there, or write a file with the served name in it"


def taken_names(roots: Roots) -> dict[str, str]:
    """Return which file has each name, and each path, in lower case."""
    taken = {}
    for path in paths_in_work_tree(roots):
        taken[path.lower()] = path
        if (name := roots.name_of(path)) is not None:
            taken[name.lower()] = path
    for path in paths_of_entries(roots):
        taken[(roots.name_of(path) or path).lower()] = path
    return taken


def path_for(roots: Roots, name: str, taken: Mapping[str, str]) -> str:
    """Return where a prompt that only the registry has goes; `taken` is what taken_names found.

    Raises UsageError for unsafe names, and for one that a file here has already.
    """
    reason = why_no_file(roots, name, taken)
    if reason is not None:
        raise UsageError(f"`{name[:60]}` {reason}", hint=WITHOUT_FILE)
    return roots.path_of(name)


def why_no_file(roots: Roots, name: str, taken: Mapping[str, str]) -> str | None:
    """Say why a prompt of this name cannot become a prompt file, None where it can."""
    other = taken.get(name.lower()) or taken.get(roots.path_of(name).lower())
    reason = unsafe_reason(name) or (f"`{other}` has that name" if other else None)
    if reason is None and (wrong := wrong_catalog(roots)) is not None:
        reason = f"`{wrong}` is wrong, and may have that name"
    return reason and f"cannot become a prompt file: {reason}"


def unsafe_reason(name: str) -> str | None:
    """Return why a name of foreign data cannot become that of a file, None where it can."""
    if not NAME.fullmatch(name):
        return "names have letters, digits, `_`, `.` and `-`, at most 255 of them"
    if name.startswith(".") or name.endswith(".") or ".." in name:
        return "it starts or ends with a dot, or has two in a row"
    if name.split(".", maxsplit=1)[0].lower() in _RESERVED:
        return "Windows reserves it"
    if name.lower() == "readme":
        return "a README is not a prompt"
    if len(name) > MAX_FILE_NAME - len(SUFFIX):
        return f"file systems hold file names of at most {MAX_FILE_NAME} characters"
    return None


def write_text(top: Path, path: str, text: str) -> None:
    """Replace a file by a text, as `write_bytes` does."""
    write_bytes(top, path, text.encode())


def write_bytes(top: Path, path: str, data: bytes) -> None:
    """Replace a file in one step: temporary file beside it, flushed, renamed.

    `path` is relative to `top`. Raises UsageError for a path that leads through a symbolic link,
    and for a full or unwritable disk; the old file is then untouched.
    """
    target = top / path
    try:
        if any(step.is_symlink() for step in _steps(top, target)):
            raise UsageError(f"`{path}` leads through a symbolic link; nothing was written")
        replace_file(target, data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"`{path}` cannot be written: {reason}; it is unchanged") from error


def _steps(top: Path, target: Path) -> list[Path]:
    """Return a path and the folders above it, up to but without the top."""
    relative = target.relative_to(top)
    if ".." in relative.parts:
        raise UsageError(f"`{relative.as_posix()}` leads out of the repository")
    return [top / each for each in (relative, *relative.parents) if each.parts]


def remove_leftovers(roots: Roots) -> None:
    """Remove what killed runs left. A run that is at work now says that it could not write."""
    for path in paths_in_work_tree(roots):
        if TEMPORARY.fullmatch(path.rpartition("/")[2]):
            with suppress(OSError):
                (roots.top / path).unlink(missing_ok=True)
