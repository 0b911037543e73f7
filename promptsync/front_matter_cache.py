"""Remember parsed front matter between runs, by its text. It changes speed, never an answer."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "front-matter-1.json"
MAX_ENTRIES = 50_000


class FrontMatterCache:
    """Parsed front matter in one JSON file. The key is the very text, so nothing can be stale."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / NAME
        self._values = _load(self._path)
        self._new: dict[str, dict[str, Any]] = {}

    def read(self, text: str) -> dict[str, Any]:
        """Parse front matter, or remember. Raises FrontMatterError."""
        known = self._values.get(text)
        if isinstance(known, dict):
            return known
        from promptsync.front_matter import read_front_matter  # noqa: PLC0415  PyYAML costs 20 ms

        values = read_front_matter(text)
        self._new[text] = values
        return values

    def save(self) -> None:
        """Write what was learnt. A cache that cannot be written is no error."""
        if self._path is None or not self._new:
            return
        kept = self._values if len(self._values) < MAX_ENTRIES else {}
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
            temporary.write_text(json.dumps({**kept, **self._new}), "utf-8")
            temporary.replace(self._path)


def _load(path: Path | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    try:
        values = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
