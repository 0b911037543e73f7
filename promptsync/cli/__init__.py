"""The command line: one file for each command, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click

# A command's module is `promptsync.cli.<name>`, and the click command in it is called `command`.
COMMANDS = (
    "init",
    "lint",
    "status",
    "diff",
    "verify",
    "upload",
    "download",
    "history",
    "restore",
    "where",
    "bundle",
    "hook",
)


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for: a hook runs on every commit."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's signature
        """Return the commands in the order people meet them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"promptsync.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> None:
        """Run a command; what it returns is the exit code."""
        ctx.exit(super().invoke(ctx) or 0)


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415  slow, and asked for by few

        click.echo(f"promptsync {version('promptsync')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    callback=_show_version,
    expose_value=False,
    is_eager=True,
    help="Show the version and exit.",
)
def app() -> None:
    """Keep prompts in git and prove that the registry serves exactly those."""


def run(arguments: Sequence[str]) -> None:
    """Run a command line. Ends in SystemExit with the exit code."""
    app(list(arguments), prog_name="promptsync")
