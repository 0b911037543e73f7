"""Loads from memory: one of them, 10 million from 8 threads, against the vendors' own clients."""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import promptsync
from benchmarks.measuring import Figure
from promptsync.config import RegistryConfig
from promptsync.content_hash import content_hash
from promptsync.registries import open_registry
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import Stamp
from tests.builders import prompt
from tests.fakes.opik.server import opik_server
from tests.fakes.vendor import OPIK_PYTHON, OPIK_QUIET
from tests.mlflow_server import BIN, QUIET, mlflow_server

ALIAS = "production"
# 2 kB with ten variables.
TEXT = "Cite the signal you judge. " * 60 + "".join(
    f"\n{word}: {{{{customer_{word}}}}} of its time, and more" for word in "abcdefghij"
)
LOADS = 10_000_000
THREADS = 8
PROMPTS = 1_000
ROUNDS = 3

# Each prints the seconds of one load from memory, the median of several runs of many.
_TIMED = """
import statistics, time
def timed(load, count):
    load()
    found = []
    for _ in range(7):
        started = time.perf_counter()
        for _ in range(count):
            load()
        found.append((time.perf_counter() - started) / count)
    print(statistics.median(found))
"""
_OURS = f"""{_TIMED}
import promptsync
timed(lambda: promptsync.load("greeting", alias="production"), 200_000)
"""
_MLFLOW = f"""{_TIMED}
import mlflow
timed(lambda: mlflow.genai.load_prompt("prompts:/greeting@production"), 1_000)
"""
_OPIK = f"""{_TIMED}
import opik
client = opik.Opik(project_name="Trader")
timed(lambda: client.get_prompt("greeting"), 300)
client.end()
"""


def loading_figures(folder: Path) -> Iterator[Figure]:
    """Compare loads from memory with 1 us, with the vendors' clients, and with each other."""
    yield from _vendor_figures(folder)
    yield first_load_figure(folder / "first")
    local = _local_registry(folder / "local")
    one, many = map(float, _program((*_MODULE, "loads", str(local))).split())
    yield Figure(f"10 million loads from {THREADS} threads / from one", many, one, 1.3)
    megabytes = float(_program((*_MODULE, "memory", str(local))))
    yield Figure("1,000 prompts of 2 kB in memory / 10 MB", megabytes, 10, 1.0, unit="MB")


def first_load_figure(folder: Path) -> Figure:
    """Count what a process that knows nothing asks Opik for one prompt by alias."""
    with opik_server() as opik:
        deployed = _deployed(folder, "opik", {"url": opik.url, "project": "Trader"})
        opik.requests.clear()
        program = 'import promptsync; promptsync.load("greeting", alias="production")'
        environment = {"XDG_CACHE_HOME": str(folder / "cache")}
        _program((sys.executable, "-c", program), folder=deployed, environment=environment)
        return Figure("first load from Opik / 1 request", len(opik.requests), 1, 1.0, unit="")


def _vendor_figures(folder: Path) -> Iterator[Figure]:
    store = folder / "mlflow-store"
    store.mkdir(parents=True)
    with mlflow_server(store) as mlflow, opik_server() as opik:
        deployed = _deployed(folder / "mlflow", "mlflow", {"tracking-uri": mlflow.url})
        _deployed(folder / "opik", "opik", {"url": opik.url, "project": "Trader"})
        theirs = {
            "MLflow's load_prompt": (BIN / "python", _MLFLOW, {"MLFLOW_TRACKING_URI": mlflow.url}),
            "Opik's get_prompt": (OPIK_PYTHON, _OPIK, {"OPIK_URL_OVERRIDE": opik.url}),
        }
        found: dict[str, list[float]] = {name: [] for name in ("ours", *theirs)}
        for _ in range(ROUNDS):
            ours = _program((sys.executable, "-c", _OURS), folder=deployed)
            found["ours"].append(float(ours))
            for name, (python, program, environment) in theirs.items():
                quiet = {**QUIET, **OPIK_QUIET, **environment}
                output = _program((str(python), "-c", program), folder=folder, environment=quiet)
                found[name].append(float(output.splitlines()[-1]))
    medians = {name: statistics.median(times) for name, times in found.items()}
    ours = medians.pop("ours")
    yield Figure("load from memory / 1 us", ours, 1e-6, 1.0, unit="us")
    for name, seconds in medians.items():
        what = f"load from memory, {name} from its cache"
        yield Figure(what, ours, seconds, 100, at_least=True, unit="us")


def _deployed(folder: Path, kind: str, options: Mapping[str, str]) -> Path:
    """Store a prompt in a registry, and configure an application that reads it."""
    folder.mkdir()
    lines = ["[registries.production]", f'kind = "{kind}"', f'alias = "{ALIAS}"']
    lines += [f'{key} = "{value}"' for key, value in options.items()]
    (folder / "promptsync.toml").write_text("\n".join(lines))
    config = RegistryConfig(name=ALIAS, kind=kind, options=options)
    with closing(open_registry(config, folder=folder, cache=folder)) as registry:
        made = prompt("greeting", TEXT)
        stamp = Stamp(content_hash=content_hash(made, kind))
        stored = registry.save_prompt(made, stamp)
        registry.set_alias("greeting", ALIAS, stored.version)
    return folder


def _local_registry(folder: Path) -> Path:
    """Configure an application that reads 1,000 prompts from SQLite."""
    folder.mkdir()
    (folder / "promptsync.toml").write_text('[registries.local]\nkind = "local"\n')
    with closing(LocalRegistry(folder=folder)) as registry:
        for number in range(PROMPTS):
            name = f"prompt-{number:04}"
            registry.save_prompt(prompt(name, f"{number} {TEXT}"), None)
    return folder


def _program(
    command: tuple[str, ...], *, folder: Path | None = None, environment: Mapping[str, str] = {}
) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


_MODULE = (sys.executable, "-m", "benchmarks.loading")


def _load_from_threads(threads: int) -> float:
    """Return the seconds that 10 million loads take, shared out among some threads."""
    start = threading.Barrier(threads + 1)

    def work() -> None:
        load = promptsync.load
        start.wait()
        for _ in range(LOADS // threads):
            load("prompt-0000", alias=None)

    running = [threading.Thread(target=work) for _ in range(threads)]
    for each in running:
        each.start()
    start.wait()
    started = time.perf_counter()
    for each in running:
        each.join()
    return time.perf_counter() - started


def _held_megabytes() -> float:
    """Return by how much the process grows from the first loaded prompt to 1,000 of them."""
    promptsync.load("prompt-0000")
    gc.collect()
    before = _resident()
    for number in range(PROMPTS):
        promptsync.load(f"prompt-{number:04}")
    gc.collect()
    return (_resident() - before) / 1024


def _resident() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


if __name__ == "__main__":
    promptsync.configure(sys.argv[2], cache=False, timeout=30)
    if sys.argv[1] == "memory":
        print(_held_megabytes())
    else:
        promptsync.load("prompt-0000")
        print(_load_from_threads(1), _load_from_threads(THREADS))
