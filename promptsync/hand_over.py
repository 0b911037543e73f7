"""Become another program, as `env` does.

On POSIX this process turns into it: the terminal, signals and the exit code are then its own, with
nobody in between. Windows cannot do that; there it is started, and waited for.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

if sys.platform == "win32":  # pragma: no cover

    def hand_over(command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a command, found as a shell finds it, and return its exit code. Raises OSError."""
        import shutil
        import subprocess

        # Ctrl-C reaches every program of the console: the other one decides what becomes of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        found = shutil.which(command[0], path=environment.get("PATH")) or command[0]
        arguments = [found, *command[1:]]
        return subprocess.run(arguments, env=dict(environment), check=False).returncode  # noqa: S603

else:

    def hand_over(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
        """Turn into a command, found as a shell finds it. Raises OSError where it cannot be run."""
        # Python ignores these two, and what is ignored stays so in the other program.
        for each in (signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(each, signal.SIG_DFL)
        os.execvpe(command[0], list(command), dict(environment))  # noqa: S606  a person's own
