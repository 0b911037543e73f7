"""How the versions of a prompt did in experiments. Values only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, isfinite

from promptsync.experiment import Experiment
from promptsync.remote_prompt import RemotePrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPerformance:
    """One version of a prompt with the averages over its experiments.

    `examples` is how many there were in all, None where an experiment does not tell. `cost` is in
    US dollars and `duration` in seconds, both for one example. `content_hash`, `commit` and
    `created` are None for a version that the registry no longer lists.
    """

    version: str
    experiments: int
    examples: int | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    cost: float | None = None
    duration: float | None = None
    content_hash: str | None = None
    commit: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptPerformance:
    """The versions of a prompt that experiments ran, oldest first.

    `left_out` counts older ones that nobody asked for, `mixed` the experiments that ran several
    versions: their scores are those of none.
    """

    name: str
    versions: tuple[VersionPerformance, ...] = ()
    left_out: int = 0
    mixed: int = 0

    @property
    def score_names(self) -> tuple[str, ...]:
        """The names of all scores, sorted."""
        return tuple(sorted({name for each in self.versions for name in each.scores}))

    def course(self, score: str) -> tuple[float | None, ...]:
        """Return a score of each version, None where it has none."""
        return tuple(each.scores.get(score) for each in self.versions)


def measure(
    name: str,
    experiments: Iterable[Experiment],
    versions: Sequence[RemotePrompt] = (),
    *,
    commits: Mapping[str, str] | None = None,
    last: int | None = None,
) -> PromptPerformance:
    """Average the experiments of each version of a prompt.

    `versions` are the registry's, newest first, and `commits` maps some of them to their commit.
    Only the `last` ones are kept. What is not among `versions` counts as older than all of them.
    """
    found = sorted(experiments, key=lambda each: each.created or "")
    mixed = _mixed(found)
    by_version: dict[str, list[Experiment]] = {}
    for each in found:
        if each.id not in mixed:
            by_version.setdefault(each.version, []).append(each)
    remotes = {each.version: each for each in reversed(versions)}
    unknown = [version for version in by_version if version not in remotes]
    ordered = [*unknown, *(version for version in remotes if version in by_version)]
    kept = ordered if last is None else ordered[-last:]
    return PromptPerformance(
        name=name,
        versions=tuple(
            _measure_version(
                version, by_version[version], remotes.get(version), (commits or {}).get(version)
            )
            for version in kept
        ),
        left_out=len(ordered) - len(kept),
        mixed=len(mixed),
    )


def _mixed(experiments: Iterable[Experiment]) -> frozenset[str]:
    """Return the ids of the experiments that ran more than one version of the prompt."""
    versions: dict[str, set[str]] = {}
    for each in experiments:
        versions.setdefault(each.id, set()).add(each.version)
    return frozenset(each for each in versions if len(versions[each]) > 1)


def _measure_version(
    version: str, experiments: Sequence[Experiment], remote: RemotePrompt | None, commit: str | None
) -> VersionPerformance:
    names = sorted({name for each in experiments for name in each.scores})
    scores = {
        name: _average((each.scores.get(name), each.count) for each in experiments)
        for name in names
    }
    counts = [each.count for each in experiments if each.count is not None]
    return VersionPerformance(
        version=version,
        experiments=len(experiments),
        examples=sum(counts) if len(counts) == len(experiments) else None,
        scores={name: score for name, score in scores.items() if score is not None},
        cost=_average((each.cost, each.count) for each in experiments),
        duration=_average((each.duration, each.count) for each in experiments),
        content_hash=remote.content_hash if remote else None,
        commit=commit,
        created=remote.created if remote else None,
    )


def _average(measured: Iterable[tuple[float | None, int | None]]) -> float | None:
    """Average what was measured, by the number of examples where each experiment tells it."""
    known = [(value, count) for value, count in measured if value is not None and isfinite(value)]
    counts = [count for _, count in known if count is not None and count > 0]
    weights = counts if len(counts) == len(known) else [1] * len(known)
    if not known:
        return None
    total = fsum(value * weight for (value, _), weight in zip(known, weights, strict=True))
    return total / sum(weights)
