"""Experiments and their spans, as far as somebody asks which prompts they ran and how well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import mean

from .ids import TransactionIds, new_uuid, now
from .json_values import JsonObject
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

    def add(self, experiment: Experiment) -> Experiment:
        """Keep an experiment."""
        self._transactions.next()
        self._by_id[experiment.id] = experiment
        return experiment

    def get(self, experiment_id: str) -> Experiment | None:
        """Return an experiment by its id."""
        return self._by_id.get(experiment_id)

    def newest_first(self) -> Iterator[Experiment]:
        """Yield every experiment by the moment of its creation."""
        return reversed(self._by_id.values())


def _averages(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    names = {name for row in rows for name in row}
    return {name: mean(row[name] for row in rows if name in row) for name in sorted(names)}
