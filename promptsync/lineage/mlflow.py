"""MLflow: say on the active run, and on the active trace, which prompts were used."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any

from promptsync.argument_checks import check_timeout
from promptsync.lineage.attempt import Prompts, attempt
from promptsync.lineage.in_time import InTime
from promptsync.lineage.mlflow_run import RunLog, plan_run
from promptsync.lineage.mlflow_trace import log_to_trace
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.optional_packages import needs_package

LOGGER = logging.getLogger("promptsync")

TOOL = "MLflow"

# A run is written to by two requests, and MLflow's client repeats each for minutes.
TIMEOUT = 10.0

# Params and tags of one request: MLflow takes so many of each.
BATCH = 100

# Runs of which this process remembers what it has logged.
RUNS = 32

# Others write to the same run, and what they wrote in between is read once more.
ATTEMPTS = 2

_Fact = tuple[str, str | None, str, str | None, bool]


def log_prompts(
    prompts: Prompts = None,
    *,
    run_id: str | None = None,
    strict: bool = False,
    timeout: float = TIMEOUT,
) -> bool:
    """Say on a run, and on the trace that is active, which prompts were used.

    A run gets the param `prompt.<name>` = `v<version>`, tags with the content hash, the alias and
    a fallback, links as `mlflow.genai.load_prompt` makes them, and one bundle hash. It is the one
    that `run_id` names, else the active one, of another thread too. A trace gets the same as tags.
    Without prompts, all that this process has served are taken.

    Saying the same again costs nothing. MLflow's server is waited for `timeout` seconds at the
    longest, and not at all while an earlier call's request still waits there; what comes later may
    still be written. Only a run needs it: a trace is told here, and sent by MLflow.

    Return whether there was a run or a trace. Raises MissingPackageError without MLflow's SDK,
    UsageError for what is no duration; LineageError only where `strict` says so.
    """
    check_timeout(timeout)
    mlflow = _mlflow()
    return attempt(TOOL, lambda found: _log(mlflow, found, run_id, timeout), prompts, strict=strict)


def _mlflow() -> Any:
    with needs_package("mlflow"):
        import mlflow  # it takes a second
    return mlflow


def _log(mlflow: Any, prompts: Sequence[LoadedPrompt], run_id: str | None, timeout: float) -> bool:
    # What is active is that of this thread; the trace comes first, for it waits for nobody.
    run_id = run_id or _active_run_id(mlflow)
    is_traced = log_to_trace(mlflow, prompts)
    if run_id is not None:
        _RUNS.log(mlflow.MlflowClient, run_id, prompts, timeout)
    return run_id is not None or is_traced


def _active_run_id(mlflow: Any) -> str | None:
    # As `load_prompt` finds it: an evaluation runs an application in threads of its own.
    find = getattr(mlflow.tracking.fluent, "_get_latest_active_run", mlflow.active_run)
    run = mlflow.active_run() or find()
    return run.info.run_id if run else None


class _Runs:
    """What this process has logged to runs; one thread changes them, so that no link is lost."""

    def __init__(self) -> None:
        self._logged: dict[str, set[_Fact]] = {}
        self._writes = InTime("promptsync-mlflow")

    def log(
        self,
        client: Callable[[], Any],
        run_id: str,
        prompts: Sequence[LoadedPrompt],
        timeout: float,
    ) -> None:
        facts = {_fact(each) for each in prompts}
        if facts <= self._logged.get(run_id, set()):
            return
        self._writes.finish(partial(self._write, client, run_id, prompts, facts), timeout)

    def _write(
        self,
        client: Callable[[], Any],
        run_id: str,
        prompts: Sequence[LoadedPrompt],
        facts: set[_Fact],
    ) -> None:
        for warning in _write(client(), run_id, prompts):
            LOGGER.warning("MLflow run %s %s", run_id, warning)
        self._remember(run_id, facts)

    def _remember(self, run_id: str, facts: set[_Fact]) -> None:
        # Replaced whole: others read it meanwhile.
        self._logged[run_id] = self._logged.pop(run_id, set()) | facts
        while len(self._logged) > RUNS:
            del self._logged[next(iter(self._logged))]


_RUNS = _Runs()


def _fact(prompt: LoadedPrompt) -> _Fact:
    return prompt.name, prompt.version, prompt.content_hash, prompt.alias, prompt.is_fallback


def _write(client: Any, run_id: str, prompts: Sequence[LoadedPrompt]) -> list[str]:
    from mlflow.exceptions import MlflowException

    for attempts_left in reversed(range(ATTEMPTS)):
        data = client.get_run(run_id).data
        log = plan_run(data.params, data.tags, prompts)
        try:
            for params, tags in _batches(log):
                client.log_batch(run_id, params=params, tags=tags)
        except MlflowException as error:
            # What is said of a param that has another value.
            if not attempts_left or error.error_code != "INVALID_PARAMETER_VALUE":
                raise
        else:
            break
    return log.warnings


def _batches(log: RunLog) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield what fits one request; the bundle hash comes last, for it says that all is there."""
    from mlflow.entities import Param, RunTag

    params = iter([Param(key, value) for key, value in log.params.items()])
    tags = iter([RunTag(key, value) for key, value in log.tags.items()])
    while batch := (list(islice(params, BATCH)), list(islice(tags, BATCH))):
        if not any(batch):
            return
        yield batch
