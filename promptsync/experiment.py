"""What a registry's experiments measured of one version of a prompt. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment that ran a version of a prompt.

    `version` is the service's own spelling. `scores` are averages over its `count` examples, by
    name. `cost` is in US dollars and `duration` in seconds, both for one example on average.
    `created` is ISO 8601 in UTC. None stands for what the service does not tell.
    """

    id: str
    name: str
    version: str
    count: int | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    cost: float | None = None
    duration: float | None = None
    created: str | None = None
