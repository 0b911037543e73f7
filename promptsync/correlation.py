"""Which request of the application caused a load: an identifier that logs carry.

The application sets it, and promptsync only reads it: None, as long as it is not set.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar, copy_context
from functools import partial

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    Result = TypeVar("Result")

correlation_id: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def in_this_context(function: Callable[[], Result]) -> Callable[[], Result]:
    """Return the function so that it runs, once and in any thread, with today's context variables.

    A background refresh is logged with the correlation id of the load that caused it.
    """
    return partial(copy_context().run, function)
