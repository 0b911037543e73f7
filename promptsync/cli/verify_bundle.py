"""The part of `verify` that compares a bundle: it needs no git, and it keeps to a deadline."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import Future, wait
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from promptsync.argument_checks import is_timeout
from promptsync.cli.columns import columns
from promptsync.cli.errors import report_error
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.render import render
from promptsync.cli.render_text import heading
from promptsync.cli.report import Report, count_line
from promptsync.cli.safe_text import printable, shown_name
from promptsync.cli.talk import say
from promptsync.comparison import Comparison
from promptsync.deployed import compare_with_served, find_deployed, open_served
from promptsync.drift_report import describe, prompt_drift
from promptsync.errors import PromptsyncError, RegistryError, RegistryUnavailableError, UsageError
from promptsync.remote_edit import TwoTexts, two_texts
from promptsync.status import PromptState, Status

if TYPE_CHECKING:
    from promptsync.cli.verify_request import VerifyRequest

TIMEOUT = 20.0
TIMEOUT_OF_A_WARNING = 2.0


def verify_bundle(
    bundle: Path, asked: VerifyRequest, *, warn_only: bool, allow_unreachable: bool
) -> int:
    """Compare a bundle with the registry, show the report, return the exit code."""
    timeout = asked.timeout
    if timeout is None:
        timeout = TIMEOUT_OF_A_WARNING if warn_only else TIMEOUT
    try:
        report = _answer_within(timeout, bundle, asked)
    except TooLateError as error:
        _leave(_show_failure(error, asked.format_, is_warning=warn_only or allow_unreachable))
    except Exception as error:
        if not (warn_only or (allow_unreachable and isinstance(error, RegistryError))):
            raise
        return _show_failure(error, asked.format_, is_warning=True)
    if not (asked.quiet and report.in_sync and asked.format_ is Format.TEXT):
        show(render_bundle(report, asked.format_))
    return 0 if warn_only else int(not report.in_sync)


class TooLateError(RegistryUnavailableError):
    """The time is over, and a thread still waits for the registry."""


def _answer_within(timeout: float, bundle: Path, asked: VerifyRequest) -> Report:
    if not is_timeout(timeout):
        raise UsageError("`--timeout` is a number of seconds above 0")
    until = time.monotonic() + timeout
    outcome: Future[Report] = Future()

    def work() -> None:
        try:
            outcome.set_result(make_report(bundle, asked, until=until))
        except BaseException as error:  # noqa: BLE001  raised again where it is waited for
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    wait([outcome], timeout)
    if not outcome.done():
        raise TooLateError(f"there was no answer within {timeout:g} s")
    return outcome.result()


def make_report(bundle: Path, asked: VerifyRequest, *, until: float) -> Report:
    """Compare a bundle with its registry by a moment of the monotonic clock."""
    deployed = find_deployed(bundle, start=Path.cwd(), registry=asked.registry, alias=asked.alias)
    if not deployed.catalog.prompts:
        raise UsageError(f"`{bundle}` holds no prompts")
    name, alias = deployed.registry.name, deployed.registry.alias
    with closing(open_served(deployed, until - time.monotonic())) as registry:
        states = compare_with_served(deployed, registry, names=asked.names, strict=asked.strict)
        kind, address = registry.kind, registry.address

    def texts(state: PromptState) -> TwoTexts:
        return two_texts(state, kind, None)

    return Report(
        registry=name,
        kind=kind,
        address=address,
        comparison=Comparison(
            states=tuple(map(_explained, states)), alias=alias, strict=asked.strict
        ),
        can_upload=False,
        read_texts=texts,
    )


def _explained(state: PromptState) -> PromptState:
    drift = prompt_drift(state)
    return replace(state, note=drift.explanation) if drift.differs else state


def render_bundle(report: Report, format_: Format) -> str:
    """Return a report; the text leaves out commands that need the prompt files."""
    if format_ is not Format.TEXT:
        return render(report, format_)
    shown = [state for state in report.comparison.states if state.status is not Status.IN_SYNC]
    lines = [f"registry {heading(report)}", ""]
    if shown:
        rows = [(each.status.value, shown_name(each.name), each.path or "") for each in shown]
        notes = [f"{shown_name(each.name)}: {each.note}" for each in shown if each.note]
        lines += [*columns(rows), "", *notes, ""]
    lines.append(count_line(report.comparison.summary))
    return "\n".join(map(printable, lines)) + "\n"


def _show_failure(error: Exception, format_: Format, *, is_warning: bool) -> int:
    known = error if isinstance(error, PromptsyncError) else PromptsyncError(describe(error))
    code = report_error(known, as_json=format_ is Format.JSON)
    if not is_warning:
        return code
    say("\nwarning: the prompts were not checked")
    return 0


def _leave(code: int) -> NoReturn:
    # Python would wait at its end for the threads that wait for the registry.
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)
