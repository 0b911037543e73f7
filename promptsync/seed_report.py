"""What seeding a registry did. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# A log is read by people; the report has them all.
MAX_REASONS_TOLD = 5
MAX_NAMES_TOLD = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """The prompts that were created, by name, and those that were there already.

    `created` maps a name to the version that the registry gave it, and `aliased` a name that was
    there already to the version that the alias points at now: before, it pointed at none. `failed`
    maps a name to what keeps it from being served. `registry` is the registry's name, and `alias`
    the one that points at what was created. `reason` says why not everything was looked at; what
    was done in spite of it is told all the same. `is_reachable` is False where the registry did not
    answer, or not in time.
    """

    created: Mapping[str, str] = field(default_factory=dict)
    aliased: Mapping[str, str] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = None
    is_reachable: bool = True
    registry: str | None = None
    alias: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the registry has every prompt that was asked for, and the alias is at each."""
        return self.reason is None and not self.failed

    def __str__(self) -> str:
        """Say in a line what was done, and what was not."""
        counts = [f"{len(self.created)} created", f"{len(self.skipped)} there already"]
        if self.aliased:
            counts.append(f"{len(self.aliased)} given the alias")
        if self.failed:
            counts.append(f"{len(self.failed)} failed")
        told = [", ".join(counts), *self._failures()]
        if self.reason:
            told.append(self.reason)
        return "; ".join(told)

    def _failures(self) -> list[str]:
        """Return a sentence for each reason, with those that it keeps from being served."""
        names: dict[str, list[str]] = {}
        for name, why in self.failed.items():
            names.setdefault(why, []).append(f"`{name}`")
        return [f"{_some(names[why])}: {why}" for why in list(names)[:MAX_REASONS_TOLD]]


def _some(names: list[str]) -> str:
    left_out = len(names) - MAX_NAMES_TOLD
    shown = ", ".join(names[:MAX_NAMES_TOLD])
    return f"{shown} and {left_out} more" if left_out > 0 else shown
