"""The entry point. A crash exits 2: an exit of 1 means that git and registry differ."""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress


def main() -> None:
    """Run the command line."""
    try:
        from promptsync.cli import run  # noqa: PLC0415  a broken installation is a crash too

        run(sys.argv[1:])
    except BrokenPipeError:
        # `promptsync diff | head` closes the pipe early; the second close is Python's own at exit.
        with suppress(OSError):
            sys.stdout.close()
        sys.exit(0)
    except Exception:  # noqa: BLE001  the one catcher of what is a bug
        traceback.print_exc()
        sys.stderr.write(
            "\nerror: this is a bug in promptsync; please report it with the lines above\n\n"
            "hint: look them over first, they may quote a prompt\n"
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
