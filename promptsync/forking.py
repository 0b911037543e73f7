"""Clients that outlive a fork: the child goes on with what they know, and none of their threads."""

from __future__ import annotations

import os
from typing import Protocol
from weakref import WeakSet


class SurvivesFork(Protocol):
    """Something with locks, threads or connections that a child process must not share."""

    def after_fork(self) -> None:
        """Drop them, in the child."""
        ...


_ALIVE: WeakSet[SurvivesFork] = WeakSet()
_is_registered = False


def survive_forks(each: SurvivesFork) -> None:
    """Call `after_fork` in every child process from now on, as long as the object lives."""
    global _is_registered  # noqa: PLW0603  a hook cannot be taken back, so there is one
    _ALIVE.add(each)
    if not _is_registered and hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_renew)
        _is_registered = True


def _renew() -> None:
    for each in tuple(_ALIVE):
        each.after_fork()
