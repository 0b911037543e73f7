"""Align text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH = 80


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Align rows; the last column is left out where it would not fit for one of them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) > WIDTH and len(widths) > 2:  # noqa: PLR2004  the name stays
        return columns([row[:-1] for row in rows])
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
