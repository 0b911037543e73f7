"""Tell what a check found: the log, the OpenTelemetry span, and the application itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from promptsync.drift_report import DriftReport

LOGGER = logging.getLogger("promptsync")


def tell(
    report: DriftReport, *, span: Any, on_report: Callable[[DriftReport], object] | None
) -> None:
    """Log, mark the span, call the callback: each whatever becomes of the others."""
    steps: dict[str, Callable[[], object]] = {
        "logging": partial(log, report),
        "the OpenTelemetry span": partial(mark, span, report),
        "`on_report`": partial(on_report or _ignore, report),
    }
    for name, step in steps.items():
        try:
            step()
        except Exception:  # the code of others
            with suppress(Exception):  # it may be logging that fails
                LOGGER.warning("%s failed with the report about the prompts", name, exc_info=True)


def _ignore(report: DriftReport) -> None:
    """Be the callback where there is none."""


def log(report: DriftReport) -> None:
    """Log one warning for each prompt that differs, and one if not everything was checked.

    Each record carries the whole hashes as `record.promptsync`.
    """
    for each in report.drifted:
        LOGGER.warning("%s", each, extra={"promptsync": each.to_json()})
    if report.reason is not None:
        what = "not every prompt was" if report.prompts else "the prompts were not"
        LOGGER.warning("%s checked: %s", what, report.reason)
    elif report.ok:
        LOGGER.info("%d prompts are what this process was deployed with", len(report.prompts))


def mark(span: Any, report: DriftReport) -> None:
    """Set the attributes of a span, unless it has ended or nothing is known."""
    if span is not None and span.is_recording() and (report.checked or report.drifted):
        span.set_attribute("promptsync.drift", bool(report.drifted))
        span.set_attribute("promptsync.drifted", [each.name for each in report.drifted])
