"""Read where an alias points and point it elsewhere: what `promote` and `rollback` share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptsync.apply import apply_upload
from promptsync.catalog import Catalog
from promptsync.cli.history import commits_of, find_versions
from promptsync.cli.next_command import Given
from promptsync.cli.options import Format
from promptsync.cli.outcomes import errors_of, show_outcomes
from promptsync.cli.planning import (
    Consent,
    exit_code_without_apply,
    is_to_be_applied,
    worst_exit_code,
)
from promptsync.cli.session import Session
from promptsync.cli.talk import track
from promptsync.errors import UsageError
from promptsync.parallel_requests import in_parallel
from promptsync.plan import Change, Plan
from promptsync.promotion_plan import Pointing
from promptsync.remote_prompt import Stamp
from promptsync.status import LocalPrompt


def require_alias(session: Session, asked_for: str | None) -> str:
    """Return the alias to move: the one asked for, else the configured one. Raises UsageError."""
    alias = session.alias(asked_for)
    if alias is None:
        raise UsageError(
            "say which alias: `--alias`",
            hint=f"or set `alias` of registry `{session.name}` in the configuration",
        )
    return alias


def read_pointings(
    session: Session, catalog: Catalog, names: Sequence[str], alias: str
) -> list[Pointing]:
    """Return where the alias of some prompts points, and all their versions.

    A prompt that has no file any more is found by its name in the registry. Raises UsageError
    for one that the registry does not have.
    """

    def read(name: str) -> Pointing:
        versions = find_versions(session, catalog, name)
        served = versions[0].name
        local = catalog.name_by_served_name.get(served)
        return Pointing(
            name=served if local is None else local,
            versions=versions,
            current=session.registry.get_prompt(served, alias=alias),
            local=None if local is None else catalog.prompts[local],
        )

    found = {each.name: each for each in in_parallel(read, dict.fromkeys(names))}
    return list(found.values())


def with_commits(session: Session, plan: Plan, pointings: Sequence[Pointing]) -> Plan:
    """Return a plan that names the commit behind each version, where it is known."""
    versions = {each.name: each.versions for each in pointings}

    def named(change: Change) -> Change:
        target = change.target
        if target is None:
            return change
        commits = commits_of(session, versions[change.name])
        return replace(change, commit=commits.get(target.version))

    return replace(plan, changes=tuple(map(named, plan.changes)))


def carry_out(
    session: Session,
    plan: Plan,
    format_: Format,
    given: Given,
    consent: Consent,
) -> int:
    """Show a plan that only moves an alias, apply it if that is wanted, and tell how it went.

    Nothing is logged: where an alias points says nothing of what the files have taken in.
    """
    if not is_to_be_applied(plan, format_, given, consent):
        return exit_code_without_apply(plan, dry_run=consent.dry_run)
    applied = apply_upload(plan, session.registry, make_stamp=_no_stamp)
    outcomes = sorted(
        track(applied, len(plan.changes), plan.direction.value), key=lambda each: each.change.name
    )
    show_outcomes(plan, outcomes, format_, given)
    return worst_exit_code(plan, errors_of(outcomes))


def _no_stamp(local: LocalPrompt) -> Stamp:
    raise ValueError(f"`{local.header.name}` is not written: only its alias moves")
