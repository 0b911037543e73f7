"""Remember what prompt files said, between runs. It changes speed, never an answer.

An entry is found by the SHA-256 of a file's bytes, so it cannot be stale; every file is still
read and hashed. Composites are not remembered: their content is in other files too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsync.prompt import NAMING_KEYS, Prompt

# A new number for every change of what parsing or hashing gives.
NAME = "prompts-1.json"
MAX_ENTRIES = 50_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """What a comparison needs of a prompt file: its header (all but content) and its hash."""

    header: Prompt
    content_hash: str


class PromptMemo:
    """Remembered prompt files of one repository, in one JSON file below its git directory."""

    def __init__(self, folder: Path | None, kind: str | None) -> None:
        self._path = None if folder is None else folder / NAME
        self._kind = kind
        self._entries = _load(self._path)
        self._new: dict[str, list[Any]] = {}

    def get(self, file_sha256: str, path_name: str) -> Remembered | None:
        """Return what a file with these bytes said under this name, None when it is not known."""
        entry = self._entries.get(self._key(file_sha256, path_name))
        return None if entry is None else _read_entry(entry)

    def put(self, file_sha256: str, path_name: str, prompt: Prompt, content_hash: str) -> None:
        """Remember a prompt file without includes."""
        self._new[self._key(file_sha256, path_name)] = _write_entry(
            prompt, content_hash, self._kind
        )

    def save(self) -> None:
        """Write what was learnt. A memo that cannot be written is no error."""
        if self._path is None or not self._new:
            return
        kept = self._entries if len(self._entries) < MAX_ENTRIES else {}
        from promptsync.file_replacement import replace_cache  # most runs write none

        with suppress(OSError):
            replace_cache(self._path, json.dumps({**kept, **self._new}).encode())

    def _key(self, file_sha256: str, path_name: str) -> str:
        return f"{self._kind} {path_name} {file_sha256}"


def _load(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _write_entry(prompt: Prompt, content_hash: str, kind: str | None) -> list[Any]:
    options = prompt.registry_options.get(kind, {}) if kind else {}
    naming = {key: value for key, value in options.items() if key in NAMING_KEYS}
    details = [prompt.title, prompt.description, list(prompt.tags), dict(prompt.metadata)]
    return [content_hash, prompt.name, prompt.partial, *details, {kind: naming} if naming else {}]


def _read_entry(entry: Any) -> Remembered | None:
    try:
        content_hash, name, partial, title, description, tags, metadata, options = entry
    except (TypeError, ValueError):
        return None
    header = Prompt(
        name=name,
        content="",
        title=title,
        description=description,
        tags=tuple(tags),
        metadata=metadata,
        partial=partial,
        registry_options=options,
    )
    return Remembered(header, content_hash)
