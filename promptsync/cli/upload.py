"""`promptsync upload`: make the registry agree with the prompt files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import click

from promptsync.apply import check_supported
from promptsync.catalog import Catalog
from promptsync.cli.errors import report_error
from promptsync.cli.next_command import Given
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    changed_since_option,
    cli_command,
    dry_run_option,
    format_option,
    grouped,
    moved_alias_option_for,
    names_argument,
    plan_checksum_option,
    registry_option,
    yes_option,
)
from promptsync.cli.outcomes import errors_of, show_outcomes
from promptsync.cli.planning import (
    Consent,
    exit_code_without_apply,
    is_to_be_applied,
    worst_exit_code,
)
from promptsync.cli.pushing import push
from promptsync.cli.session import Session, chosen_names, open_session, valid_catalog
from promptsync.cli.talk import say
from promptsync.errors import PromptsyncError, RegistryError, UsageError
from promptsync.plan import Plan
from promptsync.scope import Scope
from promptsync.upload_plan import UploadOptions, make_upload_plan

NOT_SEEDED = "\nwarning: not every missing prompt was created; running the command again is safe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an upload is to do beyond a fast-forward: the options with these names."""

    only_missing: bool
    prune: bool
    no_renames: bool
    adopt: bool
    force: bool
    allow_unreachable: bool

    def check(self) -> None:
        """Raise UsageError for options that do not go together."""
        if self.allow_unreachable and not self.only_missing:
            raise UsageError("`--allow-unreachable` goes with `--only-missing`")
        others = {"--prune": self.prune, "--adopt": self.adopt, "--force": self.force}
        for option, is_given in others.items():
            if self.only_missing and is_given:
                raise UsageError(f"`--only-missing` and `{option}` exclude each other")

    @property
    def options(self) -> UploadOptions:
        """What the plan is made by."""
        return UploadOptions(
            force=self.force,
            only_missing=self.only_missing,
            prune=self.prune,
            adopt=self.adopt,
            renames=not self.no_renames,
        )


@cli_command()
@names_argument
@registry_option
@format_option(*PLAN_FORMATS)
@yes_option
@dry_run_option
@click.option(
    "--only-missing",
    is_flag=True,
    help="Create what is not there, set an alias that is not; what is there stays.",
)
@click.option("--prune", is_flag=True, help="Remove prompts whose file is gone.")
@click.option(
    "--no-renames",
    is_flag=True,
    help="Create what has another name now, and leave the old name alone.",
)
@click.option("--adopt", is_flag=True, help="Add the stamp to equal prompts that lack it.")
@click.option("--force", is_flag=True, help="Replace edits made in the registry, too.")
@moved_alias_option_for("Compare with this alias, and point it at what is uploaded.")
@changed_since_option
@plan_checksum_option
@click.option(
    "--allow-unreachable",
    is_flag=True,
    help="With `--only-missing`: warn, and exit 0, when the registry cannot be asked.",
)
@grouped(wanted=Wanted, given=Given, consent=Consent)
def command(
    *,
    names: tuple[str, ...],
    format_: Format,
    changed_since: str | None,
    wanted: Wanted,
    given: Given,
    consent: Consent,
) -> int:
    """Make the registry agree with the prompt files.

    Fast-forward only: what was edited in the registry is left alone without `--force`.
    """
    wanted.check()
    try:
        with open_session(given.registry) as session:
            catalog = valid_catalog(session.workspace)
            chosen = chosen_names(session.workspace, catalog, names, changed_since)
            alias = session.alias(given.alias)
            plan = _make_plan(session, catalog, chosen, alias, wanted.options)
            check_supported(plan, session.registry)
            if not is_to_be_applied(plan, format_, given, consent):
                return exit_code_without_apply(plan, dry_run=consent.dry_run)
            applied = push(session, catalog, plan)
            outcomes = sorted(applied, key=lambda outcome: outcome.change.name)
    except RegistryError as error:
        if not wanted.allow_unreachable:
            raise
        return _warn_unreachable(error, format_)
    show_outcomes(plan, outcomes, format_, given)
    return _exit_code(plan, errors_of(outcomes), allow_unreachable=wanted.allow_unreachable)


def _exit_code(plan: Plan, errors: Sequence[PromptsyncError], *, allow_unreachable: bool) -> int:
    if allow_unreachable and errors and all(isinstance(each, RegistryError) for each in errors):
        say(NOT_SEEDED)
        return 0
    return worst_exit_code(plan, errors)


def _warn_unreachable(error: RegistryError, format_: Format) -> int:
    report_error(error, as_json=format_ is Format.JSON)
    say(NOT_SEEDED)
    return 0


def _make_plan(
    session: Session,
    catalog: Catalog,
    names: Sequence[str] | None,
    alias: str | None,
    options: UploadOptions,
) -> Plan:
    scope = Scope(
        names=names,
        alias=alias,
        complete=options.prune,
        latest=True,
        adopts=options.adopt,
        only_missing=options.only_missing,
        repository=lambda: session.repository_url,
        was_here=session.was_here if options.renames and not options.only_missing else None,
    )
    states = session.states(catalog, scope)
    return make_upload_plan(states, registry=session.name, alias=alias, options=options)
