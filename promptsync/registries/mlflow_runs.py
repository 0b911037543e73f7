"""MLflow runs that used a prompt: what they measured, and what their traces took and cost.

A run is linked to the versions that were loaded while it was active, by a tag:
https://mlflow.org/docs/latest/genai/eval-monitor/running-evaluation/prompts
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from promptsync.daemon_threads import DaemonThreads
from promptsync.errors import RegistryAnswerError
from promptsync.experiment import Experiment
from promptsync.prompt import Json, JsonObject
from promptsync.registries.http import HttpClient
from promptsync.registries.mlflow_fields import moment
from promptsync.registries.mlflow_tags import read_tags

LINKED_TAG = "mlflow.linkedPrompts"
COST_KEY = "mlflow.trace.cost"
PAGE_SIZE = 1000
TRACES_PAGE_SIZE = 500

# MLflow's own measurements of the machine, which say nothing about a prompt.
_NO_SCORES = "system/"
_NAME = re.compile(r"[\w.-]+")
# MLflow cuts a long tag off in the middle: what is whole in it can still be read.
_LINK = re.compile(r'\{"name": "(?P<name>[^"]+)", "version": "(?P<version>[0-9]+)"\}')
_DURATION = re.compile(r"(?P<seconds>[0-9.]+)s")


def read_experiments(
    client: HttpClient, url: str, name: str, threads: DaemonThreads
) -> Sequence[Experiment]:
    """Return the runs that are linked to versions of a prompt, newest first.

    Two requests, and one more for the traces of each run.
    """
    # Another name is no prompt's, and would be more than a name in the question.
    if not _NAME.fullmatch(name):
        return ()
    try:
        return _read(client, url, name, threads)
    except (ArithmeticError, AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise RegistryAnswerError(
            "MLflow sent runs in a shape that promptsync does not know",
            hint="a newer promptsync may know it",
        ) from error


def _read(client: HttpClient, url: str, name: str, threads: DaemonThreads) -> Sequence[Experiment]:
    experiments = _pages(client, f"{url}/api/2.0/mlflow/experiments/search", "experiments")
    ids = [each["experiment_id"] for each in experiments]
    runs = _linked_runs(client, url, ids, name) if ids else []
    traces = threads.map(lambda run: _traces(client, url, run), runs)
    found = [
        _experiment(run, version, measured)
        for run, measured in zip(runs, traces, strict=True)
        for version in _linked_versions(run, name)
    ]
    return sorted(found, key=lambda each: (each.created or "", each.id), reverse=True)


def _linked_runs(client: HttpClient, url: str, ids: Sequence[str], name: str) -> list[JsonObject]:
    query = {
        "experiment_ids": list(ids),
        "filter": f'tags.`{LINKED_TAG}` LIKE \'%"name": "{name}"%\'',
    }
    runs = _pages(client, f"{url}/api/2.0/mlflow/runs/search", "runs", query)
    # LIKE takes `_` in a name for any character.
    return [each for each in runs if _linked_versions(each, name)]


def _linked_versions(run: JsonObject, name: str) -> list[str]:
    links = _LINK.finditer(read_tags(run["data"]).get(LINKED_TAG, ""))
    return list(dict.fromkeys(link["version"] for link in links if link["name"] == name))


def _traces(client: HttpClient, url: str, run: JsonObject) -> list[JsonObject]:
    """Return the traces of a run: one for each example of an evaluation."""
    info = run["info"]
    place = {"experiment_id": info["experiment_id"]}
    query = {
        "locations": [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": place}],
        "filter": f"attributes.run_id = '{info['run_id']}'",
        "max_results": TRACES_PAGE_SIZE,
    }
    return list(_pages(client, f"{url}/api/3.0/mlflow/traces/search", "traces", query))


def _experiment(run: JsonObject, version: str, traces: Sequence[JsonObject]) -> Experiment:
    info = run["info"]
    return Experiment(
        id=str(info["run_id"]),
        name=str(info.get("run_name") or info["run_id"]),
        version=version,
        count=len(traces) or None,
        scores=_scores(run["data"].get("metrics") or ()),
        cost=_mean(map(_cost, traces)),
        duration=_mean(map(_duration, traces)) if traces else _run_seconds(info),
        created=moment(info.get("start_time")),
    )


def _scores(metrics: Iterable[Any]) -> Mapping[str, float]:
    """Return what a run measured; an evaluation calls an average `name/mean`."""
    return {
        each["key"].removesuffix("/mean"): each["value"]
        for each in metrics
        # MLflow spells NaN and infinity as texts.
        if isinstance(each["value"], (int, float)) and not each["key"].startswith(_NO_SCORES)
    }


def _mean(values: Iterable[float | None]) -> float | None:
    known = [each for each in values if each is not None]
    return fmean(known) if known else None


def _duration(trace: JsonObject) -> float | None:
    found = _DURATION.fullmatch(str(trace.get("execution_duration")))
    return float(found["seconds"]) if found else None


def _cost(trace: JsonObject) -> float | None:
    """Return US dollars; the SDK estimates them from tokens and the model's name."""
    try:
        cost = json.loads((trace.get("trace_metadata") or {})[COST_KEY])["total_cost"]
    except (KeyError, TypeError, ValueError):
        return None
    return float(cost) if isinstance(cost, (int, float)) else None


def _run_seconds(info: JsonObject) -> float | None:
    start, end = info.get("start_time"), info.get("end_time")
    return (end - start) / 1000 if isinstance(start, int) and isinstance(end, int) else None


def _pages(
    client: HttpClient, url: str, key: str, query: JsonObject | None = None
) -> Iterator[JsonObject]:
    """Yield everything that a search finds. MLflow's searches are POST and change nothing."""
    body: dict[str, Json] = {"max_results": PAGE_SIZE, **(query or {})}
    while True:
        answer = client.query(url, body)
        if not isinstance(answer, dict):
            raise _strange(url)
        objects = answer.get(key) or []
        if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
            raise _strange(url)
        yield from objects
        token = answer.get("next_page_token") or None
        if token is None:
            return
        if token == body.get("page_token"):
            raise RegistryAnswerError("MLflow sent the same page twice")
        body["page_token"] = token


def _strange(url: str) -> RegistryAnswerError:
    path = url.rpartition("/mlflow/")[2]
    return RegistryAnswerError(
        f"MLflow answered {path} in a shape that promptsync does not know",
        hint="check the tracking URI; a newer promptsync may know it",
    )
