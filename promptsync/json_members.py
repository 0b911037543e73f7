"""Where the members of a JSON object stand, and what they are.

Read with the standard library's decoder, one value at a time, because only that tells where each
one ends. Repeated keys, numbers that are infinite and nesting without end are errors.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from promptsync.catalog_member import CatalogError, Member

MAX_DIGITS = 255

_SPACE = re.compile(r"[ \t\n\r]*")


def length_of_key(text: str, member: Member) -> int:
    """Return how long the key of a member is as it is written."""
    return int(_LENIENT.raw_decode(text, member.place)[1]) - member.place


def members_of(text: str, start: int) -> list[Member]:
    """Return the members of the object that starts at a place.

    Raises json.JSONDecodeError, CatalogError for what JSON allows and a catalog does not, and
    RecursionError.
    """
    return list(_members(text, start, _STRICT))


def children_of(text: str, start: int) -> list[Member]:
    """Return the members or items of a value that was read before; a scalar has none."""
    match text[start : start + 1]:
        case "{":
            return list(_members(text, start, _LENIENT))
        case "[":
            return list(_items(text, start))
        case _:
            return []


def _members(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[Member]:
    index = skip_space(text, start + 1)
    if text[index : index + 1] == "}":
        return
    while True:
        if text[index : index + 1] != '"':
            raise json.JSONDecodeError("a key in double quotes is missing", text, index)
        key, end = decoder.raw_decode(text, index)
        colon = skip_space(text, end)
        if text[colon : colon + 1] != ":":
            raise json.JSONDecodeError("a `:` is missing", text, colon)
        value_start = skip_space(text, colon + 1)
        value, value_end = _decoded(text, value_start, decoder)
        yield Member(key, value, index, value_start, value_end)
        comma = skip_space(text, value_end)
        if text[comma : comma + 1] == "}":
            return
        if text[comma : comma + 1] != ",":
            raise json.JSONDecodeError("a `,` or `}` is missing", text, comma)
        index = skip_space(text, comma + 1)


def _items(text: str, start: int) -> Iterator[Member]:
    """Yield the items of an array that was read before."""
    index, count = skip_space(text, start + 1), 0
    while text[index] != "]":
        value, end = _LENIENT.raw_decode(text, index)
        yield Member(count, value, index, index, end)
        after = skip_space(text, end)
        index, count = (skip_space(text, after + 1) if text[after] == "," else after), count + 1


def _decoded(text: str, start: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, start)
    except _RefusedValueError as error:
        place = _place_of_repeated(text, start) if error.is_repeated_key else start
        raise CatalogError(str(error), place) from error


def _place_of_repeated(text: str, start: int) -> int:
    """Return where the first key stands that its own object has already, below some value."""
    seen: set[str | int] = set()
    for child in children_of(text, start):
        if child.key in seen:
            return child.place
        seen.add(child.key)
        if (place := _place_of_repeated(text, child.start)) != child.start:
            return place
    return start


def end_of(text: str, start: int, found: Sequence[Member]) -> int:
    """Return where an object ends whose members are these."""
    return skip_space(text, found[-1].end if found else start + 1) + 1


def skip_space(text: str, index: int) -> int:
    """Return where white space ends."""
    found = _SPACE.match(text, index)
    return found.end() if found else index


class _RefusedValueError(Exception):
    def __init__(self, message: str, *, is_repeated_key: bool = False) -> None:
        super().__init__(message)
        self.is_repeated_key = is_repeated_key


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _RefusedValueError(f"key `{twice[:40]}` stands twice", is_repeated_key=True)
    return members


def _refuse(constant: str) -> NoReturn:
    raise _RefusedValueError(f"`{constant}` is not JSON")


def _number(digits: str, convert: Callable[[str], float]) -> float:
    if len(digits) > MAX_DIGITS or not math.isfinite(number := convert(digits)):
        raise _RefusedValueError(f"`{digits[:40]}` is too large a number")
    return number


_LENIENT = json.JSONDecoder()
_STRICT = json.JSONDecoder(
    object_pairs_hook=_unique,
    parse_constant=_refuse,
    parse_float=lambda digits: _number(digits, float),
    parse_int=lambda digits: int(_number(digits, int)),
)
