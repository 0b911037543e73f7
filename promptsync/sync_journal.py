"""What syncs there were, and which days had one that succeeded: remembered beside the caches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

RUNS, DAYS = "sync-runs", "sync-days"
KEPT_RUNS = 100
# So many lines are allowed before the oldest are dropped.
_MAX_LINES = 3 * KEPT_RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRun:
    """One sync: when it started (UTC), how long it took, how it ended.

    `is_whole` says that it was about every prompt. `error` is what ended it early.
    """

    started: datetime
    seconds: float
    exit_code: int
    counters: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = True
    error: str | None = None

    @property
    def marker(self) -> str | None:
        """The success marker that the run leaves: of every prompt, without any failure."""
        return day_marker(self.started) if self.is_whole and self.exit_code == 0 else None

    def to_values(self) -> dict[str, Any]:
        """Return the run as JSON values."""
        return {
            "started": as_text(self.started),
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            **self.counters,
            "whole": self.is_whole,
            "error": self.error,
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> SyncRun:
        """Read what `to_values` made. Raises ValueError, TypeError or KeyError for others."""
        rest = dict(values)
        return cls(
            started=datetime.fromisoformat(rest.pop("started")),
            seconds=float(rest.pop("seconds")),
            exit_code=int(rest.pop("exit_code")),
            is_whole=bool(rest.pop("whole")),
            error=rest.pop("error"),
            counters={key: int(value) for key, value in rest.items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMarker:
    """A day (UTC) on which a sync of everything succeeded, and when the first of them started."""

    name: str
    at: datetime

    def is_future(self, now: datetime) -> bool:
        """Whether it was left by a clock that has been moved back since."""
        return self.at > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What a journal holds, newest first."""

    markers: Sequence[DayMarker] = ()
    runs: Sequence[SyncRun] = ()

    def is_done(self, now: datetime) -> bool:
        """Tell whether this day has its success; a marker from the future is not trusted."""
        today = day_marker(now)
        return any(each.name == today and not each.is_future(now) for each in self.markers)


class SyncJournal(Protocol):
    """Where runs are remembered."""

    def remember(self, run: SyncRun) -> None:
        """Add a run, and the marker of its day where it is the first success. Newer runs stay."""
        ...

    def read(self) -> Remembered:
        """Return what is remembered; lines that make no sense are left out."""
        ...


def day_marker(moment: datetime) -> str:
    """Return the name of the marker of a day."""
    return f"success:prompt_sync:{moment.astimezone(UTC):%Y%m%d}"


def as_text(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class FileJournal:
    """The journal of one registry in a clone; the holder of the clone's lock may add to it."""

    folder: Path
    registry: str

    def remember(self, run: SyncRun) -> None:
        """Add a run; a journal that cannot be written is no error."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            if run.marker is not None and run.marker not in {name for name, _ in self._lines(DAYS)}:
                self._append(DAYS, [run.marker, as_text(run.started)])
            self._append(RUNS, [run.to_values()])
            self._drop_old()

    def read(self) -> Remembered:
        """Return what is remembered."""
        markers, runs = [], []
        for name, at in self._lines(DAYS):
            with suppress(ValueError, TypeError):
                markers.append(DayMarker(name=name, at=datetime.fromisoformat(at)))
        for (values,) in self._lines(RUNS):
            with suppress(ValueError, TypeError, KeyError):
                runs.append(SyncRun.from_values(values))
        return newest_first(markers, runs)

    def _append(self, name: str, values: Sequence[Any]) -> None:
        with (self.folder / name).open("a", encoding="utf-8", newline="\n") as file:
            # The line break comes first, so that half a line spoils no other.
            file.write(f"\n{json.dumps([self.registry, *values])}")

    def _lines(self, name: str) -> Iterator[list[Any]]:
        length = {DAYS: 3, RUNS: 2}[name]
        for line in self._text(name).splitlines():
            with suppress(ValueError, TypeError, RecursionError):
                registry, *values = json.loads(line)
                if registry == self.registry and len(values) == length - 1:
                    yield values

    def _text(self, name: str) -> str:
        try:
            return (self.folder / name).read_text("utf-8", "replace")
        except OSError:
            return ""

    def _drop_old(self) -> None:
        file = self.folder / RUNS
        # A run takes more than 100 bytes: most files are too small to be counted.
        if file.stat().st_size < 100 * _MAX_LINES:
            return
        lines = self._text(RUNS).splitlines()
        if len(lines) > _MAX_LINES:
            kept = file.with_name(f"{RUNS}.new")
            kept.write_text("\n".join(lines[-KEPT_RUNS:]), "utf-8", newline="\n")
            kept.replace(file)


def newest_first(markers: Sequence[DayMarker], runs: Sequence[SyncRun]) -> Remembered:
    """Return markers and runs, the last KEPT_RUNS of them, in the order people want them."""
    return Remembered(
        markers=sorted(markers, key=lambda each: each.name, reverse=True),
        runs=sorted(runs, key=lambda each: each.started, reverse=True)[:KEPT_RUNS],
    )
