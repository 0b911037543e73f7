"""`promptsync sync`: both directions, for schedules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    alias_option,
    cli_command,
    dry_run_option,
    format_option,
    names_argument,
    registry_option,
    yes_option,
)
from promptsync.cli.output import show
from promptsync.cli.session import open_session
from promptsync.cli.sync_states import Wish, compare_all, read_all
from promptsync.early_verify import begin_listing
from promptsync.sync_plan import (
    Policy,
    Result,
    SyncPlan,
    SyncReport,
    invalid_outcomes,
    make_sync_plan,
    refused_outcomes,
)
from promptsync.workspace import open_workspace

DIFFERS = 1

if TYPE_CHECKING:
    from promptsync.catalog import Catalog
    from promptsync.cli.next_command import Given
    from promptsync.cli.session import Session


@cli_command()
@names_argument
@registry_option
@format_option(*TABLE_FORMATS)
@yes_option
@dry_run_option
@click.option("--all", "everything", is_flag=True, help="Also prompts that only the registry has.")
@click.option(
    "--policy",
    type=click.Choice([each.value for each in Policy]),
    metavar="POLICY",
    default=Policy.MERGE.value,
    callback=lambda _, __, value: Policy(value),
    help="Where both changed: merge (the default), git-wins or registry-wins.",
)
@alias_option
def command(
    *,
    names: tuple[str, ...],
    registry: str | None,
    format_: Format,
    yes: bool,
    dry_run: bool,
    everything: bool,
    policy: Policy,
    alias: str | None,
) -> int:
    """Pull what changed there, merge, and push what changed here.

    Without a policy nothing is overwritten: what cannot be merged is left alone, with exit 3.
    """
    early = click.get_current_context().obj
    workspace = early.workspace if early else open_workspace(Path.cwd(), registry)
    listing = early.listing if early else None
    if not (listing or names):
        listing = begin_listing(workspace, complete=everything)
    with open_session(registry, workspace=workspace, listing=listing) as session:
        wish = Wish(names=names, alias=session.alias(alias), policy=policy, extras=everything)
        catalog = read_all(workspace)
        plan = make_sync_plan(
            compare_all(session, catalog, wish),
            registry=session.name,
            alias=wish.alias,
            policy=policy,
            extras=everything,
        )
        if not (plan.changes or plan.refusals or catalog.problems):
            return _show_nothing(plan, wish, format_, dry_run=dry_run)
        return _sync(session, catalog, plan, wish, format_, yes=yes, dry_run=dry_run, asked=alias)


def _show_nothing(plan: SyncPlan, wish: Wish, format_: Format, *, dry_run: bool) -> int:
    if format_ is Format.JSON:
        from promptsync.cli.render_json import to_json  # noqa: PLC0415
        from promptsync.cli.render_sync import sync_json  # noqa: PLC0415

        show(to_json(sync_json(SyncReport(plan=plan, policy=wish.policy), dry_run=dry_run)))
    else:
        alias = f", alias `{wish.alias}`" if wish.alias else ""
        show(f"nothing to sync with registry `{plan.push.registry}`{alias}\n")
    return 0


def _sync(
    session: Session,
    catalog: Catalog,
    plan: SyncPlan,
    wish: Wish,
    format_: Format,
    *,
    yes: bool,
    dry_run: bool,
    asked: str | None,
) -> int:
    # What follows is only imported when there is something to do.
    from promptsync.cli.next_command import Given  # noqa: PLC0415
    from promptsync.cli.render_sync import render_sync_plan  # noqa: PLC0415
    from promptsync.cli.syncing import run_sync  # noqa: PLC0415
    from promptsync.cli.talk import confirm, say  # noqa: PLC0415

    given = Given(registry=session.asked_for, alias=asked)
    known = (*invalid_outcomes(catalog.problems), *refused_outcomes(plan))
    foreseen = SyncReport(plan=plan, policy=wish.policy, outcomes=known)
    if dry_run:
        _show(foreseen, format_, given, dry_run=True)
        return foreseen.exit_code
    say(render_sync_plan(plan, given))
    plan.raise_if_unsafe()
    if plan.changes and not confirm("sync this?", yes=yes):
        say("nothing was done")
        return foreseen.exit_code or DIFFERS
    report = run_sync(session, catalog, foreseen, wish)
    _show(report, format_, given)
    return report.exit_code


def _show(report: SyncReport, format_: Format, given: Given, *, dry_run: bool = False) -> None:
    from promptsync.cli.planning import show_failures  # noqa: PLC0415
    from promptsync.cli.render_json import to_json  # noqa: PLC0415
    from promptsync.cli.render_sync import render_sync, render_sync_plan, sync_json  # noqa: PLC0415
    from promptsync.cli.report import some_names  # noqa: PLC0415
    from promptsync.cli.talk import say  # noqa: PLC0415

    if format_ is Format.JSON:
        show(to_json(sync_json(report, dry_run=dry_run)))
    else:
        show(render_sync_plan(report.plan, given) if dry_run else render_sync(report))
    # The plan has shown what it left alone, with the way out.
    shown = {refusal.name for refusal in report.plan.refusals}
    show_failures([each for each in report.failures if each[0] not in shown], given)
    not_tried = [each.name for each in report.outcomes if not each.tried]
    if not_tried:
        say(f"\nnot tried: {some_names(not_tried)}; running the command again is safe")
    if report.counters[Result.PULL_CHANGED] and report.commit is None:
        say("\nhint: `git diff` shows the edits that were pulled; commit them")
