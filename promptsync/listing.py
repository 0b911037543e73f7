"""A listing of a registry that begins before it is known which of its prompts matter."""

from __future__ import annotations

from collections.abc import Collection

from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt


class Listing:
    """All prompts of a registry, asked for at once: files are read while the answer travels.

    Unless it is `complete`, it may end when everything that turned out to matter was seen.
    """

    def __init__(self, registry: Registry, *, complete: bool) -> None:
        self.registry = registry
        self._wanted: Collection[str] = ()
        self._prompts = registry.list_prompts(wanted=None if complete else lambda: self._wanted)

    def by_name(self, wanted: Collection[str]) -> dict[str, RemotePrompt]:
        """Return what was listed, which has all there is of the names wanted."""
        self._wanted = wanted
        return {each.name: each for each in self._prompts}
