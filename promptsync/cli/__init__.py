"""The command line: one file for each command, imported when it is asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click

from promptsync.interruption import INTERRUPTED, MESSAGE

if TYPE_CHECKING:
    from promptsync.early_verify import EarlyVerify

# A command's module is `promptsync.cli.<name>`, and the click command in it is called `command`.
# A keyword of Python is no name for a module.
MODULES = {"import": "import_"}
COMMANDS = (
    "init",
    "lint",
    "status",
    "diff",
    "verify",
    "upload",
    "download",
    "promote",
    "rollback",
    "sync",
    "history",
    "restore",
    "where",
    "graph",
    "run",
    "performance",
    "import",
    "export",
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
        module = MODULES.get(cmd_name, cmd_name)
        command: click.Command = import_module(f"promptsync.cli.{module}").command
        return command

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Read the options before the command."""
        as_json = _asks_for_json(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise click.exceptions.Exit(_report(error, as_json=as_json)) from error
        except KeyboardInterrupt as error:
            raise click.exceptions.Exit(_report_interruption()) from error
        context.meta[__name__] = as_json
        return context

    def invoke(self, ctx: click.Context) -> None:
        """Run a command; what it returns is the exit code."""
        try:
            code = super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            code = _report(error, as_json=ctx.meta[__name__])
        except (KeyboardInterrupt, click.Abort):
            code = _report_interruption()
        ctx.exit(code or 0)


def _asks_for_json(arguments: Sequence[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)


def _report_interruption() -> int:
    # By itself click exits 1, which means that git and registry differ.
    click.echo(MESSAGE, err=True)
    return INTERRUPTED


def _report(error: click.UsageError, *, as_json: bool) -> int:
    from promptsync.cli.errors import as_usage_error, report_error

    return report_error(as_usage_error(error), as_json=as_json)


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from importlib.metadata import version  # slow, and asked for by few

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


def run(arguments: Sequence[str], early: EarlyVerify | None = None) -> None:
    """Run a command line, some of which may be done `early`. Ends in SystemExit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # An old code page lacks characters that prompts and messages have.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(list(arguments), prog_name="promptsync", obj=early)
