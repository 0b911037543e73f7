"""Where every alias of some prompts points, and whether that is what the files say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from promptsync.registries.base import Registry
from promptsync.status import PromptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """What one alias of one prompt points at.

    `content_hash` is None where the version went away, or the alias moved, while it was read.
    """

    alias: str
    version: str
    content_hash: str | None

    def serves(self, state: PromptState) -> bool:
        """Tell whether an application that loads by this alias gets what the file says."""
        return self.content_hash is not None and self.content_hash == state.local_hash


def read_pointers(
    registry: Registry, states: Iterable[PromptState]
) -> Mapping[str, Sequence[Pointer]]:
    """Return the aliases of each prompt that has any, by the name of its state, sorted.

    Costs what listing aliases costs, and for each alias one reading of the prompts in which it
    points at a version that the comparison did not look at. Raises RegistryError.
    """
    served = {_served_name(state, registry.kind): state for state in states}
    pointed_at = registry.list_aliases(served)
    hashes = _known_hashes(served)
    for alias in sorted({alias for aliases in pointed_at.values() for alias in aliases}):
        unknown = [
            name
            for name, aliases in pointed_at.items()
            if alias in aliases and (name, aliases[alias]) not in hashes
        ]
        if unknown:
            found = registry.get_prompts(unknown, alias=alias)
            hashes.update({(each.name, each.version): each.content_hash for each in found})
    return {
        served[name].name: [
            Pointer(alias=alias, version=version, content_hash=hashes.get((name, version)))
            for alias, version in sorted(aliases.items())
        ]
        for name, aliases in pointed_at.items()
    }


def _known_hashes(served: Mapping[str, PromptState]) -> dict[tuple[str, str], str]:
    return {
        (name, each.version): each.content_hash
        for name, state in served.items()
        for each in (state.remote, state.carrier)
        if each is not None
    }


def _served_name(state: PromptState, kind: str) -> str:
    return state.local.header.served_name(kind) if state.local else state.name
