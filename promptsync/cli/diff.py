"""`promptsync diff`: the registry's text against the files', line by line."""

from __future__ import annotations

import json
import sys

import click

from promptsync import config
from promptsync.cli.errors import printable
from promptsync.cli.options import (
    ALL_FORMATS,
    Format,
    alias_option,
    cli_command,
    format_option,
    names_argument,
    registry_option,
)
from promptsync.cli.render import render, state_json
from promptsync.cli.report import Report
from promptsync.cli.reporting import make_report
from promptsync.cli.session import chosen_names, open_session, valid_catalog
from promptsync.cli.word_diff import styled_lines
from promptsync.status import PromptState, Status


@cli_command()
@names_argument
@registry_option
@format_option(*ALL_FORMATS)
@alias_option
def command(
    *,
    names: tuple[str, ...],
    registry: str | None,
    format_: Format,
    alias: str | None,
) -> int:
    """Show what differs: `-` is the registry, `+` the prompt file. Exit 1 when anything does."""
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        report = make_report(
            session, catalog, names=chosen_names(catalog, names), alias=session.alias(alias)
        )
        differing = [state for state in report.comparison.states if _is_shown(state)]
        if format_ is Format.JSON:
            click.echo(_json(report, differing))
        elif format_ is Format.TEXT:
            _show_text(report, differing)
        else:
            click.echo(render(report, format_), nl=False)
    return int(not report.in_sync)


def _is_shown(state: PromptState) -> bool:
    return state.status is not Status.IN_SYNC and not state.status.is_extra


def diff_lines(report: Report, state: PromptState) -> list[str]:
    """Return the unified diff of one prompt; a side that does not exist is /dev/null."""
    version = f" (version {state.remote.version})" if state.remote else ""
    remote_label = f"{report.registry}/{state.name}{version}" if state.remote else "/dev/null"
    return report.read_texts(state).unified_diff(remote_label, state.path or "/dev/null")


def _json(report: Report, states: list[PromptState]) -> str:
    prompts = [
        state_json(state) | {"diff": "\n".join(diff_lines(report, state))} for state in states
    ]
    document = {"schema": 1, "registry": report.registry, "prompts": prompts}
    return json.dumps(document, ensure_ascii=False, indent=2)


def _show_text(report: Report, states: list[PromptState]) -> None:
    lines = [line for state in states for line in diff_lines(report, state)]
    if sys.stdout.isatty() and not config.no_color():
        shown = styled_lines(lines)
    else:
        shown = map(printable, lines)
    for line in shown:
        click.echo(line)
