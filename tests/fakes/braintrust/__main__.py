"""Run the fake service alone: `python -m tests.fakes.braintrust --port 0 --prompts 1000`.

The first line of its output is its address. SIGTERM or Ctrl-C stops it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.fakes.service.program import StopSignal, announce, make_parser

from .seeding import generated_prompts, prompts_from, seed
from .server import API_KEY, braintrust_server
from .switches import PageCap


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = make_parser("tests.fakes.braintrust", __doc__)
    parser.add_argument("--environment", action="append", default=[], help="one that is defined")
    parser.add_argument("--api-key", default=API_KEY, help="the only key that is accepted")
    parser.add_argument("--page-cap", type=int, help="the longest page, whatever is asked")
    return parser.parse_args()


def main() -> None:
    """Serve until told to stop."""
    options, stop = parse_arguments(), StopSignal()
    faults = [PageCap(options.page_cap)] if options.page_cap else []
    with braintrust_server(
        *faults,
        projects=[options.project],
        environments=options.environment,
        api_key=options.api_key,
        port=options.port,
        delay=options.delay,
    ) as server:
        folder: Path | None = options.prompts_from
        bodies = prompts_from(folder) if folder else generated_prompts(options.prompts)
        seed(server.store, server.project(options.project), bodies)
        announce(server.url)
        stop.wait()


if __name__ == "__main__":
    main()
