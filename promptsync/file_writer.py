"""Write prompt files so that a kill leaves the old file or the new one, and never outside a root.

Names from a registry are data: they may hold `../`, reserved names of Windows, or differ from a
file here only in case.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from promptsync.errors import UsageError
from promptsync.prompt_file import NAME
from promptsync.prompt_sources import Roots

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file, with or without an extension
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)


def path_for(roots: Roots, name: str) -> str:
    """Return where a prompt that only the registry has goes. Raises UsageError for unsafe names."""
    reason = _unsafe(name)
    if reason is not None:
        raise UsageError(
            f"`{name[:60]}` cannot become a prompt file: {reason}",
            hint="rename it in the registry, or write the file yourself with the served name in "
            "its front matter",
        )
    path = roots.path_of(name)
    _refuse_collision(roots.top, path)
    return path


def _unsafe(name: str) -> str | None:
    if not NAME.fullmatch(name):
        return "names have letters, digits, `_`, `.` and `-`, at most 255 of them"
    if name.startswith(".") or name.endswith(".") or ".." in name:
        return "it starts or ends with a dot, or has two in a row"
    if name.split(".")[0].lower() in _RESERVED:
        return "Windows reserves it"
    if name.lower() == "readme":
        return "a README is not a prompt"
    if len(name) > 255 - len(".md"):
        return "file systems hold file names of at most 255 characters"
    return None


def _refuse_collision(top: Path, path: str) -> None:
    target = top / path
    with suppress(FileNotFoundError):
        for entry in os.listdir(target.parent):  # noqa: PTH208  names are all that is needed
            if entry.lower() == target.name.lower():
                raise UsageError(f"`{path}` would collide with `{entry}` in the same folder")


def write_text(top: Path, path: str, text: str) -> None:
    """Replace a file in one step: temporary file beside it, flushed, renamed.

    `path` is relative to `top`. Raises UsageError for a path that leads out of it through a
    symbolic link, and for a full or unwritable disk; the old file is then untouched.
    """
    target = top / path
    if target.is_symlink() or not target.parent.resolve().is_relative_to(top.resolve()):
        raise UsageError(f"`{path}` leads through a symbolic link; nothing was written")
    try:
        _replace(target, text.encode())
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"`{path}` cannot be written: {reason}; it is unchanged") from error


def _replace(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name[:100]}.", suffix=".tmp"
    )
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(_mode_of(target))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode_of(target: Path) -> int:
    with suppress(FileNotFoundError):
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
