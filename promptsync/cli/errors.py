"""The one place that shows errors: what is wrong, a blank line, `hint:` with the way out."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import ParamSpec

import typer

from promptsync.errors import PromptFileError, PromptsyncError

Parameters = ParamSpec("Parameters")


def reports_errors(command: Callable[Parameters, int | None]) -> Callable[Parameters, None]:
    """Turn a command into one that shows its errors and ends with its exit code.

    With `--format json` the error goes to stdout as JSON too, so that a script reads one thing.
    """

    @functools.wraps(command)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
        except PromptsyncError as error:
            if str(getattr(kwargs.get("format_"), "value", "")) == "json":
                typer.echo(json.dumps(error_json(error), ensure_ascii=False))
            show_error(error)
            raise typer.Exit(error.exit_code) from None
        raise typer.Exit(code or 0)

    # typer reads the annotations of what it is given, and `wraps` does not make them true here.
    wrapped.__annotations__["return"] = None
    return wrapped


def show_error(error: PromptsyncError) -> None:
    """Write an error to stderr."""
    typer.echo(f"error: {printable(str(error))}", err=True)
    if error.hint:
        typer.echo(f"\nhint: {printable(error.hint)}", err=True)


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
