"""The command line: one file for each command, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module

import typer

from promptsync.cli.errors import reports_errors

# A command's module is `promptsync.cli.<name>`, its function `command`.
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


def build_app(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """Build the application with some of its commands."""
    app = typer.Typer(
        name="promptsync",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_main)
    for name in names:
        module = import_module(f"promptsync.cli.{name}")
        if isinstance(module.command, typer.Typer):
            app.add_typer(module.command, name=name)
        else:
            app.command(name)(reports_errors(module.command))
    return app


def run(arguments: Sequence[str]) -> None:
    """Run a command line. Ends in SystemExit with the exit code."""
    # A hook runs on every commit: one command is imported, not twelve.
    first = next(iter(arguments), "")
    build_app([first] if first in COMMANDS else COMMANDS)(list(arguments), prog_name="promptsync")


def _show_version(*, value: bool) -> None:
    if value:
        from importlib.metadata import version  # noqa: PLC0415  asked for by few

        typer.echo(f"promptsync {version('promptsync')}")
        raise typer.Exit


def _main(
    *,
    _version: bool = typer.Option(
        False,  # noqa: FBT003  typer's way to say default
        "--version",
        callback=_show_version,
        is_eager=True,
        help="Show the version and exit.",
    ),
) -> None:
    """Keep prompts in git and prove that the registry serves exactly those."""
