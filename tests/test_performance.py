"""Averages over the experiments of each version."""

from __future__ import annotations

import math
from itertools import count
from typing import Any

import pytest

from promptsync.experiment import Experiment
from promptsync.performance import PromptPerformance, VersionPerformance, measure
from promptsync.remote_prompt import RemotePrompt, make_remote_prompt
from tests.builders import prompt

NUMBERS = count(1)


def version(number: int) -> RemotePrompt:
    return make_remote_prompt(
        prompt(text=f"Text {number}"),
        kind="local",
        version=str(number),
        stamp=None,
        created=f"2026-01-0{number}T00:00:00Z",
    )


def run(of: int | str, **values: Any) -> Experiment:
    return Experiment(**{"id": str(next(NUMBERS)), "name": "run", "version": str(of), **values})


def only(measured: PromptPerformance) -> VersionPerformance:
    (each,) = measured.versions
    return each


def test_versions_come_oldest_first_with_their_commit() -> None:
    first, second = version(1), version(2)
    experiments = [run(2, scores={"a": 0.9}), run(1, scores={"a": 0.5})]

    measured = measure("greeting", experiments, [second, first], commits={"1": "abc"})

    assert measured == PromptPerformance(
        name="greeting",
        versions=(
            VersionPerformance(
                version="1",
                experiments=1,
                scores={"a": 0.5},
                content_hash=first.content_hash,
                commit="abc",
                created=first.created,
            ),
            VersionPerformance(
                version="2",
                experiments=1,
                scores={"a": 0.9},
                content_hash=second.content_hash,
                created=second.created,
            ),
        ),
    )


def test_a_version_that_nobody_ran_is_left_out() -> None:
    assert [each.version for each in measure("greeting", [run(1)], [version(1)]).versions] == ["1"]
    assert measure("greeting", [], [version(1)]) == PromptPerformance(name="greeting")


def test_averages_are_weighted_by_the_number_of_examples() -> None:
    experiments = [
        run(1, count=30, scores={"a": 0.5}, cost=0.1, duration=1.0),
        run(1, count=10, scores={"a": 0.9}, cost=0.5, duration=5.0),
    ]

    measured = only(measure("greeting", experiments))

    assert (measured.experiments, measured.examples) == (2, 40)
    assert measured.scores == {"a": pytest.approx(0.6)}
    assert measured.cost == pytest.approx(0.2)
    assert measured.duration == pytest.approx(2.0)


def test_where_one_count_is_not_known_each_experiment_counts_the_same() -> None:
    experiments = [run(1, count=30, scores={"a": 0.5}), run(1, scores={"a": 0.9})]

    measured = only(measure("greeting", experiments))

    assert measured.examples is None
    assert measured.scores == {"a": pytest.approx(0.7)}


def test_an_average_is_over_those_that_measured() -> None:
    experiments = [
        run(1, count=10, scores={"a": 0.5}),
        run(1, count=10, scores={"b": 0.9}, cost=0.1),
    ]

    measured = only(measure("greeting", experiments))

    assert measured.scores == {"a": 0.5, "b": 0.9}
    assert (measured.cost, measured.duration) == (0.1, None)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_what_is_no_finite_number_was_not_measured(number: float) -> None:
    measured = only(measure("greeting", [run(1, scores={"a": number}, cost=number)]))

    assert (measured.scores, measured.cost) == ({}, None)


def test_an_experiment_without_examples_has_no_weight_of_its_own() -> None:
    experiments = [run(1, count=0, scores={"a": 0.5}), run(1, count=10, scores={"a": 0.9})]

    assert only(measure("greeting", experiments)).scores == {"a": pytest.approx(0.7)}


def test_a_version_that_is_no_longer_listed_is_older_than_all() -> None:
    experiments = [
        run("gone", created="2026-01-02"),
        run(1, created="2026-01-03"),
        run("earlier", created="2026-01-01"),
    ]

    measured = measure("greeting", experiments, [version(1)])

    assert [each.version for each in measured.versions] == ["earlier", "gone", "1"]
    assert [each.content_hash is None for each in measured.versions] == [True, True, False]


def test_only_the_last_versions_are_kept() -> None:
    versions = [version(number) for number in (3, 2, 1)]

    measured = measure("greeting", [run(1), run(2), run(3)], versions, last=2)

    assert [each.version for each in measured.versions] == ["2", "3"]
    assert measured.left_out == 1


def test_a_score_has_a_course_over_the_versions() -> None:
    experiments = [run(1, scores={"a": 0.5}), run(2, scores={"b": 1.0}), run(3, scores={"a": 0.7})]

    measured = measure("greeting", experiments, [version(number) for number in (3, 2, 1)])

    assert measured.score_names == ("a", "b")
    assert measured.course("a") == (0.5, None, 0.7)


def test_an_experiment_with_several_versions_counts_for_none() -> None:
    both = {"id": "both", "scores": {"a": 0.1}}
    experiments = [run(1, **both), run(2, **both), run(2, scores={"a": 0.9})]

    measured = measure("greeting", experiments, [version(2), version(1)])

    assert measured.mixed == 1
    assert only(measured).scores == {"a": 0.9}
