"""A catalog file: one JSON or YAML file with a mapping of names to prompts.

A value is the text of a prompt, or an object with the keys of front matter and `text` or
`messages`. A value that is replaced leaves every other byte of the file as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

from promptsync import prompt_schema
from promptsync.catalog_member import CatalogError, Member
from promptsync.errors import ConflictError, Problem, PromptFileError
from promptsync.file_text import MAX_BYTES, decode
from promptsync.message_markup import find_conflict
from promptsync.prompt import Json, Message, Prompt, is_same
from promptsync.prompt_name import MAX_NAME, NAME
from promptsync.prompt_path import entry_path, file_of, key_of
from promptsync.prompt_schema import CONTENT_KEYS, SchemaError, content_values
from promptsync.splice import splice

MAX_FILE_BYTES = 16 * MAX_BYTES
MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One prompt of a catalog file, valid; `path` is `FILE#KEY` and `line` that of its key.

    `data` is the value as JSON with sorted keys: it stays the same however the file is laid out,
    and whatever stands beside the entry.
    """

    path: str
    key: str
    value: str | dict[str, Any]
    line: int
    data: bytes

    @property
    def prompt(self) -> Prompt:
        """The prompt that the entry states."""
        return _prompt(self.key, self.value)


CatalogEntries = tuple[CatalogEntry | PromptFileError, ...]


@lru_cache(maxsize=64)
def read_entries(data: bytes, path: str) -> CatalogEntries:
    """Return the entries of a catalog file, and an error for each that is wrong.

    Raises PromptFileError for a file that cannot be read at all, or has a name twice.
    """
    text = decode(data, path, max_bytes=MAX_FILE_BYTES)
    if (line := find_conflict(text)) is not None:
        hint = "keep the entries you want, and delete the conflict markers"
        raise PromptFileError(
            Problem(path, line, "unresolved conflict marker", hint=hint, rule="PS002")
        )
    try:
        return tuple(_entries(text, path, _syntax(path).read_members(text)))
    except CatalogError as error:
        raise PromptFileError(_problem(text, path, error.position, error.message)) from error


def find_entry(data: bytes, path: str) -> CatalogEntry | None:
    """Return the entry at a path `FILE#KEY`, None where the file has none that is valid."""
    key = key_of(path)
    for each in read_entries(data, file_of(path)):
        if isinstance(each, CatalogEntry) and each.key == key:
            return each
    return None


def replace_entry(data: bytes, path: str, prompt: Prompt) -> bytes:
    """Return a catalog file whose entry at `FILE#KEY` says what `prompt` says; it may be new.

    Only the bytes of what changed in its value are others. Raises ConflictError where the file is
    written in a way that does not allow that, PromptFileError for what no entry can hold.
    """
    file, key = file_of(path), key_of(path) or ""
    text = decode(data, file, max_bytes=MAX_FILE_BYTES)
    members = {each.key: each.value for each in _syntax(file).read_members(text)}
    wanted = members | {key: _value(key, members.get(key), prompt)}
    try:
        edited = splice(data, _syntax(file).changes(text, wanted))
        if _is_exactly(edited, file, wanted):
            return edited
        reason = "its value cannot be replaced alone"
    except CatalogError as error:
        reason = error.message
    raise ConflictError(
        f"`{path}` cannot be written: {reason}; `{file}` is unchanged",
        hint=f"`promptsync diff {prompt.name}` shows the edit; put it into the file yourself",
    )


def _is_exactly(data: bytes, file: str, wanted: Mapping[str, Json]) -> bool:
    try:
        text = decode(data, file, max_bytes=MAX_FILE_BYTES)
        members = _syntax(file).read_members(text)
    except CatalogError:
        return False
    return [each.key for each in members] == list(wanted) and all(
        is_same(each.value, wanted[each.key]) for each in members
    )


def _syntax(path: str) -> ModuleType:
    """Return the module for JSON or for YAML, which costs 20 ms to import."""
    if path.endswith(".json"):
        from promptsync import json_catalog

        return json_catalog
    from promptsync import yaml_catalog

    return yaml_catalog


def _entries(
    text: str, path: str, members: Iterable[Member]
) -> Iterator[CatalogEntry | PromptFileError]:
    line, counted = 1, 0
    for member in members:
        # From one member to the next, or a large file would be read once for each of them.
        line, counted = line + text.count("\n", counted, member.place), member.place
        key, value = str(member.key), member.value
        data = _canonical(value) if isinstance(value, (str, dict)) else None
        if errors := list(_check(key, value, data)):
            yield PromptFileError(
                tuple(_schema_problem(text, path, member, each) for each in errors)
            )
        elif isinstance(value, (str, dict)) and data is not None:
            yield CatalogEntry(entry_path(path, key), key, value, line, data)


def _check(key: str, value: object, data: bytes | None) -> Iterator[SchemaError]:
    if not NAME.fullmatch(key):
        yield SchemaError((), _invalid(key), "rename the entry")
    elif not isinstance(value, (str, dict)):
        hint = "put it in quotes" if isinstance(value, (bool, int, float)) else None
        yield SchemaError((), f"`{key}` must be text or an object with `text` or `messages`", hint)
    elif data is None:
        yield SchemaError((), f"`{key}` has text that is not valid Unicode, or too many levels")
    elif len(data) > MAX_BYTES:
        message = f"`{key}` has {len(data):,} bytes; a prompt has at most {MAX_BYTES:,}"
        yield SchemaError((), message)
    elif isinstance(value, dict):
        yield from _check_object(key, value)


def _check_object(key: str, value: dict[str, Any]) -> Iterator[SchemaError]:
    if _depth(value) > MAX_DEPTH:
        yield SchemaError((), f"`{key}` is nested deeper than {MAX_DEPTH} levels")
        return
    errors = list(prompt_schema.check(value, text_is_body=True))
    yield from errors
    if not errors and all(value.get(each) is None for each in ("text", "messages")):
        yield SchemaError((), f"`{key}` has neither `text` nor `messages`")
    elif not errors and value.get("name") and not NAME.fullmatch(value["name"]):
        yield SchemaError(("name",), _invalid(value["name"]), "give it another `name`")


def _invalid(name: str) -> str:
    shown = json.dumps(name[:60], ensure_ascii=False)[1:-1]
    return f"`{shown}` is not a valid name: letters, digits, `_`, `.` and `-`, at most {MAX_NAME}"


def _depth(value: object) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max(map(_depth, value.values() if isinstance(value, dict) else value), default=0)


def _canonical(value: str | dict[str, Any]) -> bytes | None:
    """Return a value as JSON that no layout changes, None for text that is not valid Unicode."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return text.encode()
    except (UnicodeEncodeError, RecursionError):
        return None


def _prompt(key: str, value: str | Mapping[str, Any]) -> Prompt:
    if isinstance(value, str):
        return Prompt(name=key, content=value)
    text = value.get("text")
    content = prompt_schema.to_content(value["messages"] if text is None else text)
    if isinstance(content, str) and (role := value.get("role")) is not None:
        content = (Message(role, content),)
    return prompt_schema.to_prompt(value, name=key, content=content)


def _value(key: str, old: Json, new: Prompt) -> Json:
    """Return the value that states a prompt, as the old one does as far as both say the same."""
    stated = {"text": old} if isinstance(old, str) else dict(old) if isinstance(old, dict) else {}
    before = _prompt(key, stated if isinstance(old, dict) else str(old or ""))
    wanted = prompt_schema.changed_values(stated, before, new, key)
    if old is None or not is_same(content_values(before.content), content_values(new.content)):
        placed = _placed(new.content, stated)
        kept = {each: wanted[each] for each in wanted if each not in CONTENT_KEYS or each in placed}
        wanted = kept | placed
    is_plain = not isinstance(old, dict) and wanted.keys() == {"text"}
    return wanted["text"] if is_plain else wanted


def _placed(content: str | tuple[Message, ...], stated: Mapping[str, Any]) -> dict[str, Any]:
    """State content with the keys that state it now, if those can hold it."""
    if stated.get("role") is not None and isinstance(content, tuple) and len(content) == 1:
        (message,) = content
        if isinstance(message.content, str) and not message.extra:
            return {"role": message.role, "text": message.content}
    return content_values(content)


def _schema_problem(text: str, path: str, member: Member, error: SchemaError) -> Problem:
    place = _syntax(path).place_within(text, member, error.key)
    problem = _problem(text, path, place, error.message)
    return replace(problem, hint=error.hint, rule="PS003")


def _problem(text: str, path: str, place: int, message: str) -> Problem:
    line, column = text.count("\n", 0, place) + 1, place - text.rfind("\n", 0, place)
    return Problem(path, line, message, column)
