"""Replace a file in one step: a kill leaves the old file or the new one."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

# No file of anybody else is called like this; a leading dot keeps it from being a prompt file.
TEMPORARY = re.compile(r"\..+\.[0-9a-f]{8}\.promptsync-tmp")

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


def replace_file(target: Path, data: bytes) -> None:
    """Write a temporary file beside the target, flush it, rename it. Raises OSError.

    Folders on the way are made. The permissions are those of the old file, else what the umask
    leaves.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    permissions = None
    with suppress(FileNotFoundError):
        permissions = target.stat().st_mode & 0o777
    _replace(target, data, created_with=0o666, permissions=permissions)


def replace_private_file(target: Path, data: bytes) -> None:
    """Do so with a file that only this user may read, in a folder of the same kind."""
    target.parent.parent.mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    _replace(target, data, created_with=PRIVATE_FILE)


def replace_cache(target: Path, data: bytes) -> None:
    """Do so with a file that may be lost when the power fails: it changes only speed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target, data, created_with=0o666, is_flushed=False)


def _replace(
    target: Path,
    data: bytes,
    *,
    created_with: int,
    permissions: int | None = None,
    is_flushed: bool = True,
) -> None:
    name = f".{target.name[:100]}.{secrets.token_hex(4)}.promptsync-tmp"
    temporary = target.with_name(name)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, created_with)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if is_flushed:
                file.flush()
                os.fsync(file.fileno())
        if permissions is not None:
            temporary.chmod(permissions)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows writes CRLF else
