"""What a comparison found, as a value that every format renders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from promptsync.comparison import Comparison
from promptsync.plan import Plan
from promptsync.remote_edit import TwoTexts
from promptsync.status import PromptState, Status

ReadTexts = Callable[[PromptState], TwoTexts]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A comparison with everything that is said about it.

    `plan` is the upload that would settle it. `read_texts` gives both sides of a differing
    prompt, for formats that show them.
    """

    registry: str
    kind: str
    address: str
    comparison: Comparison
    plan: Plan
    read_texts: ReadTexts
    notes: tuple[str, ...] = field(default=())

    @property
    def in_sync(self) -> bool:
        """Whether git and registry agree."""
        return self.comparison.in_sync


MEANING: Mapping[Status, str] = {
    Status.IN_SYNC: "git and registry agree",
    Status.NEW: "not in the registry yet",
    Status.MODIFIED: "git is ahead of the registry",
    Status.BEHIND: "uploaded from a branch or clone you do not have",
    Status.DRIFTED: "edited in the registry",
    Status.DIVERGED: "edited in the registry and in git",
    Status.REMOVED: "in the registry, and its file is gone here",
    Status.UNMANAGED: "in the registry only, never uploaded from git",
}

# What helps, for the prompts named behind it.
REMEDY: Mapping[Status, str] = {
    Status.NEW: "promptsync upload",
    Status.MODIFIED: "promptsync upload",
    Status.BEHIND: "merge the branch that has it (git pull, git merge), then",
    Status.DRIFTED: "promptsync download",
    Status.DIVERGED: "promptsync download",
    Status.REMOVED: "promptsync upload --prune",
    Status.UNMANAGED: "promptsync download",
}


def remedy(status: Status, names: list[str], *, all_of_them: bool) -> str:
    """Return the command that settles some prompts of one status."""
    if status is Status.BEHIND:
        return "merge the branch that has it, or `promptsync upload --force` to replace it"
    shown = "" if all_of_them and status in (Status.NEW, Status.MODIFIED) else " ".join(names)
    return f"{REMEDY[status]} {shown}".strip()


def count_line(summary: Mapping[str, int]) -> str:
    """Return the counts of a comparison in one line, such as `12 in sync, 1 drifted`."""
    if not summary:
        return "no prompts"
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in summary.items())
