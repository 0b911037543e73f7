"""`promptsync diff`: the registry's text against the files', line by line."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence

from promptsync import config
from promptsync.cli.options import (
    ALL_FORMATS,
    Format,
    alias_option,
    cli_command,
    format_option,
    names_argument,
    registry_option,
)
from promptsync.cli.output import is_terminal, show
from promptsync.cli.render import render
from promptsync.cli.render_json import state_json, to_json
from promptsync.cli.report import Report
from promptsync.cli.reporting import make_report
from promptsync.cli.safe_text import one_line, printable
from promptsync.cli.session import chosen_names, open_session, valid_catalog
from promptsync.cli.word_diff import styled_lines
from promptsync.errors import PromptsyncError
from promptsync.status import PromptState


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
    """Show what differs: `-` is the registry, `+` the prompt file.

    Exit 1 for other content. Titles, descriptions, tags and metadata are shown too; they never
    count as a difference.
    """
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        chosen = chosen_names(session.workspace, catalog, names)
        report = make_report(session, catalog, names=chosen, alias=alias)
        differing = [state for state in report.noteworthy if not state.status.is_extra]
        if format_ is Format.JSON:
            show(_json(report, differing))
        elif format_ is Format.TEXT:
            show(_text([diff_lines(report, state) for state in differing]))
        else:
            show(render(report, format_))
    return int(not report.in_sync)


def diff_lines(report: Report, state: PromptState) -> list[str]:
    """Return the unified diff of one prompt; a side that does not exist is /dev/null."""
    remote_label = "/dev/null"
    if state.remote is not None:
        remote_label = one_line(f"{report.registry}/{state.name} (version {state.remote.version})")
    local_label = state.path or "/dev/null"
    try:
        return report.read_texts(state).unified_diff(remote_label, local_label)
    except PromptsyncError as error:
        # What no prompt file can hold, such as half a surrogate pair: the other diffs go on.
        return [f"--- {remote_label}", f"+++ {local_label}", f"! {one_line(str(error))}"]


def _json(report: Report, states: Sequence[PromptState]) -> str:
    prompts = [
        state_json(state) | {"diff": "\n".join(diff_lines(report, state))} for state in states
    ]
    document = {
        "schema": 1,
        "registry": report.registry,
        "in_sync": report.in_sync,
        "prompts": prompts,
    }
    return to_json(document)


def _text(diffs: Sequence[Sequence[str]]) -> str:
    if is_terminal(sys.stdout) and not config.no_color():
        return "".join(f"{line}\n" for diff in diffs for line in styled_lines(diff))
    text = "".join(f"{printable(line)}\n" for diff in diffs for line in diff)
    return _inert(text) if text and config.is_github_actions() else text


def _inert(text: str) -> str:
    """Keep a line of a prompt from being taken for a command to the runner.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    token = secrets.token_hex(16)
    return f"::stop-commands::{token}\n{text}::{token}::\n"
