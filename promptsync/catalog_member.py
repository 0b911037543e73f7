"""One member of a catalog file, whichever syntax the file has, and what may be wrong there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class CatalogError(Exception):
    """What is wrong with a catalog file, and where, in characters from its start."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an object, or one item of an array, where `key` is its index.

    `place` is where it starts; its value goes from `start` to `end`. `node` is the parsed value
    where the syntax has such.
    """

    key: str | int
    value: Any
    place: int
    start: int
    end: int
    node: Any = None
