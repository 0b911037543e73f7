"""Remember between runs which version of a prompt was the latest. It changes only speed.

Opik lists prompts without their versions, but returns 1,000 versions at once to those who know
their ids. What is remembered is only ever asked for: an id that is out of date shows itself.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
import time
from collections.abc import Mapping
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
        self._read = False
        self._project: tuple[str, float] | None = None
        self._prompts: dict[str, KnownPrompt] = {}

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
                self._prompts.clear()
            self._project = (project_id, time.time())
            self._save()

    def get(self, prompt_id: str) -> KnownPrompt | None:
        """Return what was seen of a prompt."""
        with self._lock:
            self._load()
            return self._prompts.get(prompt_id)

    def ids_by_name(self) -> Mapping[str, str]:
        """Return the ids of the prompts that were seen."""
        with self._lock:
            self._load()
            return {each.name: prompt_id for prompt_id, each in self._prompts.items()}

    def put(self, seen: Mapping[str, KnownPrompt], *, everything: bool) -> None:
        """Keep what was seen; `everything` means that no other prompts are there."""
        with self._lock:
            self._load()
            prompts = dict(seen) if everything else {**self._prompts, **seen}
            if prompts != self._prompts:
                self._prompts = prompts
                self._save()

    def _load(self) -> None:
        if self._read or self._path is None:
            return
        self._read = True
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            value = _read_file(self._path)[self._key]
            prompts = {_id(each): _known(row) for each, row in value["prompts"].items()}
            self._project = (_id(value["project"]), float(value["found"]))
            self._prompts = prompts

    def _save(self) -> None:
        if self._path is None or self._project is None:
            return
        project_id, found = self._project
        prompts = {prompt_id: _row(each) for prompt_id, each in self._prompts.items()}
        own = {"project": project_id, "found": found, "prompts": prompts}
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        # A file that cannot be written is no error: the next run asks again.
        with suppress(OSError, ValueError):
            others = _read_file(self._path)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_text(json.dumps({**others, self._key: own}), "utf-8")
            temporary.replace(self._path)


def _read_file(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _row(known: KnownPrompt) -> list[Any]:
    return [known.name, known.count, known.updated, known.version_id, dict(known.aliases)]


def _known(row: Any) -> KnownPrompt:
    name, count, updated, version_id, aliases = row
    by_alias = {str(alias): _id(each) for alias, each in aliases.items()}
    return KnownPrompt(str(name), int(count), str(updated), _id(version_id), by_alias)


def _id(value: object) -> str:
    if not (isinstance(value, str) and re.fullmatch(ID, value)):
        raise ValueError("no id")  # the service refuses a whole request for it
    return value
