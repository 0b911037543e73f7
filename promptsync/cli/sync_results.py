"""What became of each prompt of a sync: outcomes of what was pulled, pushed or left alone."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from promptsync.apply import Outcome
from promptsync.download import FileOutcome
from promptsync.errors import ConflictError, PromptsyncError
from promptsync.plan import Change
from promptsync.sync_plan import Result, SyncOutcome


def pulled(outcome: FileOutcome) -> SyncOutcome:
    """Return what became of a prompt that a pull was to write."""
    error, result = outcome.error, Result.PULL_CHANGED
    if error is not None:
        result = Result.CONFLICTS if isinstance(error, ConflictError) else Result.PULL_FAILED
    remote = outcome.change.state.remote
    made = make_outcome(outcome.change, result, error)
    return replace(made, path=outcome.path or made.path, version=remote.version if remote else None)


def pushed(outcome: Outcome) -> SyncOutcome:
    """Return what became of a prompt that a push was to store."""
    change, error = outcome.change, outcome.error
    if not outcome.tried:
        return replace(not_tried(change, failed_result(change)), reason=outcome.reason)
    if error is not None:
        is_conflict = isinstance(error, ConflictError)
        return make_outcome(
            change, Result.CONFLICTS if is_conflict else failed_result(change), error
        )
    result = Result.COMPOSITE_SYNCED if is_composite(change) else Result.INDIVIDUAL_SYNCED
    made = make_outcome(change, result, None)
    return replace(made, version=outcome.stored.version if outcome.stored else None)


def gone_meanwhile(name: str, path: str | None) -> SyncOutcome:
    """Return the conflict of a prompt that was deleted in the registry during the sync."""
    error = ConflictError(
        f"`{name}` was deleted in the registry during the sync; it was not created again",
        hint=f"`promptsync upload {name}` creates it; or delete its file",
    )
    return SyncOutcome(name=name, result=Result.CONFLICTS, path=path, error=error)


def without_partial(change: Change, failed: Set[str]) -> SyncOutcome:
    """Return the outcome of a composite that waits for partials that were not uploaded."""
    name = min(partials_of(change) & failed)
    reason = f"it includes `{name}`, which was not uploaded"
    return replace(not_tried(change, failed_result(change)), reason=reason)


def not_tried(change: Change, result: Result) -> SyncOutcome:
    """Return the outcome of a change that nobody came to."""
    return replace(make_outcome(change, result, None), tried=False)


def failed_result(change: Change) -> Result:
    """Return how a push of this prompt is counted when it fails."""
    return Result.COMPOSITE_FAILED if is_composite(change) else Result.INDIVIDUAL_FAILED


def make_outcome(change: Change, result: Result, error: PromptsyncError | None) -> SyncOutcome:
    """Return the outcome of a change."""
    return SyncOutcome(
        name=change.name,
        result=result,
        action=change.action,
        path=change.state.path,
        error=error,
    )


def partials_of(change: Change) -> Set[str]:
    """Return the names of the partials that the file of a prompt includes."""
    return set(change.state.local.partials) if change.state.local else set()


def is_composite(change: Change) -> bool:
    """Tell whether the file of a prompt includes others."""
    return bool(partials_of(change))
