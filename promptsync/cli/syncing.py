"""Carry out a sync: pull, commit, compare again, push. `sync` shows what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from promptsync import git
from promptsync.apply import Outcome, ends_the_plan, find_unsupported
from promptsync.catalog import Catalog
from promptsync.cli.pulling import pull
from promptsync.cli.pushing import push
from promptsync.cli.session import Session
from promptsync.cli.sync_states import Wish, compare_all, read_all
from promptsync.download import FileOutcome
from promptsync.errors import ConflictError, PromptsyncError, UsageError
from promptsync.plan import Change, Plan
from promptsync.sync_plan import (
    CONTESTED,
    Result,
    SyncOutcome,
    SyncPlan,
    SyncReport,
    make_sync_plan,
)

ShouldStop = Callable[[], bool]


@dataclass
class Sync:
    """One sync under way; `outcomes` grows, so that whatever ends it, what was done is told."""

    session: Session
    catalog: Catalog
    plan: SyncPlan
    wish: Wish
    should_stop: ShouldStop
    outcomes: list[SyncOutcome]

    def run(self) -> SyncReport:
        """Do it all; an error ends it early and is part of the report."""
        report = SyncReport(plan=self.plan, policy=self.wish.policy)
        try:
            self._pull()
            self._push(self._plan_again() if self.plan.pull.changes else self.plan.push)
        except PromptsyncError as error:
            report = replace(report, error=error)
        return replace(report, outcomes=tuple(self.outcomes))

    def _pull(self) -> None:
        changes, dirty = _without_uncommitted(self.session, self.plan.pull.changes)
        self.outcomes += dirty
        left = list(changes)
        for outcome in pull(self.session, replace(self.plan.pull, changes=changes), markers=False):
            left.remove(outcome.change)
            self.outcomes.append(_pulled(outcome))
            if self.should_stop():
                break
        self.outcomes += [_not_tried(change, Result.PULL_FAILED) for change in left]

    def _plan_again(self) -> Plan:
        """Plan the push from what the files say now, and from what the registry has now.

        What was not part of the first plan has to be a fast-forward. A prompt that was deleted in
        the registry meanwhile is not created again.
        """
        had_remote = {each.name for each in self.plan.changes if each.state.remote}
        self.session = replace(self.session, listing=None)
        self.catalog = read_all(self.session.workspace)
        states = compare_all(self.session, self.catalog, self.wish)
        gone = [each for each in states if each.remote is None and each.name in had_remote]
        self.outcomes += [_gone(each.name, each.path) for each in gone]
        again = make_sync_plan(
            [each for each in states if each not in gone],
            registry=self.plan.push.registry,
            alias=self.plan.push.alias,
            policy=self.wish.policy,
        ).push
        planned = {each.name for each in self.plan.push.changes}
        kept = [
            each
            for each in again.changes
            if each.state.status not in CONTESTED or each.name in planned
        ]
        plan = replace(again, changes=tuple(kept))
        plan.raise_if_unsafe()
        return plan

    def _push(self, plan: Plan) -> None:
        """Push individual prompts, then composites: what those take in is there before them."""
        changes, refused = _supported(self.session, plan)
        self.outcomes += refused
        failed, has_ended = {each.name for each in refused}, False
        for is_composite in (False, True):
            part = [each for each in changes if _is_composite(each) is is_composite]
            if has_ended or self.should_stop():
                self.outcomes += [_not_tried(change, _failed(change)) for change in part]
                continue
            without = [each for each in part if _partials(each) & failed]
            self.outcomes += [_without_partial(each, failed) for each in without]
            kept = tuple(each for each in part if each not in without)
            applied = push(
                self.session,
                self.catalog,
                replace(plan, changes=kept),
                should_stop=self.should_stop,
            )
            outcomes = sorted(applied, key=lambda outcome: outcome.change.name)
            failed |= {each.change.name for each in outcomes if not each.done}
            has_ended = any(ends_the_plan(each.error) for each in outcomes)
            self.outcomes += map(_pushed, outcomes)


def run_sync(
    session: Session,
    catalog: Catalog,
    foreseen: SyncReport,
    wish: Wish,
    should_stop: ShouldStop = lambda: False,
) -> SyncReport:
    """Carry out the plan of a report and tell all that became of it; no error is raised.

    `foreseen` has the outcomes that are known before anything is done.
    """
    begun = list(foreseen.outcomes)
    return Sync(session, catalog, foreseen.plan, wish, should_stop, begun).run()


def _without_uncommitted(
    session: Session, changes: Sequence[Change]
) -> tuple[tuple[Change, ...], list[SyncOutcome]]:
    """Take out the changes that would overwrite what git does not have."""
    paths = [change.state.local.file for change in changes if change.state.local]
    dirty = git.uncommitted_paths(session.workspace.require_repository(), paths)

    def is_dirty(change: Change) -> bool:
        return change.state.local is not None and change.state.local.file in dirty

    refused = [_uncommitted(change) for change in changes if is_dirty(change)]
    return tuple(change for change in changes if not is_dirty(change)), refused


def _uncommitted(change: Change) -> SyncOutcome:
    path = change.state.path
    error = UsageError(
        f"`{path}` has uncommitted changes, and the sync would write it",
        hint="commit them, and run the command again",
    )
    return _outcome(change, Result.PULL_FAILED, error)


def _pulled(outcome: FileOutcome) -> SyncOutcome:
    error, result = outcome.error, Result.PULL_CHANGED
    if error is not None:
        result = Result.CONFLICTS if isinstance(error, ConflictError) else Result.PULL_FAILED
    remote = outcome.change.state.remote
    made = _outcome(outcome.change, result, error)
    return replace(made, path=outcome.path or made.path, version=remote.version if remote else None)


def _pushed(outcome: Outcome) -> SyncOutcome:
    change, error = outcome.change, outcome.error
    if not outcome.tried:
        return replace(_not_tried(change, _failed(change)), reason=outcome.reason)
    if error is not None:
        is_conflict = isinstance(error, ConflictError)
        return _outcome(change, Result.CONFLICTS if is_conflict else _failed(change), error)
    result = Result.COMPOSITE_SYNCED if _is_composite(change) else Result.INDIVIDUAL_SYNCED
    made = _outcome(change, result, None)
    return replace(made, version=outcome.stored.version if outcome.stored else None)


def _supported(session: Session, plan: Plan) -> tuple[list[Change], list[SyncOutcome]]:
    """Take out the changes that the registry cannot hold."""
    reasons: dict[str, list[str]] = {}
    for change, reason in find_unsupported(plan, session.registry):
        reasons.setdefault(change.name, []).append(reason)
    refused = []
    for change in plan.changes:
        if change.name in reasons:
            error = ConflictError(
                f"{session.registry.address} cannot hold `{change.name}`: "
                f"{'; '.join(reasons[change.name])}",
                hint="change the prompt file",
            )
            refused.append(_outcome(change, _failed(change), error))
    return [change for change in plan.changes if change.name not in reasons], refused


def _gone(name: str, path: str | None) -> SyncOutcome:
    error = ConflictError(
        f"`{name}` was deleted in the registry during the sync; it was not created again",
        hint=f"`promptsync upload {name}` creates it; or delete its file",
    )
    return SyncOutcome(name=name, result=Result.CONFLICTS, path=path, error=error)


def _outcome(change: Change, result: Result, error: PromptsyncError | None) -> SyncOutcome:
    return SyncOutcome(
        name=change.name,
        result=result,
        action=change.action,
        path=change.state.path,
        error=error,
    )


def _not_tried(change: Change, result: Result) -> SyncOutcome:
    return replace(_outcome(change, result, None), tried=False)


def _failed(change: Change) -> Result:
    return Result.COMPOSITE_FAILED if _is_composite(change) else Result.INDIVIDUAL_FAILED


def _without_partial(change: Change, failed: Set[str]) -> SyncOutcome:
    name = min(_partials(change) & failed)
    reason = f"it includes `{name}`, which was not uploaded"
    return replace(_not_tried(change, _failed(change)), reason=reason)


def _partials(change: Change) -> Set[str]:
    return set(change.state.local.partials) if change.state.local else set()


def _is_composite(change: Change) -> bool:
    return bool(_partials(change))
