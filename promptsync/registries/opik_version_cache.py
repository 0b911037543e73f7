"""Remember between runs which version of a prompt was the latest. It changes only speed.

Opik lists prompts without their versions, but returns 1,000 versions at once to those who know
their ids. What is remembered is only ever asked for: an id that is out of date shows itself.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promptsync.registries.opik_fields import ID

NAME = "opik-versions-1.json"

# A project may be renamed, and another one take its name: its id is looked up again after so long.
PROJECT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class KnownPrompt:
    """What was seen of a prompt: its latest version, and those that aliases pointed at.

    The version is the latest for as long as `count` and `updated` are what the listing says.
    """

    name: str
    count: int
    updated: str
    version_id: str
    aliases: Mapping[str, str] = field(default_factory=dict)


class VersionCache:
    """What was seen in one project, by the ids of its prompts. Safe to use from several threads.

    Without a folder it lives as long as the process.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self._path = folder / NAME if folder else None
        self._key = hashlib.sha256(key.encode()).hexdigest()
        self._lock = threading.Lock()
        self._is_read = False
        self._project: tuple[str, float] | None = None
        # As the file has them: each is looked at when somebody asks for it.
        self._rows: dict[str, Any] = {}
        self._parsed: dict[str, KnownPrompt | None] = {}

    def project_id(self) -> str | None:
        """Return the project's id, unless it is unknown or was looked up too long ago."""
        with self._lock:
            self._load()
            if self._project is None:
                return None
            project_id, found = self._project
            return project_id if 0 <= time.time() - found < PROJECT_SECONDS else None

    def put_project(self, project_id: str) -> None:
        """Keep the project's id; what was seen in another one is forgotten."""
        with self._lock:
            self._load()
            if self._project is not None and self._project[0] != project_id:
                self._replace({})
            self._project = (project_id, time.time())
            self._save()

    def get(self, prompt_id: str) -> KnownPrompt | None:
        """Return what was seen of a prompt."""
        # Taken first: what is parsed of rows that are replaced meanwhile is not kept.
        parsed = self._parsed
        if prompt_id not in parsed:
            row = self._rows.get(prompt_id)
            parsed[prompt_id] = None if row is None else _known(row)
        return parsed[prompt_id]

    def all(self) -> Iterator[KnownPrompt]:
        """Yield what was seen of every prompt."""
        return filter(None, map(self.get, self._rows))

    def find_id(self, name: str) -> str | None:
        """Return the id of a prompt that was seen under a name."""
        for prompt_id, row in self._rows.items():
            if (known := _known(row)) is not None and known.name == name:
                return prompt_id if _is_id(prompt_id) else None
        return None

    def put(self, seen: Mapping[str, KnownPrompt], *, everything: bool) -> None:
        """Keep what was seen; `everything` means that no other prompts are there."""
        with self._lock:
            self._load()
            rows = {prompt_id: _row(each) for prompt_id, each in seen.items()}
            if not everything:
                rows = {**self._rows, **rows}
            if rows != self._rows:
                self._replace(rows)
                self._save()

    def _replace(self, rows: dict[str, Any]) -> None:
        self._rows = rows
        self._parsed = {}

    def _load(self) -> None:
        if self._is_read or self._path is None:
            return
        self._is_read = True
        with suppress(AttributeError, KeyError, OverflowError, TypeError, ValueError):
            value = _read_file(self._path)[self._key]
            project_id, rows = value["project"], value["prompts"]
            if _is_id(project_id) and isinstance(rows, dict):
                self._project = project_id, float(value["found"])
                self._replace(rows)

    def _save(self) -> None:
        if self._path is None or self._project is None:
            return
        project_id, found = self._project
        own = {"project": project_id, "found": found, "prompts": self._rows}
        from promptsync.file_replacement import replace_cache  # most runs write none

        # A file that cannot be written is no error: the next run asks again.
        with suppress(OSError, ValueError):
            others = _read_file(self._path)
            replace_cache(self._path, json.dumps({**others, self._key: own}).encode())


def _read_file(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _row(known: KnownPrompt) -> list[Any]:
    return [known.name, known.count, known.updated, known.version_id, dict(known.aliases)]


def _known(row: Any) -> KnownPrompt | None:
    try:
        name, count, updated, version_id, aliases = row
        # The service refuses a whole request for one id that is none.
        return (
            KnownPrompt(name, count, updated, version_id, aliases)
            if isinstance(name, str) and _are_ids(version_id, *aliases.values())
            else None
        )
    except (AttributeError, TypeError, ValueError):
        return None


def _are_ids(*values: object) -> bool:
    return all(map(_is_id, values))


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


_ID = re.compile(ID)
