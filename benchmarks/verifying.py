"""`verify` against its floor, against the vendor's SDK, and in a hook with nothing to check."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.material import Project, project
from benchmarks.measuring import Command, Figure, side_by_side

BIN = Path(sys.executable).parent
FLOOR = Path(__file__).with_name("floor.py")
SDK_PYTHON = Path(".venv-braintrust/bin/python").absolute()


def verify_figures(folder: Path) -> Iterator[Figure]:
    """Compare `verify` with bare listing and hashing, for 1, 1,000 and 10,000 prompts."""
    for count, warm_limit in ((1, 2.0), (1_000, 1.5), (10_000, 1.5)):
        with project(folder / str(count), count) as made:
            ours, floor = _verify(made), _floor(made)
            yield Figure(
                f"verify {count:,} prompts, warm", *side_by_side(ours, floor, runs=9), warm_limit
            )
            cold, base = _cold(made, ours, floor)
            yield Figure(f"verify {count:,} prompts, cold caches", cold, base, 2.5)
            if count == 1_000:
                yield _against_sdk(made, ours)


def sync_figures(folder: Path) -> Iterator[Figure]:
    """Compare a `sync` that finds nothing to do with `verify`, for 1 and 1,000 prompts."""
    for count in (1, 1_000):
        with project(folder / str(count), count) as made:
            ours = Command([str(BIN / "promptsync"), "sync"], made.folder, made.environment)
            times = side_by_side(ours, _verify(made), runs=21)
            yield Figure(f"sync {count:,} prompts, nothing to do / verify", *times, 1.1)


def _verify(made: Project) -> Command:
    return Command([str(BIN / "promptsync"), "verify"], made.folder, made.environment)


def _floor(made: Project) -> Command:
    arguments = [sys.executable, str(FLOOR), made.url, str(made.folder / "prompts")]
    return Command(arguments, made.folder, made.environment)


def _cold(made: Project, ours: Command, floor: Command) -> tuple[float, float]:
    times: list[float] = []
    base: list[float] = []
    for _ in range(5):
        shutil.rmtree(made.folder / ".git" / "promptsync", ignore_errors=True)
        times.append(ours.run())
        base.append(floor.run())
    return statistics.median(times), statistics.median(base)


SDK_LOADS = 100
_LOAD_ONE_BY_ONE = f"""
import braintrust, pathlib
for file in sorted(pathlib.Path("prompts").glob("*.md"))[:{SDK_LOADS}]:
    braintrust.load_prompt("Trader", file.stem, no_trace=True).prompt
"""


def _against_sdk(made: Project, ours: Command) -> Figure:
    """Load 100 of the 1,000 prompts one by one through the SDK, and count ten times that."""
    cache = made.folder / ".git" / "sdk-cache"
    environment = {**made.environment, "BRAINTRUST_PROMPT_CACHE_DIR": str(cache)}
    sdk = Command([str(SDK_PYTHON), "-c", _LOAD_ONE_BY_ONE], made.folder, environment)
    return Figure(
        "verify 1,000 prompts, SDK one by one (100 x 10)",
        statistics.median(ours.run() for _ in range(5)),
        sdk.run() * 10,
        100,
        at_least=True,
    )


def hook_figure(folder: Path) -> Figure:
    """Compare `verify --staged`, with no prompt staged, with importing typer."""
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    (folder / "notes.txt").write_text("no prompt\n")
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    ours = Command([str(BIN / "promptsync"), "verify", "--staged"], folder, {})
    other = Command([sys.executable, "-c", "import typer"], folder, {})
    return Figure(
        "verify --staged, no prompt staged / import typer", *side_by_side(ours, other, runs=15), 1.3
    )
