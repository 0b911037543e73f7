"""Seed a registry: create the prompts that it lacks, and leave alone every one that it has.

For a starting application whose registry may be empty, such as a new environment. It needs no
git, only uses what git knows where it is there.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from promptsync.apply import Outcome, apply_upload, find_unsupported
from promptsync.argument_checks import check_moved_alias, check_names
from promptsync.catalog import Catalog, select
from promptsync.comparison import compare
from promptsync.deadline import finish_within
from promptsync.deployed import Deployed, find_deployed, open_served
from promptsync.deployed_git import remember, stamps_of, with_git
from promptsync.drift_report import describe
from promptsync.errors import PromptsyncError, RegistryError, RegistryUnavailableError
from promptsync.missing_alias import find_unaliased
from promptsync.plan import Plan
from promptsync.program_change import forget_loaded
from promptsync.registries.base import Registry
from promptsync.scope import Scope
from promptsync.seed_report import SeedReport
from promptsync.status import PromptState
from promptsync.upload_plan import UploadOptions, is_unaliased, make_upload_plan

TIMEOUT = 10.0
Why = PromptsyncError | str
LOGGER = logging.getLogger("promptsync")


def seed(
    source: str | os.PathLike[str] | None = None,
    *,
    package: str | None = None,
    registry: str | None = None,
    alias: str | None = None,
    names: Iterable[str] | None = None,
    timeout: float = TIMEOUT,
) -> SeedReport:
    """Create each prompt that the registry lacks, and point the alias at its first version.

    What the registry has is never touched, whatever it says and wherever the alias points. An alias
    that points at no version of a prompt is missing, too: it is set where a version says what the
    deployed prompt says. `source` is a bundle or a directory; without it, what is found from the
    folder of a Python package, or else from the working directory, is taken.
    Returns after `timeout` seconds at the latest and never raises: what was not done is in the
    report, and one warning in the log. A write that is under way then may still be carried out.
    """
    report = _within(timeout, source, package, registry=registry, alias=alias, names=names)
    with suppress(Exception):  # it may be logging that fails
        forget_loaded(*report.created, *report.aliased)  # what was served instead need not last
        _log(report)
    return report


def _within(
    timeout: float,
    source: str | os.PathLike[str] | None,
    package: str | None,
    *,
    registry: str | None,
    alias: str | None,
    names: Iterable[str] | None,
) -> SeedReport:
    try:
        check_moved_alias(alias)
        start = Path.cwd()

        def work(until: float) -> SeedReport:
            deployed = find_deployed(
                source, package=package, start=start, registry=registry, alias=alias
            )
            return _seed(deployed, names, until)

        return finish_within(timeout, work, name="promptsync-seed")
    except TimeoutError:
        return SeedReport(reason=f"no answer within {timeout:g} s", is_reachable=False)
    except Exception as error:  # noqa: BLE001  a seed never hurts who asks for it
        is_reachable = not isinstance(error, RegistryUnavailableError)
        return SeedReport(reason=describe(error), is_reachable=is_reachable)


def _seed(deployed: Deployed, names: Iterable[str] | None, until: float) -> SeedReport:
    catalog, workspace = with_git(deployed)
    chosen = select(catalog, check_names(names))
    with closing(open_served(deployed, until - time.monotonic())) as opened:
        states = _compare(deployed, catalog, chosen, opened)
        plan = _make_plan(deployed, states)
        failed: dict[str, Why] = dict(_unsupported(plan, opened))
        changes = tuple(each for each in plan.changes if each.name not in failed)
        locals_ = [each.state.local for each in changes if each.state.local]
        make_stamp = stamps_of(deployed, catalog, workspace, locals_)
        plan = replace(plan, changes=changes)
        outcomes = list(apply_upload(plan, opened, make_stamp=make_stamp))
        failed.update(_failures(outcomes))
        if (alias := deployed.registry.alias) is not None:
            found = [each.name for each in states if is_unaliased(each)]
            found += [each.change.name for each in outcomes if each.skipped]
            served = {catalog.served_name(name): name for name in found}
            failed |= _find_unaliased(served, alias, opened, until)
    if workspace is not None:
        remember(workspace, outcomes)
    return _report(deployed, catalog, chosen, outcomes, failed)


def _compare(
    deployed: Deployed, catalog: Catalog, names: Sequence[str], registry: Registry
) -> Sequence[PromptState]:
    scope = Scope(names=names, alias=deployed.registry.alias, latest=True, only_missing=True)
    return compare(catalog, registry, scope=scope, is_taken_in=lambda _, __: False)


def _make_plan(deployed: Deployed, states: Sequence[PromptState]) -> Plan:
    return make_upload_plan(
        states,
        registry=deployed.registry.name,
        alias=deployed.registry.alias,
        options=UploadOptions(only_missing=True),
    )


def _unsupported(plan: Plan, registry: Registry) -> Iterator[tuple[str, str]]:
    return ((change.name, reason) for change, reason in find_unsupported(plan, registry))


def _failures(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, Why]]:
    for each in outcomes:
        if each.error is not None or not each.tried:
            yield each.change.name, each.error or "not tried"


def _find_unaliased(
    served: Mapping[str, str], alias: str, registry: Registry, until: float
) -> dict[str, Why]:
    """Say at which of the prompts that were found the alias is not, each with the reason.

    `served` are their names, by those they are served under.
    """
    try:
        unaliased = find_unaliased(registry, served, alias, until=until)
    except RegistryError as error:
        return dict.fromkeys(served.values(), error)
    reason = f"it says something else, and alias `{alias}` points at none of its versions"
    return {served[each]: reason for each in unaliased}


def _report(
    deployed: Deployed,
    catalog: Catalog,
    chosen: Iterable[str],
    outcomes: Sequence[Outcome],
    failed: Mapping[str, Why],
) -> SeedReport:
    done = {each.change.name: each for each in outcomes if each.done}
    versions = {name: each.stored.version for name, each in sorted(done.items()) if each.stored}
    is_promoted = {name: each.change.target is not None for name, each in done.items()}
    problems = [str(problem) for problem in catalog.problems]
    return SeedReport(
        created={name: version for name, version in versions.items() if not is_promoted[name]},
        aliased={name: version for name, version in versions.items() if is_promoted[name]},
        skipped=tuple(name for name in chosen if name not in done and name not in failed),
        failed={name: _told(failed[name]) for name in sorted(failed)},
        reason="; ".join(problems) or None,
        is_reachable=not any(isinstance(why, RegistryUnavailableError) for why in failed.values()),
        registry=deployed.registry.name,
        alias=deployed.registry.alias,
    )


def _told(why: Why) -> str:
    return why if isinstance(why, str) else describe(why)


def _log(report: SeedReport) -> None:
    """Log one warning where something was not done, else what was done."""
    where = f"registry `{report.registry}`" if report.registry else "the registry"
    if report.ok:
        LOGGER.info("%s was seeded: %s", where, report)
    elif report.created or report.aliased or report.skipped or report.failed:
        LOGGER.warning("%s was not seeded with every prompt: %s", where, report)
    else:
        LOGGER.warning("%s was not seeded: %s", where, report.reason)
