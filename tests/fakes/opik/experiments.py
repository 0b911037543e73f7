"""Experiments that ran versions of prompts, with what the service counted in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean

from .ids import now
from .json_values import Json
from .prompts import Version


@dataclass(frozen=True)
class Experiment:
    """One experiment; `duration` is the median in milliseconds, `cost` the sum in dollars."""

    id: str
    name: str
    versions: tuple[Version, ...]
    scores: Mapping[str, float] = field(default_factory=dict)
    trace_count: int = 0
    cost: float | None = None
    duration: float | None = None
    created_at: str = field(default_factory=now)
    metadata: Json = None
    dataset_name: str = "signals"


@dataclass(frozen=True)
class ExperimentItem:
    """That an experiment ran an item of its dataset, and the trace of that call."""

    id: str
    experiment_id: str
    dataset_item_id: str
    trace_id: str


def measured(experiment: Experiment, scores: Sequence[Mapping[str, float]]) -> Experiment:
    """Count the scored calls of an experiment, where it has any, and average what they scored."""
    if not scores:
        return experiment
    names = dict.fromkeys(name for each in scores for name in each)
    averages = {name: fmean(each[name] for each in scores if name in each) for name in names}
    return replace(experiment, trace_count=len(scores), scores=averages)
