"""Run promptsync: in this process, as the installed program, and on a terminal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from promptsync.cli import app

needs_terminal = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo terminals that Python can open"
)


@dataclass(frozen=True)
class Ran:
    """What a run of promptsync left: its exit code and all that it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The result as JSON."""
        return json.loads(self.stdout)

    @property
    def text(self) -> str:
        """Everything a person would have seen."""
        return self.stdout + self.stderr


def run(*arguments: str | Path, typed: str | None = None) -> Ran:
    """Run the command line in this process; a crash fails the test with its traceback."""
    result = CliRunner().invoke(
        app,
        [str(each) for each in arguments],
        input=typed,
        prog_name="promptsync",
        catch_exceptions=False,
    )
    return Ran(result.exit_code, result.stdout, result.stderr)


def program() -> str:
    """Return the path of the installed program."""
    found = shutil.which("promptsync", path=sysconfig.get_path("scripts"))
    assert found is not None, "promptsync is not installed: run `make lint`"
    return found


def run_program(*arguments: str | Path, env: Mapping[str, str] | None = None) -> Ran:
    """Run the installed program, with nothing to read."""
    result = subprocess.run(
        [program(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **(env or {})},
        check=False,
    )
    return Ran(result.returncode, result.stdout, result.stderr)


def run_on_terminal(
    *arguments: str | Path,
    typed: str = "",
    stdout: int | None = None,
    env: Mapping[str, str] | None = None,
) -> Ran:
    """Run the installed program on a terminal and return what the screen got as `stdout`.

    With `stdout`, a file or a pipe takes the result and the terminal has the rest.
    """
    import pty  # does not exist on Windows

    terminal, slave = pty.openpty()
    process = subprocess.Popen(
        [program(), *arguments],
        stdin=slave,
        stdout=slave if stdout is None else stdout,
        stderr=slave,
        env={**os.environ, "TERM": "xterm", **(env or {})},
    )
    os.close(slave)
    os.write(terminal, typed.encode())
    screen = b""
    try:
        while part := os.read(terminal, 65536):
            screen += part
    except OSError:  # Linux: the other end is closed
        pass
    os.close(terminal)
    return Ran(process.wait(), screen.decode().replace("\r\n", "\n"), "")
