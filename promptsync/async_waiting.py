"""Wait in asyncio for what threads do. A cancelled waiter cancels nothing that others wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TypeVar

from promptsync.background import BackgroundThreads, fulfil
from promptsync.correlation import in_this_context

Result = TypeVar("Result")


async def finished(answer: Future[Result], seconds: float | None = None) -> bool:
    """Wait at most so long; tell whether the answer, or an error, is there."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def tell(_: object) -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(_set, done)

    answer.add_done_callback(tell)
    # A handler of a signal may have closed the client since nobody was to be told.
    if not answer.done():
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await done
    return answer.done()


async def run(threads: BackgroundThreads, work: Callable[[], Result]) -> Result:
    """Do in a thread what would keep the loop waiting."""
    answer: Future[Result] = Future()
    try:
        threads.submit(in_this_context(partial(fulfil, answer, work)))
    except RuntimeError:  # no thread can be started
        return work()
    await finished(answer)
    return answer.result()


def _set(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
