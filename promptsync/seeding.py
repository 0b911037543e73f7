"""Seed a registry: create the prompts that it lacks, and leave alone every one that it has.

For a starting application whose registry may be empty, such as a new environment. It needs no
git, only uses what git knows where it is there.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from promptsync import git_settings
from promptsync.apply import Outcome, apply_upload, find_unsupported
from promptsync.catalog import Catalog, select
from promptsync.change_writer import MakeStamp
from promptsync.comparison import Scope, compare
from promptsync.deployed import Deployed, find_deployed, open_served
from promptsync.drift_report import describe
from promptsync.errors import GitError, RegistryUnavailableError, UsageError
from promptsync.plan import Change, Plan
from promptsync.prompt_location import folder_of
from promptsync.reading import read_catalog
from promptsync.registries.base import Registry
from promptsync.seed_report import SeedReport
from promptsync.stamping import make_stamps, stamp_of
from promptsync.upload_log import append_to_log
from promptsync.upload_plan import UploadOptions, make_upload_plan
from promptsync.workspace import Workspace, open_workspace

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
    if not _is_duration(timeout):
        return SeedReport(reason="`timeout` is a number of seconds above 0")
    try:
        until, start = time.monotonic() + timeout, Path.cwd()
        seeded: Future[SeedReport] = Future()

        def work() -> None:
            try:
                deployed = find_deployed(
                    _place(source, package),
                    start=start,
                    registry=registry,
                    alias=alias,
                )
                seeded.set_result(_seed(deployed, names, until))
            except Exception as error:  # noqa: BLE001  told by whoever waits for it
                seeded.set_exception(error)

        # Not a pool: Python would wait at its end for a registry that hangs.
        threading.Thread(target=work, name="promptsync-seed", daemon=True).start()
        return seeded.result(timeout)
    except TimeoutError:
        return SeedReport(reason=f"no answer within {timeout:g} s", is_reachable=False)
    except Exception as error:  # noqa: BLE001  a seed never hurts who asks for it
        is_reachable = not isinstance(error, RegistryUnavailableError)
        return SeedReport(reason=describe(error), is_reachable=is_reachable)


def _place(source: str | os.PathLike[str] | None, package: str | None) -> Path | None:
    if source is not None and package is not None:
        raise UsageError("`source` and `package` exclude each other")
    if package is not None:
        return folder_of(package)
    return None if source is None else Path(source)


def _is_duration(value: object) -> bool:
    return isinstance(value, (int, float)) and 0 < value <= threading.TIMEOUT_MAX


def _seed(deployed: Deployed, names: Iterable[str] | None, until: float) -> SeedReport:
    if isinstance(names, str):
        raise UsageError("`names` is a list of names")
    catalog, workspace = _with_git(deployed)
    chosen = select(catalog, names or ())
    with closing(open_served(deployed, until - time.monotonic())) as opened:
        plan = _make_plan(deployed, catalog, chosen, opened)
        failed = {change.name: reason for change, reason in find_unsupported(plan, opened)}
        changes = tuple(each for each in plan.changes if each.name not in failed)
        make_stamp = _make_stamp(deployed, catalog, workspace, changes)
        plan = replace(plan, changes=changes)
        outcomes = list(apply_upload(plan, opened, make_stamp=make_stamp))
    if workspace is not None:
        _remember(workspace, outcomes)
    return _report(deployed, catalog, chosen, outcomes, failed)


def _with_git(deployed: Deployed) -> tuple[Catalog, Workspace | None]:
    """Return prompt files with their paths from the top of the repository, where there is one."""
    if deployed.bundle is None:
        with suppress(GitError):  # it is not installed, or may not look
            workspace = open_workspace(deployed.folder, deployed.registry.name)
            if workspace.repository is not None:
                return read_catalog(workspace), workspace
    return deployed.catalog, None


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


def _make_stamp(
    deployed: Deployed, catalog: Catalog, workspace: Workspace | None, changes: Iterable[Change]
) -> MakeStamp:
    locals_ = [each.state.local for each in changes if each.state.local]
    if workspace is not None and locals_:
        repository = workspace.require_repository()
        stamps = make_stamps(repository, git_settings.remote_url(repository), catalog, locals_)
        return lambda local: stamps[local.path]
    url = deployed.bundle.repository if deployed.bundle else None
    return lambda local: stamp_of(local, commit=deployed.commit, repository=url)


def _remember(workspace: Workspace, outcomes: Iterable[Outcome]) -> None:
    for each in outcomes:
        if each.done and each.stored is not None:
            entry = (each.stored.name, each.stored.content_hash, each.stored.stamped_hash)
            append_to_log(workspace.state_folder, workspace.registry.name, "upload", entry)


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
