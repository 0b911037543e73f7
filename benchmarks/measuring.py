"""Time commands against each other: in turn, in one run, medians and ratios."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# What pip installs has its bytecode beside it; here the run that is not counted writes it.
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True)
class Command:
    """A process to time."""

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    expect: int = 0

    def run(self) -> float:
        """Run it once and return the seconds it took. Raises when it ends unexpectedly."""
        inherited = {name: value for name, value in os.environ.items() if name != _NO_BYTECODE}
        started = time.perf_counter()
        done = subprocess.run(
            self.arguments,
            cwd=self.folder,
            env={**inherited, **self.environment},
            capture_output=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if done.returncode != self.expect:
            raise RuntimeError(
                f"{' '.join(self.arguments)} exited {done.returncode}:\n{done.stdout.decode()}"
                f"{done.stderr.decode()}"
            )
        return seconds


@dataclass(frozen=True)
class Figure:
    """One line of the report: seconds, shown as `unit` says, or megabytes.

    `limit` is what the ratio may be at most, or has to be `at_least`.
    """

    what: str
    ours: float
    other: float
    limit: float
    at_least: bool = False
    unit: str = "ms"

    @property
    def ratio(self) -> float:
        """Ours over the other's, or the other way round where more is better."""
        return self.other / self.ours if self.at_least else self.ours / self.other

    @property
    def holds(self) -> bool:
        """Whether the figure keeps its promise."""
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def __str__(self) -> str:
        """Write the line."""
        limit = f"{'>=' if self.at_least else '<='} {self.limit:g}x"
        verdict = "ok" if self.holds else "MISSED"
        factor = {"us": 1_000_000, "ms": 1000}.get(self.unit, 1)
        values = f"{self.ours * factor:9.1f} {self.unit} {self.other * factor:9.1f} {self.unit}"
        return f"{self.what:<52} {values} {self.ratio:7.2f}x {limit:<8} {verdict}"


def peak_megabytes() -> float:
    """Return the most memory this process ever held, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux hands `ru_maxrss` on from the parent; this line begins anew with each program.
        line = next(each for each in status.read_text().splitlines() if each.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes on macOS


def side_by_side(ours: Command, other: Command, *, runs: int) -> tuple[float, float]:
    """Run two commands in turn and return the median of each, after one run that is not counted."""
    times: tuple[list[float], list[float]] = ([], [])
    for index in range(runs + 1):
        for command, found in zip((ours, other), times, strict=True):
            seconds = command.run()
            if index:
                found.append(seconds)
    return statistics.median(times[0]), statistics.median(times[1])
