"""The log of what this clone uploaded or downloaded; to promptsync what the reflog is to git.

Each line is a state of a remote prompt that the files here have taken in: its content hash and
the hash in its stamp at that time. Without the log an upload is only more careful.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

NAME = "log"


LogEntry = tuple[str, str, str | None]
"""Served name, content hash, and stamped hash (None without a stamp) of a remote prompt."""


def read_log(folder: Path, registry: str) -> frozenset[LogEntry]:
    """Return every remote state that went to or came from one registry."""
    try:
        lines = (folder / NAME).read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    rows = (line.split(" ") for line in lines)
    return frozenset(
        (name, content, None if stamped == "-" else stamped)
        for _, logged_registry, _, name, content, stamped in filter(_is_whole, rows)
        if logged_registry == registry
    )


def _is_whole(row: list[str]) -> bool:
    # A kill can leave half a line at the end.
    return len(row) == 6  # noqa: PLR2004  time, registry, action, name, content, stamp


def append_to_log(folder: Path, registry: str, action: str, entry: LogEntry) -> None:
    """Remember one remote state; a log that cannot be written is no error."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name, content, stamped = entry
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / NAME).open("a", encoding="utf-8", newline="\n") as log:
            log.write(f"{now} {registry} {action} {name} {content} {stamped or '-'}\n")
