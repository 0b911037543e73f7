"""`promptsync status`: what differs between git and the registry."""

from __future__ import annotations

import click

from promptsync.cli.options import (
    ALL_FORMATS,
    Format,
    alias_option,
    changed_since_option,
    cli_command,
    format_option,
    names_argument,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render import render
from promptsync.cli.reporting import make_report, with_pointers
from promptsync.cli.session import chosen_names, open_session, valid_catalog

# The other formats are places in files.
WITH_ALIASES = (Format.TEXT, Format.JSON, Format.MARKDOWN)


@cli_command()
@names_argument
@registry_option
@format_option(*ALL_FORMATS)
@alias_option
@changed_since_option
@click.option("--all", "everything", is_flag=True, help="List prompts in sync too.")
@click.option(
    "--aliases/--no-aliases",
    default=True,
    help="Say where every alias points, or not; some services are asked for each prompt.",
)
@click.option("--exit-code", is_flag=True, help="Exit 1 when anything differs.")
def command(
    *,
    names: tuple[str, ...],
    registry: str | None,
    format_: Format,
    alias: str | None,
    changed_since: str | None,
    everything: bool,
    aliases: bool,
    exit_code: bool,
) -> int:
    """Show how each prompt file compares with the registry."""
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        report = make_report(
            session,
            catalog,
            names=chosen_names(session.workspace, catalog, names, changed_since),
            alias=alias,
            complete=True,
        )
        if aliases and format_ in WITH_ALIASES:
            report = with_pointers(session, report)
        show(render(report, format_, everything=everything or bool(names)))
    return int(exit_code and not report.in_sync)
