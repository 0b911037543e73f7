"""The options that several commands share, and the way a command is declared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import partial, wraps
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
    MERMAID = "mermaid"


cli_command = partial(click.command, cls=ReportingCommand)


def grouped(**kinds: type) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Hand options to a command as values: of each dataclass, made of the options its fields name.

    Options of several values are fine; whatever no value takes, the command gets as it is.
    """
    names = {group: [each.name for each in fields(kind)] for group, kind in kinds.items()}
    taken = {name for each in names.values() for name in each}

    def decorate(function: Callable[..., int]) -> Callable[..., int]:
        @wraps(function)
        def command(**options: Any) -> int:
            groups = {
                group: kind(**{name: options[name] for name in names[group]})
                for group, kind in kinds.items()
            }
            others = {name: value for name, value in options.items() if name not in taken}
            return function(**others, **groups)

        return command

    return decorate


def complete_prompt(_: click.Context, __: click.Parameter, incomplete: str) -> Sequence[str]:
    """Complete prompt names from the paths alone: the shell waits for the answer."""
    from promptsync.errors import PromptsyncError
    from promptsync.workspace import prompt_names_by_path

    try:
        names = prompt_names_by_path(Path.cwd())
    except PromptsyncError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def _complete_registry(_: click.Context, __: click.Parameter, incomplete: str) -> Sequence[str]:
    from promptsync.config import load_config
    from promptsync.errors import PromptsyncError

    try:
        names = sorted(load_config(Path.cwd()).registries)
    except PromptsyncError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def format_option(*formats: Format) -> Callable[[Decorated], Decorated]:
    """Declare `--format` with the formats that a command can write."""
    first, *others, last = [each.value for each in formats]
    named = [f"{first} (the default)", *others]
    return click.option(
        "--format",
        "format_",
        type=click.Choice([each.value for each in formats]),
        metavar="FORMAT",
        default=Format.TEXT.value,
        callback=lambda _, __, value: Format(value),
        help=f"Write {', '.join(named)} or {last}.",
    )


ALL_FORMATS = (Format.TEXT, Format.JSON, Format.MARKDOWN, Format.GITHUB, Format.SARIF)
PLAN_FORMATS = (Format.TEXT, Format.JSON, Format.MARKDOWN)
TABLE_FORMATS = (Format.TEXT, Format.JSON)

names_argument = click.argument(
    "names", nargs=-1, metavar="[NAME]...", shell_complete=complete_prompt
)
name_argument = click.argument("name", shell_complete=complete_prompt)
registry_option = click.option(
    "--registry",
    "-r",
    metavar="NAME",
    shell_complete=_complete_registry,
    help="Use this registry of the configuration.",
)


def _read_alias(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty alias: that of a variable which is not set never means the default."""
    if value is not None and not value.strip():
        raise click.BadParameter("it is empty; leave the option out for the default")
    if value is not None and any("\ud800" <= each <= "\udfff" for each in value):
        raise click.BadParameter("it is no valid Unicode")
    return value


def _moved_alias(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    from promptsync.registry_config import ALIAS_RULE, is_alias  # for few commands

    alias = _read_alias(context, parameter, value)
    if alias is not None and not is_alias(alias):
        raise click.BadParameter(f"an alias is {ALIAS_RULE}")
    return alias


def alias_option_for(help_: str, *, required: bool = False) -> Callable[[Decorated], Decorated]:
    """Declare `--alias` for a command that reads what an alias points at."""
    return click.option(
        "--alias", metavar="ALIAS", required=required, callback=_read_alias, help=help_
    )


def moved_alias_option_for(help_: str) -> Callable[[Decorated], Decorated]:
    """Declare `--alias` for a command that points the alias at something."""
    return click.option("--alias", metavar="ALIAS", callback=_moved_alias, help=help_)


alias_option = alias_option_for("Look at the versions that this alias points at.")
moved_alias_option = moved_alias_option_for(
    "Move this alias; without it, the one in the configuration."
)
yes_option = click.option("--yes", "-y", is_flag=True, help="Do it without asking.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show the plan and stop.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Say nothing unless it fails.")
plan_checksum_option = click.option(
    "--plan-checksum",
    metavar="SHA256",
    help="Apply the plan with this checksum, and no other, without asking.",
)
changed_since_option = click.option(
    "--changed-since",
    metavar="REV",
    help="Only prompts that changed since the merge base with REV.",
)
