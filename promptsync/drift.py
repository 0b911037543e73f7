"""The check at a cold start: whether the registry serves what this process was deployed with.

`import promptsync` imports this module, and an application waits for what it calls here: whatever
costs time is imported in the thread that does the work. No function here raises.
"""

from __future__ import annotations

import os
import sys
import threading
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from promptsync.drift_report import DriftReport

TIMEOUT = 2.0


def check_drift(
    source: str | os.PathLike[str] | None = None,
    *,
    package: str | None = None,
    registry: str | None = None,
    alias: str | None = None,
    names: Iterable[str] | None = None,
    loaded: Mapping[str, object] | Iterable[object] | None = None,
    timeout: float = TIMEOUT,
) -> DriftReport:
    """Compare what this process was deployed with to what the registry serves, and wait for it.

    `source` is a bundle or a directory; without it, what is found from the folder of a Python
    package, or else from the working directory, is compared. With `loaded`, the prompt objects that
    the application loaded take the registry's place: a mapping of names to objects, or a list of
    objects that have a name, of promptsync's or of the SDKs of Braintrust, MLflow and Opik. Returns
    after `timeout` seconds at the latest, never raises, and logs nothing: what could not be checked
    makes a report with `checked` False and a `reason`.
    """
    ask = _asking(
        source, package=package, registry=registry, alias=alias, names=names, loaded=loaded
    )
    return _within(timeout, ask)


def warn_on_drift(
    source: str | os.PathLike[str] | None = None,
    *,
    package: str | None = None,
    registry: str | None = None,
    alias: str | None = None,
    names: Iterable[str] | None = None,
    loaded: Mapping[str, object] | Iterable[object] | None = None,
    timeout: float = TIMEOUT,
    background: bool = True,
    on_report: Callable[[DriftReport], object] | None = None,
) -> DriftCheck:
    """Log a warning for each prompt that is not what this process was deployed with.

    Asks what `check_drift` asks, once, in a daemon thread unless `background` is False, and returns
    at once. What could not be checked is one more warning. The OpenTelemetry span that is current
    now gets the attributes `promptsync.drift` and `promptsync.drifted`; `on_report` is called last.
    """
    ask = _asking(
        source, package=package, registry=registry, alias=alias, names=names, loaded=loaded
    )
    span = _current_span()

    def work() -> DriftReport:
        from promptsync.drift_warning import tell

        report = _within(timeout, ask)
        tell(report, span=span, on_report=on_report)
        return report

    check = DriftCheck(work)
    if background:
        check.start()
    else:
        check.run()
    return check


class DriftCheck:
    """A check that `warn_on_drift` began, and that may still be running.

    It ends by its deadline, or with the process, and raises nothing. `start` or `run` begins it,
    once.
    """

    def __init__(self, work: Callable[[], DriftReport]) -> None:
        self._work = work
        self._report: DriftReport | None = None
        self._thread = threading.Thread(target=self._run_later, name="promptsync", daemon=True)

    @property
    def done(self) -> bool:
        """Whether the report is there, its warnings logged and the callback called."""
        return self._report is not None

    def result(self, timeout: float | None = None) -> DriftReport:
        """Wait for the report, at most `timeout` seconds; if late, one with `checked` False."""
        # The callback may ask in this very thread, and finds no report yet.
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return self._report or _unchecked("the check has not ended yet")

    def start(self) -> None:
        """Run in the background."""
        _keep_forks_out_of_imports()
        try:
            self._thread.start()
        except RuntimeError as error:  # too many threads, or the interpreter is shutting down
            self._report = _unchecked(f"no thread can be started: {error}")

    def run(self) -> None:
        """Run here and now."""
        try:
            self._report = self._work()
        except Exception as error:  # noqa: BLE001  a check never hurts who asks for it
            self._report = _unchecked(error)

    def _run_later(self) -> None:
        # Let the caller go first: it waits for the interpreter lock, which imports keep for 5 ms.
        time.sleep(0.01)
        import logging  # noqa: F401

        _keep_forks_out_of_imports()  # now that its own hook is there
        self.run()


def _keep_forks_out_of_imports() -> None:
    from promptsync.fork_imports import keep_forks_out_of_imports

    keep_forks_out_of_imports()


def _asking(
    source: str | os.PathLike[str] | None,
    *,
    loaded: Mapping[str, object] | Iterable[object] | None,
    **choices: Any,
) -> Callable[[float], DriftReport]:
    """Return the question; where the process stands is looked up now, everything else later."""
    folder = _working_directory()
    loaded = dict(loaded) if isinstance(loaded, dict) else loaded  # the application's own may grow

    def ask(until: float) -> DriftReport:
        from promptsync import deployed  # only a thread has time for it

        return deployed.answer(source, folder, loaded=loaded, until=until, **choices)

    return ask


def _within(timeout: float, ask: Callable[[float], DriftReport]) -> DriftReport:
    from promptsync.argument_checks import is_timeout  # not at `import promptsync`

    if not is_timeout(timeout):
        return _unchecked("`timeout` is a number of seconds above 0")
    until = time.monotonic() + timeout
    check = DriftCheck(lambda: ask(until))
    check.start()
    # A thread that waits for what never comes is left behind, and ends with the process.
    check.result(timeout)
    return check.result(0) if check.done else _unchecked(f"no answer within {timeout:g} s")


def _unchecked(reason: str | Exception) -> DriftReport:
    from promptsync.drift_report import unchecked  # dataclasses cost 15 ms

    return unchecked(reason)


def _working_directory() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  pathlib costs 5 ms
    except OSError:  # it was deleted
        return os.sep


def _current_span() -> Any:
    # Where nobody imported the module, no span was ever started.
    trace = sys.modules.get("opentelemetry.trace")
    try:
        return trace.get_current_span() if trace else None
    except Exception:  # noqa: BLE001  somebody else's code, in the caller's thread
        return None
