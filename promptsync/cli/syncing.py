"""Carry out a sync: pull, commit, compare again, push. `sync` shows what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from promptsync import git
from promptsync.apply import Outcome, ends_the_plan, find_unsupported
from promptsync.catalog import Catalog
from promptsync.cli.committing import message_for, read_files
from promptsync.cli.pulling import copied_roots, pull
from promptsync.cli.pushing import push
from promptsync.cli.session import Session
from promptsync.cli.sync_states import Wish, compare_all, plan_sync, read_all
from promptsync.download import FileOutcome
from promptsync.errors import ConflictError, PromptsyncError, UsageError
from promptsync.git import Repository
from promptsync.git_commit import (
    check_branch,
    commit_here,
    commit_on_branch,
    refuse_in_progress,
    require_identity,
)
from promptsync.plan import Action, Change, Plan
from promptsync.prompt_path import file_of, key_of
from promptsync.prompt_roots import Roots
from promptsync.registry_edits import RegistryEdit
from promptsync.sync_plan import (
    CONTESTED,
    Result,
    SyncOutcome,
    SyncPlan,
    SyncReport,
    refused_outcomes,
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
    commit: str | None = None
    waiting: tuple[str, ...] = ()

    def run(self) -> SyncReport:
        """Do it all; an error ends it early and is part of the report."""
        error = None
        try:
            self._pull_and_push()
        except PromptsyncError as raised:
            error = raised
        return SyncReport(
            plan=self.plan,
            policy=self.wish.policy,
            outcomes=tuple(self.outcomes),
            error=error,
            commit=self.commit,
            branch=self.wish.branch if self.commit or self.waiting else None,
            waiting=self.waiting,
        )

    def _pull_and_push(self) -> None:
        if not self.plan.pull.changes:
            self._push(self.plan.push)
        elif self.wish.branch is not None:
            self._pull_to_branch(self.wish.branch)
            # What was pulled is not part of what is here, and nothing of it goes back.
            self._push(self.plan.push)
        else:
            edits = self._pull()
            if self.wish.commit and edits:
                files = read_files(self._repository.top, edits)
                message = message_for(edits, self.session.name)
                self.commit = commit_here(self._repository, files, message)
            self._push(self._plan_again())

    def _pull_to_branch(self, branch: str) -> None:
        before = len(self.outcomes)
        with copied_roots(self.session.workspace.roots) as roots:
            edits = self._pull(roots)
            files = read_files(roots.top, edits)
        if not edits:
            return
        message = message_for(edits, self.session.name)
        try:
            self.commit = commit_on_branch(self._repository, branch, files, message)
        except PromptsyncError:
            # Nothing of it was kept.
            pulled = [each for each in self.outcomes[before:] if each.done]
            self.outcomes = [each for each in self.outcomes if each not in pulled]
            self.outcomes += [
                replace(each, result=Result.PULL_FAILED, tried=False) for each in pulled
            ]
            raise
        if self.commit is None:
            self.waiting = tuple(edit.name for edit in edits)
            self.outcomes = [
                each for each in self.outcomes if each.result is not Result.PULL_CHANGED
            ]

    def _pull(self, roots: Roots | None = None) -> list[RegistryEdit]:
        """Pull into the work tree, or into a copy of its prompts, and return what was pulled."""
        changes, dirty = _without_uncommitted(self.session, self.plan.pull.changes)
        self.outcomes += dirty
        edits, left = [], list(changes)
        planned = replace(self.plan.pull, changes=changes)
        for outcome in pull(self.session, planned, markers=False, roots=roots):
            left.remove(outcome.change)
            self.outcomes.append(_pulled(outcome))
            if outcome.error is None and outcome.paths:
                edits.append(RegistryEdit.of(outcome.change.state, outcome.paths))
            if self.should_stop():
                break
        self.outcomes += [_not_tried(change, Result.PULL_FAILED) for change in left]
        return [each for each in edits if each is not None]

    @property
    def _repository(self) -> Repository:
        return self.session.workspace.require_repository()

    def _plan_again(self) -> Plan:
        """Plan the push from what the files say now, and from what the registry has now.

        What was not part of the first plan has to be a fast-forward. A prompt that was deleted in
        the registry meanwhile is not created again.
        """
        had_remote = {
            each.name
            for each in self.plan.changes
            if each.state.remote and each.action is not Action.RENAME
        }
        self.session = replace(self.session, listing=None)
        self.catalog = read_all(self.session.workspace)
        states = compare_all(self.session, self.catalog, self.wish)
        gone = [each for each in states if each.remote is None and each.name in had_remote]
        self.outcomes += [_gone(each.name, each.path) for each in gone]
        kept_states = [each for each in states if each not in gone]
        again = plan_sync(self.session, kept_states, replace(self.wish, extras=False)).push
        told = {each.name for each in self.plan.refusals}
        refused = [each for each in again.refusals if each.name not in told]
        self.outcomes += refused_outcomes(refused)
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


def check_repository(session: Session, wish: Wish) -> None:
    """Raise UsageError or GitError where nothing should be done, or no commit could be made."""
    repository = session.workspace.require_repository()
    refuse_in_progress(repository)
    if wish.commit or wish.branch is not None:
        require_identity(repository)
    if wish.branch is not None:
        check_branch(repository, wish.branch)


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
    roots = session.workspace.roots
    files_by_name = {change.name: _existing_files(change, roots) for change in changes}
    paths = sorted({path for files in files_by_name.values() for path in files})
    dirty = git.uncommitted_paths(session.workspace.require_repository(), paths)
    dirty_by_name = {
        name: path for name, files in files_by_name.items() for path in files if path in dirty
    }
    refused = [
        _uncommitted(change, dirty_by_name[change.name])
        for change in changes
        if change.name in dirty_by_name
    ]
    return tuple(change for change in changes if change.name not in dirty_by_name), refused


def _existing_files(change: Change, roots: Roots) -> list[str]:
    """Return the files that a pull writes and that have been there before."""
    if change.state.local is not None:
        return [file_of(path) for path in change.files]
    # A new entry goes into a file with those of others, and would be committed with them.
    path = roots.path_of(change.name)
    return [] if key_of(path) is None else [file_of(path)]


def _uncommitted(change: Change, path: str) -> SyncOutcome:
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
