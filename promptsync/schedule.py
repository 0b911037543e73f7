"""When a schedule is due: a cron expression, read in UTC, with a clock that people may move."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from promptsync.errors import UsageError

if TYPE_CHECKING:
    from cronsim import CronSim

# A clock that was moved is noticed that soon.
LONGEST_WAIT = timedelta(seconds=30)
# What was done in a day of a schedule that is due every minute.
_REMEMBERED = 1440


class Clock(Protocol):
    """Time as a schedule needs it."""

    def now(self) -> datetime:
        """Return the moment that the clock shows, in UTC; it may be earlier than the last one."""
        ...

    def wait(self, duration: timedelta) -> bool:
        """Wait, and return whether to stop altogether, which ends the waiting at once."""
        ...


class Schedule:
    """The moments that a cron expression names: five fields, or six with seconds first.

    A moment that was taken is never due again, also where the clock shows it a second time.
    """

    def __init__(self, expression: str) -> None:
        self._expression = expression
        self._taken: deque[datetime] = deque(maxlen=_REMEMBERED)
        # Raises UsageError for what names no moment.
        self.next_after(datetime.now(UTC))

    def next_after(self, moment: datetime) -> datetime:
        """Return the first moment after another that was not taken."""
        return next(each for each in self._moments_after(moment) if each not in self._taken)

    def take(self, moment: datetime) -> None:
        """Remember that a moment had its run."""
        self._taken.append(moment)

    def _moments_after(self, moment: datetime) -> CronSim:
        from cronsim import CronSim, CronSimError  # only a schedule needs it

        try:
            moments = CronSim(self._expression, moment)
            next(moments)
            return CronSim(self._expression, moment)
        except CronSimError as error:
            problem = str(error)[:1].lower() + str(error)[1:]
            raise _unreadable(self._expression, problem) from error
        except StopIteration:
            raise _unreadable(self._expression, "it names no moment") from None


def _unreadable(expression: str, problem: str) -> UsageError:
    return UsageError(
        f"`{expression}` is no schedule: {problem}",
        hint="five fields, minute, hour, day of the month, month and day of the week, in UTC; such "
        'as "0 0 * * *" for every midnight, or "*/15 * * * *" for every quarter of an hour',
    )


def keep_running(
    schedule: Schedule,
    clock: Clock,
    run: Callable[[], object],
    *,
    tell_next: Callable[[datetime], object],
) -> None:
    """Run whenever it is due, until the clock says to stop.

    What became due while a run was under way, or while the computer slept, is made up for by one
    run at most. Where the clock is moved back, what is due before what was waited for comes first.
    """
    due = schedule.next_after(clock.now())
    tell_next(due)
    while True:
        now = clock.now()
        if now >= due:
            schedule.take(due)
            run()
            due = schedule.next_after(clock.now())
            tell_next(due)
        else:
            due = min(due, schedule.next_after(now))
        if clock.wait(max(timedelta(0), min(due - clock.now(), LONGEST_WAIT))):
            return
