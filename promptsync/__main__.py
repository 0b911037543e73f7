"""The entry point. A crash exits 2: an exit of 1 means that git and registry differ."""

from __future__ import annotations

import gc
import sys


def _run(arguments: list[str]) -> None:
    # A command is short, and nearly all it makes it keeps: looking for garbage costs a tenth of its
    # time and finds none.
    gc.set_threshold(100_000)
    # Imported here, because a broken installation is a crash too.
    early = None
    if arguments[:1] in (["verify"], ["sync"]):
        from promptsync.early_verify import begin_verify, has_nothing_to_say

        if "--staged" in arguments and has_nothing_to_say(arguments):
            return
        early = begin_verify(arguments)
    from promptsync.cli import run

    run(arguments, early)


def main() -> None:
    """Run the command line."""
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        # Before the command line is there to say it: most of a short command's time is imports.
        from promptsync.interruption import INTERRUPTED, MESSAGE

        sys.stderr.write(f"{MESSAGE}\n")
        sys.exit(INTERRUPTED)
    except Exception:  # noqa: BLE001  the one catcher of what is a bug
        import traceback  # slow, and rarely needed

        traceback.print_exc()
        sys.stderr.write(
            "\nerror: this is a bug in promptsync; please report it with the lines above\n\n"
            "hint: look them over first, they may quote a prompt\n"
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
