"""What a comparison found, as a value that every format renders."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from promptsync.cli.next_command import Given
from promptsync.cli.safe_text import as_argument, shown_name
from promptsync.comparison import Comparison
from promptsync.status import PromptState, Status

if TYPE_CHECKING:
    from promptsync.plan import Plan
    from promptsync.pointers import Pointer
    from promptsync.remote_edit import TwoTexts

ReadTexts: TypeAlias = "Callable[[PromptState], TwoTexts]"

# More names make a line that nobody reads; then the command is for all prompts of that status.
FEW = 3


@dataclass(frozen=True, kw_only=True)
class Report:
    """A comparison with everything that is said about it.

    `read_texts` gives both sides of a differing prompt, for formats that show them. `given` is
    repeated in the commands that help. What is no file, such as a bundle, `can_upload` nothing.
    `pointers` are the aliases of each prompt by its name, None where they were not asked for.
    """

    registry: str
    kind: str
    address: str
    comparison: Comparison
    read_texts: ReadTexts
    notes: tuple[str, ...] = field(default=())
    given: Given = field(default_factory=Given)
    can_upload: bool = True
    pointers: Mapping[str, Sequence[Pointer]] | None = None

    @property
    def in_sync(self) -> bool:
        """Whether git and registry agree."""
        return self.comparison.in_sync

    @cached_property
    def plan(self) -> Plan:
        """The upload that would settle what differs."""
        from promptsync.upload_plan import make_upload_plan  # often none is shown

        states = self.comparison.states if self.can_upload else ()
        return make_upload_plan(states, registry=self.registry, alias=self.comparison.alias)

    @property
    def noteworthy(self) -> tuple[PromptState, ...]:
        """The states that people want to see: whatever differs, if only in details."""
        states = self.comparison.states
        return tuple(
            each for each in states if each.status is not Status.IN_SYNC or each.details_differ
        )

    def remedy(self, state: PromptState) -> str:
        """Return what settles one prompt, as the end of a sentence."""
        advice = self.given.repeated(remedy(state.status, [state.name]))
        return f"`{advice}`" if advice.startswith("promptsync ") else advice


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


def meaning(state: PromptState) -> str:
    """Return what a prompt's status means, and whether only partials changed here."""
    said = MEANING[state.status]
    return said if state.changed_partials is None else f"{said}; {partials_note(state)}"


def partials_note(state: PromptState) -> str:
    """Return which partials of a composite changed here, as a sentence without its name."""
    names = [f"`{name}`" for name in state.changed_partials or ()]
    if not names:
        return "only a partial of it changed"
    if len(names) == 1:
        return f"only its partial {names[0]} changed"
    return f"only its partials {', '.join(names[:-1])} and {names[-1]} changed"


_BEHIND = "merge the branch that has it, or `promptsync upload --force{names}` to replace it"
_REMOVED = "`promptsync upload --prune` removes it, `promptsync download{names}` brings it back"

# What helps, with room for the names of a few prompts; and what helps with however many.
REMEDY: Mapping[Status, tuple[str, str]] = {
    Status.NEW: ("promptsync upload{names}", "promptsync upload"),
    Status.MODIFIED: ("promptsync upload{names}", "promptsync upload"),
    Status.BEHIND: (_BEHIND, _BEHIND.format(names=" NAME…")),
    Status.DRIFTED: ("promptsync download{names}", "promptsync download"),
    Status.DIVERGED: ("promptsync download{names}", "promptsync download"),
    Status.REMOVED: (_REMOVED, _REMOVED.format(names=" --all")),
    Status.UNMANAGED: ("promptsync download{names}", "promptsync download --all"),
}


def remedy(status: Status, names: Sequence[str]) -> str:
    """Return what settles some prompts of one status, as a command or a sentence with one."""
    for_few, for_any = REMEDY[status]
    arguments = [as_argument(name) for name in names]
    if len(arguments) > FEW or None in arguments:
        return for_any
    return for_few.format(names="".join(f" {each}" for each in arguments))


def some_names(names: Sequence[str]) -> str:
    """Return names for a sentence: a few of them, and how many more there are."""
    shown = ", ".join(map(shown_name, names[:FEW]))
    left_out = len(names) - FEW
    return f"{shown} and {left_out} more" if left_out > 0 else shown


def count_line(summary: Mapping[str, int]) -> str:
    """Return the counts of a comparison in one line, such as `12 in sync, 1 drifted`."""
    if not summary:
        return "no prompts"
    return ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in summary.items())
