"""A line of characters that shows how a number went. Values only."""

from __future__ import annotations

from collections.abc import Sequence

BLOCKS = "▁▂▃▄▅▆▇█"
# For terminals that have no others.
ASCII = ".:-=+*#@"


def sparkline(values: Sequence[float | None], levels: str = BLOCKS) -> str:
    """Return one character for each value, from the least to the greatest; a gap for None.

    Where all are equal there is neither, and they are in the middle.
    """
    known = [value for value in values if value is not None]
    if not known:
        return " " * len(values)
    low, high = min(known), max(known)

    def level(value: float) -> str:
        if high == low:
            return levels[len(levels) // 2]
        return levels[round((value - low) / (high - low) * (len(levels) - 1))]

    return "".join(" " if value is None else level(value) for value in values)
