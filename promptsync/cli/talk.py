"""The conversation on stderr: what is being done, questions, and progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

import click

from promptsync.cli.output import is_terminal, tell
from promptsync.cli.safe_text import printable
from promptsync.errors import UsageError

Item = TypeVar("Item")

# A bar for less than this is gone before anybody sees it.
WORTH_A_BAR = 5


def say(message: str = "") -> None:
    """Write a line to stderr, where it never mixes with a result."""
    tell(printable(message))


def confirm(question: str, *, yes: bool) -> bool:
    """Ask on a terminal; elsewhere `--yes` has to have been said. Raises UsageError."""
    if yes:
        return True
    if not is_terminal(sys.stdin):
        raise UsageError(
            "nothing was done: there is no terminal to ask for a confirmation",
            hint="look at the plan above, then run the same command with `--yes`",
        )
    # Not click.confirm: it writes a space to stdout, which may be a file that gets JSON.
    click.echo(f"{question} [y/N] ", nl=False, err=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def track(items: Iterable[Item], total: int, label: str) -> Iterator[Item]:
    """Pass items on with a progress bar, on a terminal and when there are enough of them."""
    if total < WORTH_A_BAR or not is_terminal(sys.stderr):
        yield from items
        return
    with click.progressbar(items, length=total, label=label, file=sys.stderr) as bar:
        yield from bar
