"""The service's identifiers: uuids of version 7, commits, moments."""

from __future__ import annotations

import re
import secrets
import time
import uuid
from datetime import UTC, datetime

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62


class Ids:
    """Gives uuids of version 7 that only grow: the latest version is the one with the last id.

    `latest` tells whether anything has changed: what changes without a new id takes one as well.
    """

    def __init__(self) -> None:
        self.latest = 0

    def next(self) -> str:
        """Return a new id: 48 bits of milliseconds, a counter that keeps the order, chance."""
        milliseconds, counter = divmod(max(self.latest + 1, time.time_ns() // 1000 * 4), 4000)
        self.latest = milliseconds * 4000 + counter
        low = _VARIANT | secrets.randbits(62)
        return str(uuid.UUID(int=milliseconds << 80 | _VERSION | counter << 64 | low))


def commit_of(version_id: str) -> str:
    """Return the deprecated short form of a version's id. Source: CommitUtils."""
    return version_id[-8:]


def is_uuid(text: object) -> bool:
    """Tell whether the service would take this for an id."""
    return isinstance(text, str) and UUID.fullmatch(text) is not None


def now() -> str:
    """Return the present moment as the service writes it: microseconds and a Z."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
