"""Run the fake service alone: `python -m tests.fakes.opik --port 0 --prompts 1000`.

The first line of its output is its address. SIGTERM or Ctrl-C stops it.
"""

from __future__ import annotations

from pathlib import Path

from tests.fakes.service.program import StopSignal, announce, make_parser

from .seeding import generated_prompts, prompts_from, seed
from .server import opik_server


def main() -> None:
    """Serve until told to stop."""
    options, stop = make_parser("tests.fakes.opik", __doc__).parse_args(), StopSignal()
    with opik_server(projects=[options.project], port=options.port, delay=options.delay) as server:
        folder: Path | None = options.prompts_from
        bodies = prompts_from(folder) if folder else generated_prompts(options.prompts)
        seed(server.store, server.project(options.project), bodies)
        announce(server.url)
        stop.wait()


if __name__ == "__main__":
    main()
