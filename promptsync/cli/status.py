"""`promptsync status`: what differs between git and the registry."""

from __future__ import annotations

from typing import Annotated

import typer

from promptsync.cli.options import Alias, ChangedSince, Format, Names, OutputFormat, RegistryName
from promptsync.cli.render import render
from promptsync.cli.reporting import make_report
from promptsync.cli.session import chosen_names, open_session, valid_catalog
from promptsync.workspace import changed_names


def command(
    names: Names = None,
    registry: RegistryName = None,
    format_: OutputFormat = Format.TEXT,
    alias: Alias = None,
    changed_since: ChangedSince = None,
    everything: Annotated[bool, typer.Option("--all", help="List prompts in sync too.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 when anything differs.")
    ] = False,
) -> int:
    """Show how each prompt file compares with the registry."""
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        chosen = chosen_names(catalog, names)
        if changed_since is not None:
            chosen = list(changed_names(session.workspace, catalog, changed_since))
        report = make_report(
            session, catalog, names=chosen, alias=session.alias(alias), complete=True
        )
        typer.echo(render(report, format_, everything=everything or bool(names)), nl=False)
    return int(exit_code and not report.in_sync)
