"""`promptsync promote`: point an alias at the versions that say what the prompt files say."""

from __future__ import annotations

from collections.abc import Sequence

import click

from promptsync.cli.next_command import Given
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    cli_command,
    dry_run_option,
    format_option,
    grouped,
    moved_alias_option,
    names_argument,
    plan_checksum_option,
    registry_option,
    yes_option,
)
from promptsync.cli.planning import Consent
from promptsync.cli.pointing import carry_out, read_pointings, require_alias, with_commits
from promptsync.cli.restore import version_named
from promptsync.cli.session import Session, chosen_names, open_session, valid_catalog
from promptsync.errors import UsageError
from promptsync.plan import Plan
from promptsync.promotion_plan import make_promotion_plan, make_version_plan
from promptsync.reading import read_catalog
from promptsync.scope import Scope


@cli_command()
@names_argument
@registry_option
@format_option(*PLAN_FORMATS)
@moved_alias_option
@click.option(
    "--version", metavar="VERSION", help="Take this version of one prompt, whatever its file says."
)
@yes_option
@dry_run_option
@click.option("--force", is_flag=True, help="Pass over edits made in the registry, too.")
@plan_checksum_option
@grouped(given=Given, consent=Consent)
def command(
    *,
    names: tuple[str, ...],
    format_: Format,
    version: str | None,
    given: Given,
    consent: Consent,
) -> int:
    """Point an alias at versions that say what the files say.

    No version is written: what no version says yet needs an upload. VERSION is one that
    `promptsync history` lists, or the first 6 digits or more of its hash.
    """
    with open_session(given.registry) as session:
        target = require_alias(session, given.alias)
        if version is None:
            plan = _plan_of_files(session, names, target, force=consent.force)
        else:
            plan = _plan_of_version(session, names, target, version)
        return carry_out(session, plan, format_, given, consent)


def _plan_of_files(session: Session, names: Sequence[str], alias: str, *, force: bool) -> Plan:
    catalog = valid_catalog(session.workspace)
    chosen = chosen_names(session.workspace, catalog, names)
    scope = Scope(names=sorted(catalog.prompts) if chosen is None else chosen, alias=alias)
    states = session.states(catalog, scope)
    return make_promotion_plan(states, registry=session.name, alias=alias, force=force)


def _plan_of_version(session: Session, names: Sequence[str], alias: str, version: str) -> Plan:
    if len(names) != 1:
        raise UsageError(
            "`--version` is a version of one prompt",
            hint="name that prompt; without `--version`, each gets the version of its file",
        )
    # A file that is wrong keeps nobody from promoting what is in the registry.
    pointings = read_pointings(session, read_catalog(session.workspace), names, alias)
    (pointing,) = pointings
    target = version_named(pointing.versions, version, pointing.name)
    plan = make_version_plan(pointing, target, registry=session.name, alias=alias)
    return with_commits(session, plan, pointings)
