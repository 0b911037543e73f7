"""What Opik's experiments measured of the versions of a prompt: its JSON -> Experiment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptsync.errors import RegistryAnswerError
from promptsync.experiment import Experiment
from promptsync.prompt import JsonObject


def read_experiments(found: JsonObject, prompt_id: str) -> Iterator[Experiment]:
    """Yield one entry for each version of a prompt that an experiment ran.

    Raises RegistryAnswerError.
    """
    try:
        for link in found.get("prompt_versions") or ():
            if link.get("prompt_id") == prompt_id and isinstance(link.get("version_number"), str):
                yield _experiment(found, link["version_number"])
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise RegistryAnswerError(
            "Opik sent an experiment in a shape that promptsync does not know",
            hint="a newer promptsync may know it",
        ) from error


def _experiment(found: JsonObject, version: str) -> Experiment:
    count, created = found.get("trace_count"), found.get("created_at")
    scores = [*(found.get("experiment_scores") or ()), *(found.get("feedback_scores") or ())]
    return Experiment(
        id=str(found["id"]),
        name=str(found.get("name") or found["id"]),
        version=version,
        count=count if isinstance(count, int) else None,
        scores={str(each["name"]): float(each["value"]) for each in scores},
        cost=_number(found.get("total_estimated_cost_avg")),
        duration=_seconds(found.get("duration")),
        created=created if isinstance(created, str) else None,
    )


def _seconds(duration: Any) -> float | None:
    # Percentiles in milliseconds; the median is the nearest there is to an average.
    median = _number((duration or {}).get("p50"))
    return None if median is None else median / 1000


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
