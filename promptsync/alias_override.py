"""The alias that the environment asks for in place of a program's own, as `promptsync run` has it.

A program that is evaluated is not changed for that: its environment says which prompts it loads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from promptsync.config import variable

ALIAS = "PROMPTSYNC_ALIAS"
NAMES = "PROMPTSYNC_ALIAS_NAMES"


class AliasOverride(NamedTuple):
    """An alias, and the names of the prompts that it is for; of all of them where it has none."""

    alias: str
    names: frozenset[str] = frozenset()

    def aliases(
        self, names: Collection[str], *, alias: str | None, version: str | None
    ) -> tuple[str | None, ...]:
        """Return the aliases to ask for, the next one where the prompt lacks the one before.

        `names` are those of one prompt, here and in the registry. Whoever asks for a version by
        its number gets that one.
        """
        if version is not None:
            return (None,)
        is_meant = not self.names or not self.names.isdisjoint(names)
        return (self.alias, alias) if is_meant and alias != self.alias else (alias,)

    def environment(self) -> Mapping[str, str]:
        """Return the variables that say so; one without a value is not to be set."""
        return {ALIAS: self.alias, NAMES: ",".join(sorted(self.names))}


def read_alias_override() -> AliasOverride | None:
    """Read what the environment of this process asks for."""
    alias = variable(ALIAS)
    names = (each.strip() for each in (variable(NAMES) or "").split(","))
    return AliasOverride(alias, frozenset(filter(None, names))) if alias else None
