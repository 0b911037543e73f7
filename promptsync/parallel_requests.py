"""Put questions to a service side by side, and have the answers in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TypeVar

from promptsync.daemon_threads import DaemonThreads

# Requests that wait for a service side by side; more only fills its queue.
PARALLEL_REQUESTS = 8

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(ask: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield the answers in the order of the items, several requests at a time."""
    with closing(DaemonThreads(PARALLEL_REQUESTS, "promptsync-comparison")) as threads:
        yield from threads.map(ask, items)
