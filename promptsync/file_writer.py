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
from promptsync.prompt_name import unsafe_reason
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import paths_in_work_tree, paths_of_entries, wrong_catalog

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
