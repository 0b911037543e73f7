"""A catalog file in JSON: its members with their places, and a value replaced where it stands.

Read with the standard library's decoder, one value at a time, because only that tells where each
one ends. Repeated keys, numbers that are infinite and nesting without end are errors.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from promptsync.prompt import Json, is_same
from promptsync.splice import Splice

MAX_DIGITS = 255

_SPACE = re.compile(r"[ \t\n\r]*")
_INDENTED = re.compile(r"\n([ \t]+)\S")


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


def read_members(text: str) -> list[Member]:
    """Return the members of the object that a file holds. Raises CatalogError."""
    start = _skip(text, 0)
    if text[start : start + 1] != "{":
        raise CatalogError("a catalog is a JSON object of names and prompts", start)
    try:
        members = list(_members(text, start, _STRICT))
    except json.JSONDecodeError as error:
        reason = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise CatalogError(f"invalid JSON: {reason}", error.pos) from error
    except RecursionError as error:
        raise CatalogError("the JSON is nested too deeply", start) from error
    seen: set[str | int] = set()
    for member in members:
        if member.key in seen:
            raise CatalogError(f"key `{str(member.key)[:40]}` stands twice", member.place)
        seen.add(member.key)
    rest = _skip(text, _end(text, start, members))
    if rest != len(text):
        raise CatalogError("invalid JSON: more text after the end of the object", rest)
    return members


def place_within(text: str, member: Member, keys: Sequence[str | int]) -> int:
    """Return where something within a member starts: as deep as the keys lead."""
    place, start = member.place, member.start
    for key in keys:
        found = next((each for each in _children(text, start) if each.key == key), None)
        if found is None:
            break
        place, start = found.place, found.start
    return place


def changes(text: str, wanted: Mapping[str, Json]) -> list[Splice]:
    """Return what turns a catalog into the wanted one; values that stay keep their bytes."""
    start = _skip(text, 0)
    members = read_members(text)
    style = _Style(text, bool(re.search("[^\x00-\x7f]", text)) or "\\u" not in text)
    values = {each.key: each.value for each in members}
    whole = Member("", values, start, start, _end(text, start, members))
    return list(style.changes(whole, dict(wanted)))


@dataclass(frozen=True, slots=True)
class _Style:
    """How a file writes JSON: its indentation, and whether it escapes what is not ASCII."""

    text: str
    is_unicode: bool

    def changes(self, old: Member, new: Json) -> Iterator[Splice]:
        if is_same(old.value, new):
            return
        children = _children(self.text, old.start)
        if isinstance(new, dict) and any(each.key in new for each in children):
            yield from self._object_changes(children, new)
        elif isinstance(new, list) and _is_list_of(old.value, len(new)):
            for child, value in zip(children, new, strict=True):
                yield from self.changes(child, value)
        else:
            yield Splice(old.start, old.end, self._written(new, old.place))

    def _object_changes(
        self, members: Sequence[Member], new: Mapping[str, Any]
    ) -> Iterator[Splice]:
        kept = [each for each in members if each.key in new]
        added = {key: new[key] for key in new if all(key != each.key for each in members)}
        for member in kept:
            yield from self.changes(member, new[str(member.key)])
        last = kept[-1]
        if added:
            gap, colon = self._gap(members), self.text[last.place : last.start]
            colon = colon[_key_length(self.text, last) :]
            pieces = [
                f",{gap}{self._dumped(key)}{colon}{self._written(value, last.place)}"
                for key, value in added.items()
            ]
            yield Splice(last.end, last.end, "".join(pieces))
        for index, member in enumerate(members):
            if member.key in new:
                continue
            if member.place < kept[0].place:
                yield Splice(member.place, members[index + 1].place, "")
            else:
                yield Splice(members[index - 1].end, member.end, "")

    def _gap(self, members: Sequence[Member]) -> str:
        """Return the white space before a member on a line like those that are there."""
        before = self.text[: members[-1].place]
        space = before[len(before.rstrip(" \t\n\r")) :]
        return space if "\n" in space or len(members) > 1 else " "

    def _written(self, value: Json, place: int) -> str:
        """Write a value below the indentation of the line on which its key stands."""
        line = self.text.rfind("\n", 0, place) + 1
        margin = self.text[line : _skip(self.text, line)]
        return self._dumped(value, self._step).replace("\n", f"\n{margin}")

    @property
    def _step(self) -> str | None:
        found = _INDENTED.search(self.text)
        return found[1] if found else None

    def _dumped(self, value: Json, indent: str | None = None) -> str:
        return json.dumps(value, ensure_ascii=not self.is_unicode, indent=indent)


def _is_list_of(value: object, length: int) -> bool:
    return isinstance(value, list) and len(value) == length


def _key_length(text: str, member: Member) -> int:
    return int(_LENIENT.raw_decode(text, member.place)[1]) - member.place


def _children(text: str, start: int) -> list[Member]:
    match text[start : start + 1]:
        case "{":
            return list(_members(text, start, _LENIENT))
        case "[":
            return list(_items(text, start))
        case _:
            return []


def _members(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[Member]:
    index = _skip(text, start + 1)
    if text[index : index + 1] == "}":
        return
    while True:
        if text[index : index + 1] != '"':
            raise json.JSONDecodeError("a key in double quotes is missing", text, index)
        key, end = decoder.raw_decode(text, index)
        colon = _skip(text, end)
        if text[colon : colon + 1] != ":":
            raise json.JSONDecodeError("a `:` is missing", text, colon)
        value_start = _skip(text, colon + 1)
        value, value_end = _decoded(text, value_start, decoder)
        yield Member(key, value, index, value_start, value_end)
        comma = _skip(text, value_end)
        if text[comma : comma + 1] == "}":
            return
        if text[comma : comma + 1] != ",":
            raise json.JSONDecodeError("a `,` or `}` is missing", text, comma)
        index = _skip(text, comma + 1)


def _items(text: str, start: int) -> Iterator[Member]:
    """Yield the items of an array that was read before."""
    index, count = _skip(text, start + 1), 0
    while text[index] != "]":
        value, end = _LENIENT.raw_decode(text, index)
        yield Member(count, value, index, index, end)
        after = _skip(text, end)
        index, count = (_skip(text, after + 1) if text[after] == "," else after), count + 1


def _decoded(text: str, start: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    try:
        return decoder.raw_decode(text, start)
    except _RefusedValueError as error:
        place = _place_of_repeated(text, start) if error.is_repeated_key else start
        raise CatalogError(str(error), place) from error


def _place_of_repeated(text: str, start: int) -> int:
    """Return where the first key stands that its own object has already, below some value."""
    seen: set[str | int] = set()
    for child in _children(text, start):
        if child.key in seen:
            return child.place
        seen.add(child.key)
        if (place := _place_of_repeated(text, child.start)) != child.start:
            return place
    return start


def _end(text: str, start: int, members: Sequence[Member]) -> int:
    return _skip(text, members[-1].end if members else start + 1) + 1


def _skip(text: str, index: int) -> int:
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
