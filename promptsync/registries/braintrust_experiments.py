"""Braintrust's experiments, and the versions of prompts that they ran.

Spans connect the two: `Prompt.build` of the SDKs puts `metadata.prompt` with `id` and `version` on
the span of each model call, and Braintrust's own page of an experiment names its prompt by that:
https://www.braintrust.dev/docs/kb/prompt-shows-none-in-experiment-view. An experiment that ran
several versions of a prompt has scores of none of them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any

from promptsync.daemon_threads import DaemonThreads
from promptsync.experiment import Experiment
from promptsync.prompt import JsonObject
from promptsync.registries.braintrust_answers import id_of
from promptsync.registries.braintrust_api import BraintrustApi
from promptsync.registries.braintrust_fields import decimal_version

# Experiments that one query asks about.
BATCH = 50

# Metrics of a summary with their units. Assumption: in another unit it is another thing.
_COST = ("estimated_cost", "$")
_DURATION = ("duration", "s")

# Prompt id -> experiment id -> the versions it ran, None for one that a span does not name.
_Versions = dict[str, dict[str, set[str | None]]]


class Experiments:
    """The experiments of a project, listed once; each is summarized when a prompt asks for it."""

    def __init__(self, threads: DaemonThreads) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._listed: tuple[list[JsonObject], _Versions] | None = None

    def that_ran(self, api: BraintrustApi, prompt_id: str) -> list[Experiment]:
        """Return the experiments that ran a prompt, newest first.

        One that ran several versions comes once for each, without scores.
        """
        with self._lock:
            if self._listed is None:
                found = list(_read_all(api))
                self._listed = (found, self._find_versions(api, found))
        found, versions = self._listed
        runs = list(_runs(found, versions.get(prompt_id, {})))

        def read(run: tuple[JsonObject, list[str]]) -> list[Experiment]:
            experiment, ran = run
            if len(ran) == 1:
                return [read_experiment(experiment, ran[0], api.summarize(id_of(experiment)))]
            return [read_experiment(experiment, version, {}) for version in ran]

        return [each for several in self._threads.map(read, runs) for each in several]

    def _find_versions(self, api: BraintrustApi, found: Sequence[JsonObject]) -> _Versions:
        ids = [id_of(each) for each in found]
        batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
        versions: _Versions = {}
        for rows in self._threads.map(api.read_runs, batches):
            for row in rows:
                of_prompt = versions.setdefault(str(row["prompt_id"]), {})
                of_prompt.setdefault(row["experiment_id"], set()).add(_version(row))
        return versions


def _read_all(api: BraintrustApi) -> Iterator[JsonObject]:
    """Yield the experiments that are not deleted, newest first, until an empty page."""
    seen: set[str] = set()
    page = api.read_experiments()
    while fresh := [each for each in page if id_of(each) not in seen]:
        yield from (each for each in fresh if each.get("deleted_at") is None)
        seen.update(map(id_of, fresh))
        page = api.read_experiments(after=id_of(page[-1]))


def _runs(
    found: Sequence[JsonObject], versions: dict[str, set[str | None]]
) -> Iterator[tuple[JsonObject, list[str]]]:
    """Yield experiments with the versions they ran; of several, one may not be known: ``""``."""
    for experiment in found:
        ran = sorted(version or "" for version in versions.get(id_of(experiment), ()))
        if any(ran):
            yield experiment, ran


def _version(row: JsonObject) -> str | None:
    version = row.get("version")
    return decimal_version(version) if isinstance(version, str) else None


def read_experiment(found: JsonObject, version: str, summary: JsonObject) -> Experiment:
    """Read an experiment and its summary; what is no number of a known unit is left out."""
    scores, metrics = (_objects(summary.get(key)) for key in ("scores", "metrics"))
    averages = {name: _number(each.get("score")) for name, each in scores.items()}
    return Experiment(
        id=id_of(found),
        name=str(found.get("name")),
        version=version,
        scores={name: score for name, score in averages.items() if score is not None},
        cost=_metric(metrics, *_COST),
        duration=_metric(metrics, *_DURATION),
        created=found.get("created") if isinstance(found.get("created"), str) else None,
    )


def _metric(metrics: dict[str, JsonObject], name: str, unit: str) -> float | None:
    found = metrics.get(name, {})
    return _number(found.get("metric")) if found.get("unit") == unit else None


def _objects(value: Any) -> dict[str, JsonObject]:
    found = value.items() if isinstance(value, dict) else ()
    return {key: each for key, each in found if isinstance(each, dict)}


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
    return float(value) if is_number else None
