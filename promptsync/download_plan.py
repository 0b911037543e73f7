"""Decide what a download would do. Nothing here reads a file or calls a service."""

from __future__ import annotations

from collections.abc import Sequence

from promptsync.plan import Action, Change, Direction, Plan, Refusal
from promptsync.status import PromptState, Status


def make_download_plan(
    states: Sequence[PromptState],
    *,
    registry: str,
    alias: str | None = None,
    force: bool = False,
    extras: bool = False,
) -> Plan:
    """Plan the writes that bring the registry's edits into the prompt files.

    `extras` takes in prompts that only the registry has; `force` lets the registry win where
    git has moved too, and takes its details where the content is equal.
    """
    changes: list[Change] = []
    refusals: list[Refusal] = []
    for state in sorted(states, key=lambda state: state.name):
        step = _download_step(state, force=force, extras=extras)
        if isinstance(step, Refusal):
            refusals.append(step)
        elif step is not None:
            changes.append(Change(step, state))
    return Plan(
        direction=Direction.DOWNLOAD,
        registry=registry,
        alias=alias,
        changes=tuple(changes),
        refusals=tuple(refusals),
        existing=sum(state.local is not None for state in states),
    )


def _download_step(state: PromptState, *, force: bool, extras: bool) -> Action | Refusal | None:
    match state.status:
        case Status.NEW:
            return None
        case Status.IN_SYNC:
            return Action.WRITE if force and state.details_differ else None
        case Status.DRIFTED:
            # A title that only git changed is none that the registry's edit takes back.
            is_contested = state.details_differ and state.is_file_edited
            return Action.MERGE if is_contested and not force else Action.WRITE
        case Status.DIVERGED:
            return Action.WRITE if force else Action.MERGE
        case Status.MODIFIED:
            return Action.WRITE if force else None
        case Status.REMOVED | Status.UNMANAGED:
            return Action.WRITE if extras else None
        case Status.BEHIND:
            if force:
                return Action.WRITE
            return Refusal(
                state,
                "uploaded from a branch or clone you do not have",
                "merge that branch, or download `--force` to take its text",
            )
