"""A fake service as a process of its own: its options, and its life until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from pathlib import Path


def make_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options that every service has."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds added to each answer")
    parser.add_argument("--project", default="Trader", help="the project that is there")
    prompts = parser.add_mutually_exclusive_group()
    prompts.add_argument("--prompts", type=int, default=0, help="how many to generate")
    prompts.add_argument("--prompts-from", type=Path, help="a folder of bodies as JSON files")
    return parser


class StopSignal:
    """SIGTERM and Ctrl-C, waited for from now on, instead of ending the process.

    They ring a socket: an event set by a signal's handler may be missed, or wait for itself.
    """

    def __init__(self) -> None:
        self._bell, self._ringer = socket.socketpair()
        self._ringer.setblocking(False)
        signal.set_wakeup_fd(self._ringer.fileno())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def wait(self) -> None:
        """Wait until one of them came."""
        self._bell.recv(1)


def announce(url: str) -> None:
    """Print the address, which says that the service is ready."""
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
