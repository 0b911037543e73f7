"""Which alias an evaluation loads: the one that its context chose, where the prompt has it.

A prompt that lacks it is served as if nothing had been chosen. A share of users that a rule sends
to a candidate would otherwise get the caller's default for every prompt that has none.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from openfeature.flag_evaluation import Reason

from promptsync import load_log
from promptsync.client import RETRY
from promptsync.loaded_prompt import LoadedPrompt

# Contexts may choose any text; there is no need to remember more.
_MANY = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """The alias to load, None for that of the client, and what the context chose."""

    alias: str | None
    chosen: str | None

    @property
    def reason(self) -> Reason | None:
        """Why this alias, None where nothing was chosen."""
        if self.chosen is None:
            return None
        return Reason.DEFAULT if self.alias is None else Reason.TARGETING_MATCH


@dataclass(slots=True)
class Targeting:
    """Which prompts lack which aliases, for a while: an evaluation does not ask again each time."""

    _lacking: dict[tuple[str, str], float] = field(default_factory=dict)

    def target(self, name: str, chosen: str | None) -> Target:
        """Return what to load for an alias that the context chose, or None."""
        is_lacking = (
            chosen is not None and self._lacking.get((name, chosen), 0.0) > time.monotonic()
        )
        return Target(None if is_lacking else chosen, chosen)

    def without(self, target: Target, loaded: LoadedPrompt) -> Target:
        """Note that a prompt lacks the alias, and say so once while that is remembered."""
        if target.chosen is not None:
            if len(self._lacking) >= _MANY:
                self._lacking.clear()
            self._lacking[loaded.name, target.chosen] = time.monotonic() + RETRY
            load_log.lacks_alias(loaded, target.chosen)
        return Target(None, target.chosen)
