"""Change a registry from a program: in time, with errors that are raised, and seen by its loads."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from promptsync.apply import Outcome
from promptsync.change_writer import PLAN_ANEW
from promptsync.deadline import finish_within
from promptsync.deployed import Deployed, find_deployed, open_served
from promptsync.errors import RegistryUnavailableError
from promptsync.registries.base import Registry

Result = TypeVar("Result")

TIMEOUT = 10.0


def change_registry(
    change: Callable[[Deployed, Registry], Result],
    *,
    source: str | os.PathLike[str] | None,
    package: str | None,
    registry: str | None,
    alias: str | None,
    timeout: float,
    name: str,
    otherwise: str,
) -> Result:
    """Return what `change` returns; it is given what is deployed, and its registry, opened.

    There need be no prompts. Raises what `find_deployed` and `change` do. A late answer is
    RegistryUnavailableError, and `otherwise` says what nobody knows then; `name` is the thread's.
    """
    start = Path.cwd()

    def work(until: float) -> Result:
        deployed = find_deployed(
            source,
            package=package,
            start=start,
            registry=registry,
            alias=alias,
            may_be_empty=True,
        )
        with closing(open_served(deployed, until - time.monotonic())) as opened:
            return change(deployed, opened)

    try:
        return finish_within(timeout, work, name=name)
    except TimeoutError as error:
        raise RegistryUnavailableError(
            f"the registry did not answer within {timeout:g} s; {otherwise}",
            hint="doing it again is safe",
        ) from error


def raise_errors(outcomes: Iterable[Outcome]) -> None:
    """Raise the error that kept a change from being made, if one did."""
    for each in outcomes:
        if each.error is not None:
            if each.error.hint == PLAN_ANEW:
                each.error.hint = "the same call again plans anew"
            raise each.error


def forget_loaded(*names: str) -> None:
    """Have this process's own default client follow what this program moved, without its TTL."""
    from promptsync.default_client import forget  # few of these programs load as well

    for each in dict.fromkeys(names):
        forget(each)
