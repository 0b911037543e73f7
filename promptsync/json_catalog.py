"""A catalog file in JSON: its members with their places, and a value replaced where it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from promptsync.catalog_member import CatalogError, Member
from promptsync.json_members import children_of, end_of, length_of_key, members_of, skip_space
from promptsync.prompt import Json, is_same
from promptsync.splice import Splice

_INDENTED = re.compile(r"\n([ \t]+)\S")


def read_members(text: str) -> list[Member]:
    """Return the members of the object that a file holds. Raises CatalogError."""
    start = skip_space(text, 0)
    if text[start : start + 1] != "{":
        raise CatalogError("a catalog is a JSON object of names and prompts", start)
    try:
        members = members_of(text, start)
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
    rest = skip_space(text, end_of(text, start, members))
    if rest != len(text):
        raise CatalogError("invalid JSON: more text after the end of the object", rest)
    return members


def place_within(text: str, member: Member, keys: Sequence[str | int]) -> int:
    """Return where something within a member starts: as deep as the keys lead."""
    place, start = member.place, member.start
    for key in keys:
        found = next((each for each in children_of(text, start) if each.key == key), None)
        if found is None:
            break
        place, start = found.place, found.start
    return place


def changes(text: str, wanted: Mapping[str, Json]) -> list[Splice]:
    """Return what turns a catalog into the wanted one; values that stay keep their bytes."""
    start = skip_space(text, 0)
    members = read_members(text)
    style = _Style(text, bool(re.search("[^\x00-\x7f]", text)) or "\\u" not in text)
    values = {each.key: each.value for each in members}
    whole = Member("", values, start, start, end_of(text, start, members))
    return list(style.changes(whole, dict(wanted)))


@dataclass(frozen=True, slots=True)
class _Style:
    """How a file writes JSON: its indentation, and whether it escapes what is not ASCII."""

    text: str
    is_unicode: bool

    def changes(self, old: Member, new: Json) -> Iterator[Splice]:
        if is_same(old.value, new):
            return
        children = children_of(self.text, old.start)
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
            colon = colon[length_of_key(self.text, last) :]
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
        margin = self.text[line : skip_space(self.text, line)]
        return self._dumped(value, self._step).replace("\n", f"\n{margin}")

    @property
    def _step(self) -> str | None:
        found = _INDENTED.search(self.text)
        return found[1] if found else None

    def _dumped(self, value: Json, indent: str | None = None) -> str:
        return json.dumps(value, ensure_ascii=not self.is_unicode, indent=indent)


def _is_list_of(value: object, length: int) -> bool:
    return isinstance(value, list) and len(value) == length
