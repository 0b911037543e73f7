"""The options that several commands share, and the way a command is declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click

from promptsync.cli.errors import ReportingCommand

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Format(StrEnum):
    """How a result is written to stdout."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    GITHUB = "github"
    SARIF = "sarif"


cli_command = partial(click.command, cls=ReportingCommand)


def _complete_name(_: click.Context, __: click.Parameter, incomplete: str) -> Sequence[str]:
    """Complete prompt names from the paths alone: the shell waits for the answer."""
    from promptsync.workspace import prompt_names_by_path  # noqa: PLC0415

    return [name for name in prompt_names_by_path(Path.cwd()) if name.startswith(incomplete)]


def format_option(*formats: Format) -> Callable[[Decorated], Decorated]:
    """Declare `--format` with the formats that a command can write."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice([each.value for each in formats]),
        default=Format.TEXT.value,
        show_default=True,
        callback=lambda _, __, value: Format(value),
        help="How to write the result.",
    )


ALL_FORMATS = tuple(Format)
PLAN_FORMATS = (Format.TEXT, Format.JSON, Format.MARKDOWN)
TABLE_FORMATS = (Format.TEXT, Format.JSON)

names_argument = click.argument(
    "names", nargs=-1, metavar="[NAME]...", shell_complete=_complete_name
)
name_argument = click.argument("name", shell_complete=_complete_name)
registry_option = click.option(
    "--registry", "-r", metavar="NAME", help="A registry of the configuration; else its default."
)
alias_option = click.option(
    "--alias", metavar="ALIAS", help="Look at the versions this alias points at."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do it without asking.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Say nothing but errors.")
plan_checksum_option = click.option(
    "--plan-checksum",
    metavar="SHA256",
    help="Apply only if the plan has this checksum: exactly what was reviewed.",
)
changed_since_option = click.option(
    "--changed-since",
    metavar="REV",
    help="Only prompts that changed since the merge base with this revision.",
)
