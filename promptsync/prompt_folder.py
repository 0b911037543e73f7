"""Prompt files by the names that their paths give; each is read when it is wanted."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Protocol

from promptsync.errors import PromptFileError
from promptsync.prompt_path import file_of
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource, in_work_tree, paths_in_work_tree

Sources = Iterable[PromptSource | PromptFileError]


class PromptFolder(Protocol):
    """Prompt files, which may change at any time."""

    def find(self, name: str) -> PromptSource | None:
        """Return a prompt as its file is now, None where no path gives that name."""
        ...

    def at(self, path: str) -> PromptSource | None:
        """Return the prompt of a path as it is now: two roots may hold files of one name."""
        ...

    def names(self) -> Collection[str]:
        """Return the names that the paths give; no prompt file is read."""
        ...

    def read(self) -> Sources:
        """Yield every prompt file, and an error for each that cannot be read."""
        ...

    def state(self) -> object:
        """Return what is another value when any file was added, changed or removed."""
        ...


class GivenPrompts:
    """Prompt files that were read once and for all, as those of a zip."""

    def __init__(self, sources: Collection[PromptSource | PromptFileError]) -> None:
        self._sources = sources
        prompts = [each for each in sources if isinstance(each, PromptSource)]
        self._by_name = {each.name: each for each in prompts}
        self._by_path = {each.path: each for each in prompts}

    def find(self, name: str) -> PromptSource | None:
        """Return a prompt as its file is now, None where no path gives that name."""
        return self._by_name.get(name)

    def at(self, path: str) -> PromptSource | None:
        """Return the prompt of a path as it is now: two roots may hold files of one name."""
        return self._by_path.get(path)

    def names(self) -> Collection[str]:
        """Return the names that the paths give; no prompt file is read."""
        return self._by_name.keys()

    def read(self) -> Sources:
        """Yield every prompt file, and an error for each that cannot be read."""
        return self._sources

    def state(self) -> object:
        """Return the same value at all times."""
        return None


class PromptsOnDisk:
    """Prompt files on disk. What paths there are is looked up again for a name that is not known.

    Safe in threads, and without a lock that a fork could find taken: at worst, two threads look.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._paths: Mapping[str, str] = {}
        # The entries of the catalog files, and the state in which those were.
        self._entries: tuple[object, GivenPrompts] = (None, GivenPrompts(()))

    def find(self, name: str) -> PromptSource | None:
        """Return a prompt as its file is now, None where no path gives that name."""
        if self._roots.catalogs and (entry := self._known_entries().find(name)) is not None:
            return entry
        if (found := self._read(self._paths.get(name), name)) is None:
            self._paths = self._listed()
            found = self._read(self._paths.get(name), name)
        return found

    def at(self, path: str) -> PromptSource | None:
        """Return the prompt of a path as it is now: two roots may hold files of one name."""
        if file_of(path) in self._roots.catalogs:
            return self._known_entries().at(path)
        name = self._roots.name_of(path)
        return None if name is None else self._read(path, name)

    def names(self) -> Collection[str]:
        """Return the names that the paths give; no prompt file is read."""
        return self._listed().keys() | self._known_entries().names()

    def read(self) -> Sources:
        """Yield every prompt file, and an error for each that cannot be read."""
        return in_work_tree(self._roots)

    def state(self) -> object:
        """Return what is another value when any file was added, changed or removed."""
        return self._states(chain(paths_in_work_tree(self._roots), self._roots.catalogs))

    def _read(self, path: str | None, name: str) -> PromptSource | None:
        if path is None:
            return None
        file = self._roots.top / path
        try:
            return None if file.is_symlink() else PromptSource(path, name, file.read_bytes())
        except OSError:
            return None

    def _listed(self) -> Mapping[str, str]:
        named = ((self._roots.name_of(path), path) for path in paths_in_work_tree(self._roots))
        return {name: path for name, path in named if name is not None}

    def _known_entries(self) -> GivenPrompts:
        state = self._states(self._roots.catalogs)
        if self._entries[0] != state:
            entries = in_work_tree(replace(self._roots, folders=()))
            self._entries = (state, GivenPrompts(tuple(entries)))
        return self._entries[1]

    def _states(self, paths: Iterable[str]) -> object:
        return tuple(self._state_of(path) for path in paths)

    def _state_of(self, path: str) -> tuple[object, ...]:
        try:
            known = os.stat(os.path.join(self._roots.top, path))  # noqa: PTH116, PTH118  of 10,000
        except OSError:
            return (path,)
        return (path, known.st_ino, known.st_mtime_ns, known.st_size)
