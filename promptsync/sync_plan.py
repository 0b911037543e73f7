"""Decide what a sync would do, and name what became of it. Nothing here does any of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from promptsync.download_plan import make_download_plan
from promptsync.errors import ConflictError, Problem, PromptFileError, PromptsyncError
from promptsync.plan import Action, Change, Direction, Plan, Refusal
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import PromptState, Status
from promptsync.upload_plan import UploadOptions, make_upload_plan


class Policy(StrEnum):
    """Who wins where git and the registry both changed a prompt.

    What only one of them changed goes to the other whatever the policy.
    """

    MERGE = "merge"
    GIT_WINS = "git-wins"
    REGISTRY_WINS = "registry-wins"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPlan:
    """Both directions: what is written into files, and what to the registry afterwards.

    A prompt that is merged is pushed when the merge succeeded, and is not in `push` yet.
    """

    pull: Plan
    push: Plan

    @property
    def changes(self) -> tuple[Change, ...]:
        """All intended writes, in the order they are made."""
        return self.pull.changes + self.push.changes

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The prompts that are left alone because a person has to decide."""
        return self.pull.refusals + self.push.refusals

    def raise_if_unsafe(self) -> None:
        """Raise UsageError when one side would be changed for too large a share."""
        self.pull.raise_if_unsafe()
        merged = [each for each in self.pull.changes if each.action is Action.MERGE]
        pushed = [Change(Action.UPDATE, each.state) for each in merged]
        replace(self.push, changes=(*self.push.changes, *pushed)).raise_if_unsafe()


_NOTHING: Mapping[str, Action] = {}
CONTESTED = (Status.BEHIND, Status.DIVERGED)


def make_sync_plan(
    states: Sequence[PromptState],
    *,
    registry: str,
    alias: str | None = None,
    policy: Policy = Policy.MERGE,
    extras: bool = False,
    detail_edits: Mapping[str, Action] = _NOTHING,
) -> SyncPlan:
    """Plan both directions; `extras` takes in prompts that only the registry has.

    `detail_edits` are those that find_detail_edits found in the registry.

    With the policy `merge` nothing is planned by which an edit would be lost. What is gone on one
    side stays on the other.
    """
    details, pulled, pushed = _by_direction(states, policy, detail_edits, extras=extras)
    by_force = policy is Policy.REGISTRY_WINS
    pull = [
        make_download_plan(part, registry=registry, alias=alias, force=force, extras=extras)
        for part, force in (
            # `force` takes over the details of what has equal content.
            ([each for each in pulled if each.status is Status.IN_SYNC], True),
            ([each for each in pulled if each.status is not Status.IN_SYNC], by_force),
        )
    ]
    options = UploadOptions(force=policy is Policy.GIT_WINS)
    push = make_upload_plan(pushed, registry=registry, alias=alias, options=options)
    return SyncPlan(
        pull=Plan(
            direction=Direction.DOWNLOAD,
            registry=registry,
            alias=alias,
            changes=_sorted([*details, *(change for plan in pull for change in plan.changes)]),
            refusals=tuple(refusal for plan in pull for refusal in plan.refusals),
            existing=sum(each.local is not None for each in states),
        ),
        push=replace(push, existing=sum(each.remote is not None for each in states)),
    )


def _by_direction(
    states: Sequence[PromptState],
    policy: Policy,
    detail_edits: Mapping[str, Action],
    *,
    extras: bool,
) -> tuple[list[Change], list[PromptState], list[PromptState]]:
    """Return the changes of details, which are pulled, then what else is pulled, and pushed."""
    details: list[Change] = []
    pulled: list[PromptState] = []
    pushed: list[PromptState] = []
    renamed = {each.name for each in map(_old_name, states) if each}
    for state in states:
        if state.name in detail_edits and policy is not Policy.GIT_WINS:
            details.append(Change(_details_action(state, detail_edits[state.name], policy), state))
            continue
        is_pulled = _is_pulled(state, policy, extras=extras) and state.name not in renamed
        (pulled if is_pulled else pushed).append(state)
    return details, pulled, pushed


def _old_name(state: PromptState) -> RemotePrompt | None:
    return state.succession.to_rename if state.succession else None


def _sorted(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: change.name))


def _is_pulled(state: PromptState, policy: Policy, *, extras: bool) -> bool:
    if state.status is Status.IN_SYNC:
        is_unknown = state.details_differ and state.stamped_hash is None
        return is_unknown and policy is Policy.REGISTRY_WINS
    if state.status in CONTESTED:
        return policy is not Policy.GIT_WINS
    return state.status is Status.DRIFTED or (extras and state.status.is_extra)


def _details_action(state: PromptState, action: Action, policy: Policy) -> Action:
    """Return how edited details are pulled: without a merge where the registry wins.

    What git changed of the content is nothing that they contest.
    """
    is_in_sync = state.status is Status.IN_SYNC
    return Action.WRITE if is_in_sync and policy is Policy.REGISTRY_WINS else action


class Result(StrEnum):
    """What became of one prompt in a sync; also the names of its counters."""

    PULL_CHANGED = "pull_changed"
    PULL_FAILED = "pull_failed"
    INDIVIDUAL_SYNCED = "individual_synced"
    INDIVIDUAL_FAILED = "individual_failed"
    COMPOSITE_SYNCED = "composite_synced"
    COMPOSITE_FAILED = "composite_failed"
    CONFLICTS = "conflicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOutcome:
    """What became of one prompt in one direction.

    `version` is the registry's: the one pulled, or the one stored. A prompt that was not `tried`
    failed because the registry did before, or for a `reason`.
    """

    name: str
    result: Result
    action: Action | None = None
    path: str | None = None
    version: str | None = None
    error: PromptsyncError | None = None
    tried: bool = True
    reason: str | None = None

    @property
    def done(self) -> bool:
        """Whether the change was made."""
        return self.tried and self.error is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncReport:
    """A whole sync: an outcome for each prompt that was touched, and what ended it early.

    `commit` has the registry's edits, on `branch` or else on the current branch. The edits of
    `waiting` prompts were on that branch before.
    """

    plan: SyncPlan
    policy: Policy
    outcomes: tuple[SyncOutcome, ...] = ()
    error: PromptsyncError | None = None
    commit: str | None = None
    branch: str | None = None
    waiting: tuple[str, ...] = ()

    @property
    def counters(self) -> Mapping[str, int]:
        """The number of prompts with each result."""
        found = [each.result for each in self.outcomes]
        return {each.value: found.count(each) for each in Result}

    @property
    def failures(self) -> list[tuple[str, PromptsyncError]]:
        """What went wrong: the prompt and the error; no prompt for what ended the sync."""
        failures = [(each.name, each.error) for each in self.outcomes if each.error is not None]
        return failures if self.error is None else [*failures, ("", self.error)]

    @property
    def exit_code(self) -> int:
        """4 when the registry failed, 3 when something waits for a person, else 0."""
        return max((error.exit_code for _, error in self.failures), default=0)


def refused_outcomes(refusals: Iterable[Refusal]) -> list[SyncOutcome]:
    """Return the prompts that are left alone because a person has to decide."""
    return [
        SyncOutcome(
            name=each.name,
            result=Result.CONFLICTS,
            path=each.state.path,
            error=ConflictError(f"`{each.name}`: {each.reason}", hint=_as_advice(each.hint)),
        )
        for each in refusals
    ]


def _as_advice(hint: str) -> str:
    return f"`{hint}`" if hint.startswith("promptsync ") else hint


def invalid_outcomes(problems: Sequence[Problem]) -> list[SyncOutcome]:
    """Return the files that are wrong: they are left alone, and keep no other from being synced."""
    by_path: dict[str, list[Problem]] = {}
    for problem in problems:
        by_path.setdefault(problem.path, []).append(problem)
    return [
        SyncOutcome(
            name=path,
            result=Result.INDIVIDUAL_FAILED,
            path=path,
            error=PromptFileError(tuple(found)),
        )
        for path, found in by_path.items()
    ]
