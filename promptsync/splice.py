"""Replace spans of a file and leave every other byte as it is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from typing import NamedTuple


class Splice(NamedTuple):
    """Text to stand in the place of `start` to `end`, in characters of the decoded file."""

    start: int
    end: int
    text: str


def splice(data: bytes, splices: Iterable[Splice]) -> bytes:
    """Return a file's bytes with some spans replaced; spans must not overlap.

    Positions are those after `decode`: without a byte order mark, and with CRLF as one character.
    Where the file has CRLF, new lines get it as well.
    """
    raw = data.decode()
    mark = len(raw) - len(raw.lstrip("\ufeff"))
    breaks = [found.start() for found in re.finditer("\r\n", raw)]
    # The place of each CRLF once those before it, and the mark, are one character shorter.
    places = [start - mark - index for index, start in enumerate(breaks)]
    pieces, done = [], 0
    for start, end, text in sorted(splices):
        first = start + mark + bisect_left(places, start)
        pieces += [raw[done:first], text.replace("\n", "\r\n") if breaks else text]
        done = end + mark + bisect_left(places, end)
    return "".join((*pieces, raw[done:])).encode()
