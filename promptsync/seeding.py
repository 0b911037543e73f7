"""Seed a registry: create the prompts that it lacks, and leave alone every one that it has.

For a starting application whose registry may be empty, such as a new environment. It needs no
git, only uses what git knows where it is there.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from promptsync.apply import Outcome, apply_upload, find_unsupported
from promptsync.argument_checks import check_moved_alias, check_names
from promptsync.catalog import Catalog, select
from promptsync.comparison import Scope, compare
from promptsync.deadline import finish_within
from promptsync.deployed import Deployed, find_deployed, open_served
from promptsync.deployed_git import remember, stamps_of, with_git
from promptsync.drift_report import describe
from promptsync.errors import RegistryUnavailableError
from promptsync.plan import Plan
from promptsync.program_change import forget_loaded
from promptsync.registries.base import Registry
from promptsync.seed_report import SeedReport
from promptsync.upload_plan import UploadOptions, make_upload_plan

TIMEOUT = 10.0
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

    What the registry has is never touched, whatever it says and wherever the alias points. `source`
    is a bundle or a directory; without it, what is found from the folder of a Python package, or
    else from the working directory, is taken.
    Returns after `timeout` seconds at the latest and never raises: what was not done is in the
    report, and one warning in the log. A write that is under way then may still be carried out.
    """
    report = _within(timeout, source, package, registry=registry, alias=alias, names=names)
    with suppress(Exception):  # it may be logging that fails
        forget_loaded(*report.created)  # what was served instead need not last
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
        plan = _make_plan(deployed, catalog, chosen, opened)
        failed = {change.name: reason for change, reason in find_unsupported(plan, opened)}
        changes = tuple(each for each in plan.changes if each.name not in failed)
        locals_ = [each.state.local for each in changes if each.state.local]
        make_stamp = stamps_of(deployed, catalog, workspace, locals_)
        plan = replace(plan, changes=changes)
        outcomes = list(apply_upload(plan, opened, make_stamp=make_stamp))
    if workspace is not None:
        remember(workspace, outcomes)
    return _report(deployed, catalog, chosen, outcomes, failed)


def _make_plan(
    deployed: Deployed, catalog: Catalog, names: Sequence[str], registry: Registry
) -> Plan:
    # Whether an alias points at a prompt does not matter: what is there is left alone.
    scope = Scope(names=names, brief=True)
    states = compare(catalog, registry, scope=scope, is_taken_in=lambda _, __: False)
    return make_upload_plan(
        states,
        registry=deployed.registry.name,
        alias=deployed.registry.alias,
        options=UploadOptions(only_missing=True),
    )


def _report(
    deployed: Deployed,
    catalog: Catalog,
    chosen: Iterable[str],
    outcomes: Sequence[Outcome],
    unsupported: Mapping[str, str],
) -> SeedReport:
    failed = {each.change.name: describe(each.error) for each in outcomes if each.error}
    failed |= {each.change.name: "not tried" for each in outcomes if not each.tried}
    failed |= unsupported
    created = {
        each.change.name: each.stored.version for each in outcomes if each.done and each.stored
    }
    problems = [str(problem) for problem in catalog.problems]
    return SeedReport(
        created=dict(sorted(created.items())),
        skipped=tuple(name for name in chosen if name not in created and name not in failed),
        failed=dict(sorted(failed.items())),
        reason="; ".join(problems) or None,
        is_reachable=not any(isinstance(each.error, RegistryUnavailableError) for each in outcomes),
        registry=deployed.registry.name,
        alias=deployed.registry.alias,
    )


def _log(report: SeedReport) -> None:
    """Log one warning where something was not done, else what was done."""
    where = f"registry `{report.registry}`" if report.registry else "the registry"
    if report.ok:
        LOGGER.info("%s was seeded: %s", where, report)
    elif report.created or report.skipped or report.failed:
        LOGGER.warning("%s was not seeded with every prompt: %s", where, report)
    else:
        LOGGER.warning("%s was not seeded: %s", where, report.reason)
