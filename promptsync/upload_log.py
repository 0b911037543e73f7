"""The log of what this clone sent or took in; to promptsync what the reflog is to git.

Each line is a state of a remote prompt that the files here have taken in: its content hash and
the hash in its stamp at that time. Without the log an upload is only more careful.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

NAME = "log"

RemoteState = tuple[str, str, str | None]
"""Served name, content hash, and stamped hash (None without a stamp) of a remote prompt."""


class LogEntry(NamedTuple):
    """One line of the log.

    `replaced` is the content hash that a file had before a download or restore wrote into it: a
    file that has it again was put back, and has not taken in what was written.
    """

    name: str
    content_hash: str
    stamped_hash: str | None
    replaced: str | None = None


def read_log(folder: Path, registry: str) -> frozenset[LogEntry]:
    """Return every remote state that went to or came from one registry."""
    try:
        lines = (folder / NAME).read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(entry for line in lines for entry in _read_line(line, registry))


def _read_line(line: str, registry: str) -> Iterator[LogEntry]:
    # A kill can leave half a line, and a later version other lines.
    with suppress(ValueError, TypeError, RecursionError):
        _, logged_registry, _, *values = json.loads(line)
        entry = LogEntry(*values)
        if logged_registry == registry and all(map(_is_text_or_none, entry)):
            yield entry


def _is_text_or_none(value: Any) -> bool:
    return value is None or isinstance(value, str)


def append_to_log(
    folder: Path, registry: str, action: str, entry: RemoteState, *, replaced: str | None = None
) -> None:
    """Remember one remote state; a log that cannot be written is no error.

    A download or restore says which content hash the file had before, see LogEntry.
    """
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    line = json.dumps([now, registry, action, *entry, replaced])
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / NAME).open("a", encoding="utf-8", newline="\n") as log:
            # The line break comes first, so that half a line spoils no other.
            log.write(f"\n{line}")
