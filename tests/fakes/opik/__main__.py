"""Run the fake service alone: `python -m tests.fakes.opik --port 0 --prompts 1000`.

The first line of its output is its address. SIGTERM or Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from .seeding import generated_prompts, prompts_from, seed
from .server import opik_server


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.opik", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds added to each answer")
    parser.add_argument("--project", default="Trader", help="the project that is there")
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument("--prompts", type=int, default=0, help="how many to generate")
    prompts.add_argument("--prompts-from", type=Path, help="a folder of bodies as JSON files")
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    options = parse_arguments()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with opik_server(projects=[options.project], port=options.port, delay=options.delay) as server:
        folder: Path | None = options.prompts_from
        bodies = prompts_from(folder) if folder else generated_prompts(options.prompts)
        seed(server.store, server.project(options.project), bodies)
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        stop.wait()


if __name__ == "__main__":
    main()
