"""Carry out a sync: pull, commit, compare again, push. `sync` shows what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from promptsync.apply import ends_the_plan
from promptsync.catalog import Catalog
from promptsync.cli.committing import message_for, read_files
from promptsync.cli.pulling import copied_roots, pull
from promptsync.cli.pushing import push
from promptsync.cli.session import Session
from promptsync.cli.sync_refusals import supported, without_uncommitted
from promptsync.cli.sync_results import (
    failed_result,
    gone_meanwhile,
    is_composite,
    not_tried,
    partials_of,
    pulled,
    pushed,
    without_partial,
)
from promptsync.cli.sync_states import Wish, compare_all, plan_sync, read_all
from promptsync.errors import PromptsyncError
from promptsync.git import Repository
from promptsync.git_commit import (
    check_branch,
    commit_here,
    commit_on_branch,
    refuse_in_progress,
    require_identity,
)
from promptsync.plan import Action, Plan
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
            done = [each for each in self.outcomes[before:] if each.done]
            self.outcomes = [each for each in self.outcomes if each not in done]
            self.outcomes += [
                replace(each, result=Result.PULL_FAILED, tried=False) for each in done
            ]
            raise
        if self.commit is None:
            self.waiting = tuple(edit.name for edit in edits)
            self.outcomes = [
                each for each in self.outcomes if each.result is not Result.PULL_CHANGED
            ]

    def _pull(self, roots: Roots | None = None) -> list[RegistryEdit]:
        """Pull into the work tree, or into a copy of its prompts, and return what was pulled."""
        changes, dirty = without_uncommitted(self.session, self.plan.pull.changes)
        self.outcomes += dirty
        edits, left = [], list(changes)
        planned = replace(self.plan.pull, changes=changes)
        for outcome in pull(self.session, planned, markers=False, roots=roots):
            left.remove(outcome.change)
            self.outcomes.append(pulled(outcome))
            if outcome.error is None and outcome.paths:
                edits.append(RegistryEdit.of(outcome.change.state, outcome.paths))
            if self.should_stop():
                break
        self.outcomes += [not_tried(change, Result.PULL_FAILED) for change in left]
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
        self.outcomes += [gone_meanwhile(each.name, each.path) for each in gone]
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
        changes, refused = supported(self.session, plan)
        self.outcomes += refused
        failed, has_ended = {each.name for each in refused}, False
        for are_composites in (False, True):
            part = [each for each in changes if is_composite(each) is are_composites]
            if has_ended or self.should_stop():
                self.outcomes += [not_tried(change, failed_result(change)) for change in part]
                continue
            without = [each for each in part if partials_of(each) & failed]
            self.outcomes += [without_partial(each, failed) for each in without]
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
            self.outcomes += map(pushed, outcomes)


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
