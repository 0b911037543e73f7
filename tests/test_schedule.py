"""A schedule is kept whatever the clock does: nothing runs twice or is waited for for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from promptsync.errors import UsageError
from promptsync.schedule import Schedule, keep_running

MIDNIGHT = "0 0 * * *"


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class MovedClock:
    """A clock on which time passes only by waiting, and which people move while others wait.

    It stops everything after so much waiting; `moves` says how far it jumps at which moment.
    """

    def __init__(self, start: str, *, hours: float, moves: dict[str, timedelta]) -> None:
        self.shown = moment(start)
        self.left = timedelta(hours=hours)
        self.moves = {moment(at): by for at, by in moves.items()}

    def now(self) -> datetime:
        return self.shown

    def wait(self, duration: timedelta) -> bool:
        self.left -= duration
        self.shown += duration
        for at in [at for at in self.moves if at <= self.shown]:
            self.shown += self.moves.pop(at)
        return self.left <= timedelta(0)


def runs(
    expression: str,
    start: str,
    *,
    hours: float,
    moves: dict[str, timedelta] | None = None,
    lasting: timedelta = timedelta(seconds=1),
) -> list[str]:
    """Return when the runs began."""
    clock, begun = MovedClock(start, hours=hours, moves=moves or {}), []

    def run() -> None:
        begun.append(f"{clock.now():%d %H:%M}")
        clock.shown += lasting

    keep_running(Schedule(expression), clock, run, tell_next=lambda _: None)
    return begun


def test_it_runs_when_it_is_due() -> None:
    assert runs(MIDNIGHT, "2026-03-02 09:30", hours=50) == ["03 00:00", "04 00:00"]


def test_the_first_run_waits_for_its_moment() -> None:
    assert runs(MIDNIGHT, "2026-03-02 00:00", hours=23) == []


def test_what_became_due_during_a_run_is_left_out() -> None:
    begun = runs("0 * * * *", "2026-03-02 09:30", hours=3, lasting=timedelta(minutes=150))

    assert begun[:2] == ["02 10:00", "02 13:00"]


def test_what_was_slept_through_is_made_up_for_once() -> None:
    asleep = {"2026-03-02 10:00": timedelta(days=3, hours=2)}

    assert runs(MIDNIGHT, "2026-03-02 09:30", hours=20, moves=asleep) == ["05 12:00", "06 00:00"]


def test_a_clock_moved_back_over_a_run_does_not_run_it_again() -> None:
    back = {"2026-03-03 00:30": -timedelta(hours=5)}

    assert runs(MIDNIGHT, "2026-03-02 23:00", hours=32, moves=back) == ["03 00:00", "04 00:00"]


def test_a_clock_that_trembles_around_a_moment_runs_it_once() -> None:
    trembling = {"2026-03-03 00:00:01": -timedelta(seconds=2)}

    assert runs(MIDNIGHT, "2026-03-02 23:59", hours=1, moves=trembling) == ["03 00:00"]


@pytest.mark.slow
def test_a_clock_that_was_years_ahead_is_not_waited_for() -> None:
    ahead = {"2026-03-02 10:00": timedelta(days=1461), "2030-03-03 01:00": -timedelta(days=1461)}

    begun = runs(MIDNIGHT, "2026-03-02 09:30", hours=48, moves=ahead)

    assert begun == ["02 10:00", "03 00:00", "04 00:00"]


def test_a_clock_moved_back_before_the_first_run_is_followed() -> None:
    back = {"2026-03-02 10:00": -timedelta(days=365)}

    assert runs(MIDNIGHT, "2026-03-02 09:30", hours=16, moves=back) == ["03 00:00"]


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("61 0 * * *", "bad minute"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("every night", "wrong number of fields"),
        ("@daily", "wrong number of fields"),
        ("", "wrong number of fields"),
        ("0 0 * * 1#5,2#6", "bad day-of-week"),
    ],
)
def test_a_wrong_schedule_is_named_with_an_example(expression: str, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        Schedule(expression)

    assert raised.value.message == f"`{expression}` is no schedule: {problem}"
    assert raised.value.hint is not None
    assert 'such as "0 0 * * *" for every midnight' in raised.value.hint


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        (MIDNIGHT, "2026-03-03 00:00"),
        ("*/15 9-17 * * MON-FRI", "2026-03-02 09:45"),
        ("30 4 1 * *", "2026-04-01 04:30"),
        ("10 * * * * *", "2026-03-02 09:30:10"),
    ],
)
def test_expressions_mean_what_cron_makes_of_them(expression: str, following: str) -> None:
    assert Schedule(expression).next_after(moment("2026-03-02 09:30")) == moment(following)
