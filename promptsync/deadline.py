"""Do something within a deadline, in a thread that never keeps a process from ending."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from promptsync.argument_checks import check_timeout
from promptsync.background import fulfil

Result = TypeVar("Result")


def finish_within(timeout: float, work: Callable[[float], Result], *, name: str) -> Result:
    """Return what `work` returns, or raise what it raises.

    It is given the moment of the monotonic clock by which it has to be done. Raises TimeoutError
    when it is not: the thread is left behind, and what it does then is lost. Raises UsageError
    for what is no duration.
    """
    check_timeout(timeout)
    until = time.monotonic() + timeout
    done: Future[Result] = Future()
    run = partial(fulfil, done, partial(work, until))
    # Not a pool: Python would wait at its end for a registry that hangs.
    threading.Thread(target=run, name=name, daemon=True).start()
    # A TimeoutError of the work itself is no late answer, and none leaves promptsync's seams.
    return done.result(timeout)
