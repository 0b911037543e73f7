"""`promptsync sync`: both directions, for schedules."""

from __future__ import annotations

import click

from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    dry_run_option,
    format_option,
    moved_alias_option_for,
    names_argument,
    registry_option,
    yes_option,
)
from promptsync.cli.sync_once import sync_once
from promptsync.cli.sync_request import SyncRequest
from promptsync.errors import UsageError
from promptsync.sync_plan import Policy


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
@moved_alias_option_for("Look at this alias, and point it at what is pushed.")
@click.option("--commit", is_flag=True, help="Commit what was pulled on the current branch.")
@click.option(
    "--branch",
    metavar="BRANCH",
    help="Commit what was pulled on this branch, and leave the work tree alone.",
)
@click.option(
    "--every",
    metavar="SCHEDULE",
    help='Stay, and sync on a schedule like "0 0 * * *" (UTC), without asking.',
)
@click.option("--status", is_flag=True, help="Show the days that succeeded and the last runs.")
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
    commit: bool,
    branch: str | None,
    every: str | None,
    status: bool,
) -> int:
    """Pull what changed there, merge, and push what changed here.

    Without a policy nothing is overwritten: what cannot be merged is left alone, with exit 3.
    """
    if status:
        from promptsync.cli.sync_status import show_status

        return show_status(registry, format_)
    if commit and branch:
        raise UsageError("`--commit` and `--branch` exclude each other")
    request = SyncRequest(
        names=names,
        registry=registry,
        alias=alias,
        format_=format_,
        policy=policy,
        everything=everything,
        commit=commit,
        branch=branch,
        yes=yes,
        dry_run=dry_run,
    )
    if every is not None:
        if dry_run:
            raise UsageError("`--every` and `--dry-run` exclude each other")
        from promptsync.cli.sync_schedule import sync_every

        return sync_every(every, request)
    return sync_once(request, early=click.get_current_context().obj)
