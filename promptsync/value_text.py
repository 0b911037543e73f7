"""A variable's value as the text that a prompt says."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TypeGuard

from promptsync.errors import RenderError


def to_text(value: object) -> str:
    """Write a value: text as it is, nothing for None, everything else as JSON.

    What JSON does not know, such as a date, is what `str()` makes of it. Raises RenderError for
    what has no such form: bytes, functions, objects that only have Python's `<… object at …>`.
    """
    if isinstance(value, str):
        # Of an enum's member its text, which `str()` would not give.
        return str.__str__(value)
    return "" if value is None else _plain(value) or to_json(value)


def to_json(value: object, indent: int | None = None) -> str:
    """Write a value as JSON with its letters unescaped and its keys in their order."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=indent, default=_jsonable)
    except (TypeError, ValueError, RecursionError) as error:
        raise RenderError(f"a value cannot be written as JSON: {error}") from error


def is_list(value: object) -> TypeGuard[Collection[object]]:
    """Tell whether a value has items: lists, tuples, sets; not text, not mappings."""
    return isinstance(value, Collection) and not isinstance(
        value, (str, bytes, bytearray, memoryview, Mapping)
    )


def _plain(value: object) -> str | None:
    is_json = isinstance(value, (bool, int, float, Mapping)) or is_list(value)
    return None if is_json else str(_jsonable(value))


def _jsonable(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if is_list(value):
        return list(value)
    is_bytes = isinstance(value, (bytes, bytearray, memoryview))
    if is_bytes or type(value).__str__ is object.__str__:
        raise RenderError(
            f"a value of type `{type(value).__name__}` has no text",
            hint="pass text, numbers, lists or mappings; call functions before",
        )
    try:
        return str(value)
    except Exception as error:
        what = f"a value of type `{type(value).__name__}` has no text"
        raise RenderError(f"{what}: {type(error).__name__}: {error}") from error
