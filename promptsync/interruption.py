"""What a person reads who pressed Ctrl-C, whatever had been imported by then."""

from __future__ import annotations

# 128 + SIGINT, as shells report it.
INTERRUPTED = 130
MESSAGE = "\nerror: interrupted\n\nhint: running the command again is safe"
