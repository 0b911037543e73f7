"""The one place that shows errors: what is wrong, a blank line, `hint:` with the way out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import click

from promptsync.cli.next_command import Given
from promptsync.cli.output import show, tell
from promptsync.cli.safe_text import printable, shown_name
from promptsync.errors import Problem, PromptFileError, PromptsyncError, UsageError

__all__ = ["ReportingCommand", "as_usage_error", "error_json", "printable", "show_error"]

# More would push the first one off the screen.
MAX_PROBLEMS_SHOWN = 20


class ReportingCommand(click.Command):
    """A command that shows promptsync's errors and ends with their exit code.

    With `--format json` the error goes to stdout as JSON too, so that a script reads one thing.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what it returns is the exit code."""
        try:
            return super().invoke(ctx)
        except PromptsyncError as error:
            return report_error(error, as_json=ctx.params.get("format_") == "json")


def report_error(error: PromptsyncError, *, as_json: bool) -> int:
    """Show an error on stderr, and on stdout for scripts; return its exit code."""
    if context := click.get_current_context(silent=True):
        repeat_options(error, Given.of(context.params))
    if as_json:
        from promptsync.cli.render_json import to_json  # few errors are JSON

        show(to_json(error_json(error)))
    show_error(error)
    return error.exit_code


def repeat_options(error: PromptsyncError, given: Given) -> None:
    """Put the options of this run into the commands that the hint of an error names."""
    if error.hint is not None:
        error.hint = given.repeated(error.hint)


def show_error(error: PromptsyncError, *, about: str | None = None) -> None:
    """Write an error to stderr; `about` names the prompt where the error does not."""
    if isinstance(error, PromptFileError) and len(error.problems) > 1:
        _show_problems(error.problems)
        return
    what = "" if about is None or about in error.message else f"`{shown_name(about)}`: "
    tell(f"error: {what}{printable(str(error))}")
    if error.hint:
        tell(f"\nhint: {printable(error.hint)}")


def _show_problems(problems: Sequence[Problem]) -> None:
    tell(f"error: {len(problems)} problems in prompt files\n")
    for problem in problems[:MAX_PROBLEMS_SHOWN]:
        tell(printable(str(problem)))
        if problem.hint:
            tell(f"  hint: {printable(problem.hint)}")
    left_out = len(problems) - MAX_PROBLEMS_SHOWN
    if left_out > 0:
        tell(f"… and {left_out} more")
    tell("\nhint: `promptsync lint` checks the files again, without a registry")


def as_usage_error(error: click.UsageError) -> UsageError:
    """Return a mistake in the command line in promptsync's own form."""
    message = re.sub(r"'([^']*)'", r"`\1`", error.format_message())
    message = message.removesuffix(".").replace(". (Did", " (did")
    # click lists the choices of a missing option on lines of their own.
    message = re.sub(r"\. Choose from:\s+", ": one of ", message)
    message = re.sub(r",\s+", ", ", message)
    command = error.ctx.command_path if error.ctx else "promptsync"
    return UsageError(
        message[:1].lower() + message[1:], hint=f"`{command} --help` lists what there is"
    )


def _kind(error: PromptsyncError) -> str:
    """Name an error by the nearest class that `promptsync.errors` documents."""
    known = next(each for each in type(error).__mro__ if each.__module__ == "promptsync.errors")
    return known.__name__.removesuffix("Error")


def error_json(error: PromptsyncError) -> dict[str, object]:
    """Return an error for scripts; `code` is the exit code and `kind` the class of the error."""
    problems = error.problems if isinstance(error, PromptFileError) else ()
    return {
        "schema": 1,
        "error": {
            "kind": _kind(error),
            "code": error.exit_code,
            "message": error.message,
            "hint": error.hint,
            "problems": [
                {"path": each.path, "line": each.line, "message": each.message} for each in problems
            ],
        },
    }
