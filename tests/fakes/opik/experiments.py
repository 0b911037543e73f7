"""Experiments that ran versions of prompts, with what the service counted in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
