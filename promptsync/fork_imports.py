"""Forks that come while another thread imports for promptsync: they wait until that is done.

A child process has none of the threads of its parent, but the locks of the modules that they were
importing: whoever imports one of those there waits for ever. A check that was begun before a
server forks its workers imports for up to a second.
"""

from __future__ import annotations

import os
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

# Whoever forks may hold what an import waits for, such as a module that it is importing itself.
_SECONDS = 5.0
_PAUSE = 0.001
# Whether `logging` was there by then, for each time that the hook was registered.
_registered: set[bool] = set()


def keep_forks_out_of_imports() -> None:
    """Have every fork from now on wait for imports of promptsync in other threads, 5 s at most.

    Call it again behind the first import of `logging`: Python calls the hook first that came last,
    and that of `logging` takes a lock which most modules need while they are imported.
    """
    has_logging = "logging" in sys.modules
    if has_logging not in _registered and hasattr(os, "register_at_fork"):
        _registered.add(has_logging)
        os.register_at_fork(before=_wait_for_imports)


def _wait_for_imports() -> None:
    until = time.monotonic() + _SECONDS
    while _others_import() and time.monotonic() < until:
        time.sleep(_PAUSE)


def _others_import() -> bool:
    own = threading.get_ident()
    frames = sys._current_frames()  # noqa: SLF001  documented, and the only way to look
    return any(_imports_for_us(frame) for thread, frame in frames.items() if thread != own)


def _imports_for_us(frame: FrameType | None) -> bool:
    is_import = False
    while frame is not None:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            is_import = True
        elif is_import and str(frame.f_globals.get("__name__")).startswith("promptsync."):
            return True
        frame = frame.f_back
    return False
