"""The one place that shows errors: what is wrong, a blank line, `hint:` with the way out."""

from __future__ import annotations

import json
from typing import Any

import click

from promptsync.errors import PromptFileError, PromptsyncError


class ReportingCommand(click.Command):
    """A command that shows promptsync's errors and ends with their exit code.

    With `--format json` the error goes to stdout as JSON too, so that a script reads one thing.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it returns is the exit code."""
        try:
            return super().invoke(ctx)
        except PromptsyncError as error:
            if ctx.params.get("format_") == "json":
                click.echo(json.dumps(error_json(error), ensure_ascii=False))
            show_error(error)
            return error.exit_code


def show_error(error: PromptsyncError) -> None:
    """Write an error to stderr."""
    click.echo(f"error: {printable(str(error))}", err=True)
    if error.hint:
        click.echo(f"\nhint: {printable(error.hint)}", err=True)


def error_json(error: PromptsyncError) -> dict[str, object]:
    """Return an error for scripts; `code` is the exit code and `kind` the class of the error."""
    problems = error.problems if isinstance(error, PromptFileError) else ()
    return {
        "schema": 1,
        "error": {
            "kind": type(error).__name__.removesuffix("Error"),
            "code": error.exit_code,
            "message": error.message,
            "hint": error.hint,
            "problems": [
                {"path": each.path, "line": each.line, "message": each.message} for each in problems
            ],
        },
    }


def printable(text: str) -> str:
    """Make text from files and services safe to print: no control or invisible characters.

    Escape sequences would move the cursor or fake output; bidirectional controls reorder it.
    """
    return "".join(
        each if each in "\n\t" or each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )
