"""What the embedded registry of a folder holds."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt


def versions(folder: Path, name: str = "greeting") -> list[RemotePrompt]:
    """Return the versions of a prompt, newest first."""
    with closing(LocalRegistry(folder=folder)) as registry:
        return list(registry.list_versions(name))


def pointed_at(folder: Path, alias: str = "production", name: str = "greeting") -> str | None:
    """Return the version that an alias points at."""
    with closing(LocalRegistry(folder=folder)) as registry:
        found = registry.get_prompt(name, alias=alias)
    return found.version if found else None
