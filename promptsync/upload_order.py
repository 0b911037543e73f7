"""In which order an upload goes: prompts that others include before the composites they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promptsync.plan import Action, Change

_WRITES_CONTENT = frozenset({Action.CREATE, Action.UPDATE, Action.PROMOTE})


class UploadOrder:
    """The changes that wait for others: a composite for every prompt whose text it takes in."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._waiting = {each.name: each for each in changes}
        writes = {name for name, each in self._waiting.items() if each.action in _WRITES_CONTENT}
        self._needs = {
            name: writes.intersection(each.state.local.partials) - {name}
            for name, each in self._waiting.items()
            if each.state.local is not None and each.action in _WRITES_CONTENT
        }

    def take_ready(self) -> list[Change]:
        """Return the changes that wait for nothing any more; each is returned once."""
        ready = [name for name in self._waiting if not self._needs.get(name)]
        return [self._waiting.pop(name) for name in ready]

    def finish(self, change: Change) -> None:
        """Note that a change is in the registry."""
        for needed in self._needs.values():
            needed.discard(change.name)

    def give_up(self, change: Change) -> Iterator[Change]:
        """Yield the changes that cannot follow one that failed; they are taken."""
        for name in [name for name in self._waiting if change.name in self._needs.get(name, ())]:
            yield self._waiting.pop(name)

    def give_up_all(self) -> Iterator[Change]:
        """Yield all changes that still wait; they are taken."""
        while self._waiting:
            yield self._waiting.pop(next(iter(self._waiting)))
