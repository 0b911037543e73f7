"""Experiments and their spans, as far as somebody asks which prompts they ran and how well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean

from .ids import TransactionIds, new_uuid, now
from .json_values import Json, JsonObject
from .projects import Project


@dataclass(frozen=True)
class Span:
    """One span of an experiment. The root spans are its examples, and have the scores."""

    is_root: bool = False
    metadata: JsonObject = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Experiment:
    """An experiment of a project."""

    project: Project
    name: str
    spans: Sequence[Span] = ()
    id: str = field(default_factory=new_uuid)
    created: str = field(default_factory=now)
    metadata: JsonObject = field(default_factory=dict)

    @property
    def scores(self) -> dict[str, float]:
        """The average of each score over the examples that have it."""
        return _averages([span.scores for span in self.spans if span.is_root])

    @property
    def metrics(self) -> dict[str, float]:
        """The average of each metric over the examples."""
        return _averages([span.metrics for span in self.spans if span.is_root])


class Experiments:
    """Every experiment of every project."""

    def __init__(self, transactions: TransactionIds) -> None:
        self._transactions = transactions
        self._by_id: dict[str, Experiment] = {}
        self._rows: dict[str, dict[str, JsonObject]] = {}

    def add(self, experiment: Experiment) -> Experiment:
        """Keep an experiment."""
        self._transactions.next()
        self._by_id[experiment.id] = experiment
        return experiment

    def log(self, experiment: Experiment, row: JsonObject) -> None:
        """Keep what a program says of one span, or of one more time."""
        rows = self._rows.setdefault(experiment.id, {})
        before = rows.get(str(row["id"]), {}) if row.get("_is_merge") else {}
        rows[str(row["id"])] = _merged(before, row)
        self.add(replace(experiment, spans=[_span(each) for each in rows.values()]))

    def get(self, experiment_id: str) -> Experiment | None:
        """Return an experiment by its id."""
        return self._by_id.get(experiment_id)

    def newest_first(self) -> Iterator[Experiment]:
        """Yield every experiment by the moment of its creation."""
        return reversed(self._by_id.values())


def _span(row: JsonObject) -> Span:
    metrics = dict(_numbers(row.get("metrics")))
    start, end = metrics.pop("start", None), metrics.pop("end", None)
    if start is not None and end is not None:
        metrics["duration"] = end - start
    return Span(
        is_root=not row.get("span_parents"),
        metadata=_object(row.get("metadata")),
        scores=dict(_numbers(row.get("scores"))),
        metrics=metrics,
    )


def _merged(before: JsonObject, row: JsonObject) -> JsonObject:
    merged = dict(before)
    for key, value in row.items():
        old = merged.get(key)
        merged[key] = (
            _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
        )
    return merged


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _numbers(value: Json) -> Iterator[tuple[str, float]]:
    for key, each in _object(value).items():
        if isinstance(each, (int, float)):
            yield key, each


def _averages(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    names = {name for row in rows for name in row}
    return {name: mean(row[name] for row in rows if name in row) for name in sorted(names)}
