"""Reading 10,000 prompt files, against PyYAML's C loader and hashlib alone."""

from __future__ import annotations

import gc
import hashlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from benchmarks.measuring import peak_megabytes
from promptsync.catalog import load_catalog
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import in_work_tree


def measure(folder: Path) -> None:
    """Print both medians in seconds and the peak memory in MB; runs in a process of its own."""
    gc.set_threshold(100_000)  # as every command does
    paths = sorted((folder / "prompts").iterdir())
    roots = Roots(folder, ("prompts",))

    def ours() -> None:
        if len(load_catalog(in_work_tree(roots), kind="braintrust").prompts) != len(paths):
            raise RuntimeError("not every prompt file was read")

    def other() -> None:
        for path in paths:
            data = path.read_bytes()
            front_matter = data.decode().split("---\n", 2)[1]
            yaml.load(front_matter, Loader=yaml.CSafeLoader)
            hashlib.sha256(data).hexdigest()

    mine, theirs = [], []
    for _ in range(3):
        theirs.append(_seconds(other))
        mine.append(_seconds(ours))
    print(statistics.median(mine), statistics.median(theirs), peak_megabytes())


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
