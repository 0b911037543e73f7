"""Run every benchmark and print one line each: `make bench`, about seven minutes."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.cold_start import cold_start_figures
from benchmarks.loading import loading_figures
from benchmarks.material import DELAY, project
from benchmarks.measuring import Command, Figure, side_by_side
from benchmarks.mlflow_prompts import mlflow_figures
from benchmarks.opik import opik_figures
from benchmarks.rendering import rendering_figures
from benchmarks.verifying import BIN, hook_figure, sync_figures, verify_figures

UPLOADS = 100
PARALLEL = 8


def main() -> None:
    """Print the figures as they come; exit 1 when one misses its limit."""
    print(f"{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores")
    print(f"{'what':<52} {'ours':>12} {'other':>12} {'ratio':>8} limit")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="promptsync-bench-") as folder:
        for figure in figures(Path(folder)):
            print(figure, flush=True)
            missed += not figure.holds
    sys.exit(f"{missed} figures miss their limit" if missed else 0)


def figures(folder: Path) -> Iterator[Figure]:
    """Yield every figure of the issue, side by side with what it is measured against."""
    yield hook_figure(folder / "hook")
    yield from import_figures(folder)
    yield upload_figure(folder / "upload")
    yield from reading_figures(folder / "reading")
    yield from verify_figures(folder / "verify")
    yield from sync_figures(folder / "sync")
    yield from mlflow_figures(folder / "mlflow")
    yield from opik_figures(folder / "opik")
    yield from cold_start_figures(folder / "cold-start")
    yield from loading_figures(folder / "loading")
    yield from rendering_figures()


def import_figures(folder: Path) -> Iterator[Figure]:
    """Compare `import promptsync` with bare Python, and what background mode costs the caller."""
    bare = Command([sys.executable, "-c", "pass"], folder, {})
    ours = Command([sys.executable, "-c", "import promptsync"], folder, {})
    mine, theirs = side_by_side(ours, bare, runs=21)
    yield Figure("import promptsync over bare Python / 30 ms", mine - theirs, 0.030, 1.0)
    memory = [_peak_megabytes(each) for each in ("import promptsync", "pass")]
    yield Figure("import promptsync / 8 MB", memory[0] - memory[1], 8, 1.0, unit="MB")
    held = float(_output(sys.executable, "-c", _HOLDS))
    yield Figure("warn_on_drift holds its caller / 1 ms", held, 0.001, 1.0)


_HOLDS = """
import promptsync, statistics, time
def once():
    started = time.perf_counter(); promptsync.warn_on_drift(timeout=0.2)
    return time.perf_counter() - started
print(statistics.median(once() for _ in range(20)))
"""


def _peak_megabytes(statement: str) -> float:
    # What the program holds at its end: the peak of a forked process has its parent's in it.
    ends = "print(int(open('/proc/self/status').read().split('VmRSS:')[1].split()[0]) / 1024)"
    return float(_output(sys.executable, "-c", f"{statement}\n{ends}"))


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def upload_figure(folder: Path) -> Figure:
    """Compare the upload of 100 new prompts with the time its requests need on 8 connections."""
    with project(folder, UPLOADS, uploaded=False) as made:
        command = Command(
            [str(BIN / "promptsync"), "upload", "--yes"], made.folder, made.environment
        )
        ours = command.run()
    # Each prompt is read, written and read back; before them login, listing and the project's id.
    requests = 3 * UPLOADS
    return Figure(
        f"upload {UPLOADS} prompts / {requests} requests by 8",
        ours,
        requests * DELAY / PARALLEL,
        1.5,
    )


def reading_figures(folder: Path) -> Iterator[Figure]:
    """Compare reading 10,000 prompt files with the two libraries below it, and with 150 MB."""
    with project(folder, 10_000) as made:
        output = _output(sys.executable, "-m", "benchmarks.reading", str(made.folder))
    mine, theirs, peak = map(float, output.split())
    yield Figure("read, parse, hash 10,000 files / PyYAML C + hashlib", mine, theirs, 2.0)
    yield Figure("its memory / 150 MB", peak, 150, 1.0, unit="MB")


if __name__ == "__main__":
    main()
