"""The content hash: SHA-256 over the RFC 8785 canonical JSON of what changes behaviour.

The form is published with test vectors in `docs/reference/content-hash.md`, so that programs in
other languages can compute it. Changing it makes every stamp in every registry unreadable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from promptsync.prompt import NAMING_KEYS, Message, Prompt, Template
from promptsync.sha256 import sha256_hex

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Beyond it, IEEE 754 doubles (the only numbers of RFC 8785) no longer hold every integer.
MAX_SAFE_INTEGER = 2**53 - 1


def content_hash(prompt: Prompt, kind: str | None = None) -> str:
    """Identify a prompt by what changes its behaviour, as `sha256:` and 64 hex digits.

    Includes must be expanded already. `kind` names the registry whose own table takes part; the
    tables of other kinds never do. Names and details (title, description, tags, metadata) are
    left out. Raises ValueError for what JSON cannot hold.
    """
    unusual: list[Any] = []
    try:
        canonical = _serialised(_form(prompt, kind, unusual), unusual)
    except RecursionError as error:
        raise ValueError("a value is nested too deeply") from error
    return "sha256:" + sha256_hex(canonical)


def canonical_form(prompt: Prompt, kind: str | None = None) -> dict[str, Any]:
    """Return the object that is hashed, its numbers as RFC 8785 means them.

    Absent, null and empty mean the same: null members are left out at any depth, then empty ones
    (`""`, `[]`, `{}`) of the object itself, of each message, of `params` and of the registry's
    table. Deeper down, empty says something: the arguments of a tool that takes none are `{}`.
    """
    return _form(prompt, kind, [])


def _form(prompt: Prompt, kind: str | None, unusual: list[Any]) -> dict[str, Any]:
    form: dict[str, Any] = {
        "model": prompt.model,
        "params": _stated(prompt.params, unusual),
        "tools": _cleaned(prompt.tools, unusual),
        "response_format": _cleaned(prompt.response_format, unusual),
    }
    if isinstance(prompt.content, str):
        form |= {"type": "text", "text": prompt.content}
    else:
        messages = [_message_form(each, unusual) for each in prompt.content]
        form |= {"type": "chat", "messages": messages}
    if prompt.template is not Template.MUSTACHE:
        form["template"] = prompt.template.value
    if kind is not None and (options := prompt.registry_options.get(kind)):
        table = {key: options[key] for key in options if key not in NAMING_KEYS}
        form[kind] = _stated(table, unusual)
    return {key: member for key, member in form.items() if member not in _EMPTY}


def _message_form(message: Message, unusual: list[Any]) -> dict[str, Any]:
    form = {**message.extra, "role": message.role, "content": message.content}
    return _stated(form, unusual)


_EMPTY: tuple[Any, ...] = (None, "", [], {})
_OBJECT = (dict, Mapping)  # the question is ten times faster for a class than for an abstract one


def _stated(value: Mapping[str, Any], unusual: list[Any]) -> dict[str, Any]:
    """Leave out null members at any depth, then the members that are empty."""
    cleaned = _cleaned(value, unusual)
    return {key: member for key, member in cleaned.items() if member not in _EMPTY}


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def canonical_json(value: Any) -> bytes:
    """Serialise as RFC 8785 does, after dropping null members of objects at any depth.

    Numbers are doubles, as RFC 8785 demands: 1.0 is 1, and integers beyond 2^53 are rounded.
    Raises ValueError for what JSON cannot hold.
    """
    unusual: list[Any] = []
    return _serialised(_cleaned(value, unusual), unusual)


def _serialised(cleaned: Any, unusual: list[Any]) -> bytes:
    text = _ENCODER.encode(cleaned)
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        # A lone surrogate is no Unicode text, so there is no RFC 8785 form either. Only a registry
        # can send one; it hashes to what no prompt file can have, and is never taken for equal.
        return text.encode("utf-8", "surrogatepass")
    return _with_care(cleaned) if unusual else encoded


def _with_care(value: Any) -> bytes:
    import rfc8785  # rarely needed, and hooks start often

    return rfc8785.dumps(value)


def _cleaned(value: Any, unusual: list[Any]) -> Any:
    """Prepare for `json`; collect in `unusual` what it writes in another way than RFC 8785."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= MAX_SAFE_INTEGER:
        return value
    if isinstance(value, _OBJECT):
        # RFC 8785 sorts keys by UTF-16 code units, Python by code points.
        if not "".join(value).isascii():
            unusual.append(value)
        return {key: _cleaned(each, unusual) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each, unusual) for each in value]
    return _canonical_number(value, unusual)


def _canonical_number(value: float, unusual: list[Any]) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("a number is too large for JSON") from error
    if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER:
        return int(number)
    if number.is_integer() or "e" in repr(number):
        unusual.append(number)
    return number


def short_hash(value: str | None) -> str:
    """Shorten a content hash for people: `sha256:` and 12 hex digits."""
    return value[: len("sha256:") + 12] if value else "-"
