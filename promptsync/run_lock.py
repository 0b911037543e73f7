"""Keep two syncs in one clone apart: a lock of the operating system, which ends with its process.

A library would do, but the one that is well kept costs 60 ms to import, a third of a whole sync.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from promptsync.errors import BusyError, UsageError

NAME = "sync.lock"

# What people read about the holder stands at the start of the file. Windows lets nobody read what
# is locked, so the byte that is locked lies behind it.
_LOCKED_BYTE = 1 << 20


@contextmanager
def lock_clone(folder: Path, holder: str) -> Iterator[None]:
    """Hold the lock of a clone while the context lasts. Raises BusyError when another run does.

    The file stays, and means nothing by itself: a killed process holds no lock.
    """
    with _open(folder) as file:
        if not _try_to_lock(file):
            raise another_is_at_work(file.read(200))
        file.seek(0)
        file.truncate()
        file.write(holder)
        file.flush()
        # Closing the file gives the lock back, whatever ends the process.
        yield


def another_is_at_work(holder: str) -> BusyError:
    """Return the error for a sync that came second; `holder` describes the first."""
    return BusyError(
        f"another sync is at work: {holder or 'nobody says whose'}; nothing was done",
        hint="run the command again when it is done; `promptsync sync --status` tells",
    )


def describe_process(now: str) -> str:
    """Describe this process for those who wait for it."""
    host = "" if sys.platform == "win32" else f" on {os.uname().nodename}"
    return f"process {os.getpid()}{host}, since {now}"


def _open(folder: Path) -> IO[str]:
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Never inherited: git must not hold the lock when its parent is killed.
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o666), "r+", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"`{path}` cannot be written: {error.strerror}") from error


def _try_to_lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # exists there only

            os.lseek(file.fileno(), _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            os.lseek(file.fileno(), 0, os.SEEK_SET)
        else:
            import fcntl  # exists elsewhere only

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
