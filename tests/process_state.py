"""What a test could leave changed in its process, for the tests after it."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Mapping

# pytest itself says there which test is running.
_PYTEST = "PYTEST_CURRENT_TEST"


def process_state() -> Mapping[str, object]:
    """Return what can be compared with a later state, by the name of each part."""
    return {
        "the environment": {key: value for key, value in os.environ.items() if key != _PYTEST},
        "the working directory": os.getcwd(),  # noqa: PTH109  a path costs more, in every test
        "the import path": tuple(sys.path),
        "the root logger": _logging_of(logging.getLogger()),
        "the logger `promptsync`": _logging_of(logging.getLogger("promptsync")),
        "the handlers of signals": (
            signal.getsignal(signal.SIGINT),
            signal.getsignal(signal.SIGTERM),
        ),
    }


def _logging_of(logger: logging.Logger) -> tuple[object, ...]:
    parts = (logger.level, logger.disabled, logger.propagate, logger.manager.disable)
    return (*parts, tuple(logger.handlers), tuple(logger.filters))
