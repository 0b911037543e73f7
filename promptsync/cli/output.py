"""Write to stdout and stderr, and keep going when nobody reads any more."""

from __future__ import annotations

import os
import re
import sys
from typing import IO

import click

from promptsync.errors import UsageError

_COMMAND_TO_A_RUNNER = re.compile(r"^(?=[^\S\n]*(?:::|##\[))", re.MULTILINE)


def show(text: str) -> None:
    """Write a result to stdout, as it is: the text ends with its own line end.

    A reader that left, as `head` does, is no error: the exit code still tells the result. Raises
    UsageError where the text cannot be stored, as on a full disk.
    """
    try:
        click.echo(text, nl=False)
    except BrokenPipeError:
        _discard(sys.stdout)
    except OSError as error:
        _discard(sys.stdout)
        raise UsageError(f"the result could not be written: {error.strerror}") from error


def tell(line: str) -> None:
    """Write a line, or several, to stderr, where it never mixes with a result.

    Names from a registry are data: a line of them is no command to the runner of GitHub.
    """
    try:
        click.echo(_COMMAND_TO_A_RUNNER.sub(r"\\\g<0>", line), err=True)
    except OSError:
        _discard(sys.stderr)


def is_terminal(stream: IO[str] | None) -> bool:
    """Tell whether a person is there; a stream that was closed from the start is None."""
    return stream is not None and stream.isatty()


def can_show(text: str) -> bool:
    """Tell whether stdout has these characters; an old code page, or plain ASCII, may not."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _discard(stream: IO[str]) -> None:
    """Send what is still buffered, and all that follows, nowhere; else Python fails at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
