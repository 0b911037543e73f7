"""Who includes whom, also where an include is missing or runs in a circle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from promptsync.composition import includes_of, near_name
from promptsync.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One prompt: its file, and the names that it includes itself, some of which may be missing."""

    name: str
    path: str
    is_partial: bool
    includes: tuple[str, ...]

    @classmethod
    def of(cls, prompt: Prompt, path: str) -> Node:
        """Return the node of a prompt as its file says it."""
        return cls(
            name=prompt.name, path=path, is_partial=prompt.partial, includes=includes_of(prompt)
        )


@dataclass(frozen=True)
class IncludeGraph:
    """Prompt files by name, with their includes. `known` are the names of all there are."""

    nodes: Mapping[str, Node]
    known: frozenset[str] = frozenset()

    @cached_property
    def included_by(self) -> Mapping[str, tuple[str, ...]]:
        """The names that include each name themselves, sorted; missing ones have an entry too."""
        found: dict[str, list[str]] = {}
        for name, node in sorted(self.nodes.items()):
            for included in node.includes:
                found.setdefault(included, []).append(name)
        return {name: tuple(names) for name, names in found.items()}

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """The names that are included and that no prompt has."""
        return tuple(sorted(name for name in self.included_by if name not in self.nodes))

    @cached_property
    def circles(self) -> tuple[tuple[str, ...], ...]:
        """The chains of includes that lead back to where they start, which ends them, too."""
        found: list[tuple[str, ...]] = []
        done: set[str] = set()
        for start in sorted(self.nodes):
            if start not in done:
                found += self._circles_from(start, done)
        return tuple(found)

    def near(self, name: str) -> str | None:
        """Return the name of a prompt that was perhaps meant by a missing one."""
        return near_name(name, sorted({*self.nodes, *self.known}))

    def includes_of(self, name: str) -> tuple[str, ...]:
        """Return what a prompt includes itself; nothing for a missing one."""
        return self.nodes[name].includes if name in self.nodes else ()

    def includers_of(self, name: str) -> tuple[str, ...]:
        """Return what includes a prompt itself."""
        return self.included_by.get(name, ())

    def around(self, names: Iterable[str]) -> IncludeGraph:
        """Return the part of the graph that leads to some prompts or away from them."""
        wanted = list(names)
        kept = {*_reached(wanted, self.includes_of), *_reached(wanted, self.includers_of)}
        nodes = {name: node for name, node in self.nodes.items() if name in kept}
        return IncludeGraph(nodes, frozenset({*self.nodes, *self.known}))

    def _circles_from(self, start: str, done: set[str]) -> Iterator[tuple[str, ...]]:
        chain = [start]
        left = [iter(self.includes_of(start))]
        while left:
            name = next(left[-1], None)
            if name is None:
                left.pop()
                done.add(chain.pop())
            elif name in chain:
                yield (*chain[chain.index(name) :], name)
            elif name in self.nodes and name not in done:
                chain.append(name)
                left.append(iter(self.includes_of(name)))


def _reached(names: Sequence[str], follow: Callable[[str], Sequence[str]]) -> set[str]:
    reached: set[str] = set()
    to_visit = list(names)
    while to_visit:
        name = to_visit.pop()
        if name not in reached:
            reached.add(name)
            to_visit += follow(name)
    return reached


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of a tree. `is_again` has its branches shown further up; `is_circle` leads back."""

    name: str
    depth: int
    is_again: bool = False
    is_circle: bool = False


def tree(start: str, follow: Callable[[str], Sequence[str]]) -> Iterator[Branch]:
    """Yield what is below a name, each name's own branches only the first time."""
    seen: set[str] = set()
    to_visit: list[tuple[str, tuple[str, ...]]] = [(start, ())]
    while to_visit:
        name, chain = to_visit.pop()
        below = follow(name)
        is_circle = name in chain
        is_again = bool(below) and name in seen and not is_circle
        if chain:
            yield Branch(name, len(chain), is_again, is_circle)
        seen.add(name)
        if not (is_circle or is_again):
            to_visit += [(each, (*chain, name)) for each in reversed(below)]
