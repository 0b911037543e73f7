"""The changes that a sync leaves out: what git does not have, what the registry cannot hold."""

from __future__ import annotations

from collections.abc import Sequence

from promptsync import git
from promptsync.apply import find_unsupported
from promptsync.cli.session import Session
from promptsync.cli.sync_results import failed_result, make_outcome
from promptsync.errors import ConflictError, UsageError
from promptsync.plan import Change, Plan
from promptsync.prompt_path import file_of, key_of
from promptsync.prompt_roots import Roots
from promptsync.sync_plan import Result, SyncOutcome


def without_uncommitted(
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
    return make_outcome(change, Result.PULL_FAILED, error)


def supported(session: Session, plan: Plan) -> tuple[list[Change], list[SyncOutcome]]:
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
            refused.append(make_outcome(change, failed_result(change), error))
    return [change for change in plan.changes if change.name not in reasons], refused
