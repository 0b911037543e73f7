"""The content hash: SHA-256 over the RFC 8785 canonical JSON of what changes behaviour.

The form is published with test vectors in `docs/reference/content-hash.md`, so that programs in
other languages can compute it. Changing it makes every stamp in every registry unreadable.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from promptsync.prompt import NAMING_KEYS, Message, Prompt, Template

# Beyond it, IEEE 754 doubles (the only numbers of RFC 8785) no longer hold every integer.
MAX_SAFE_INTEGER = 2**53 - 1


def content_hash(prompt: Prompt, kind: str | None = None) -> str:
    """Identify a prompt by what changes its behaviour, as `sha256:` and 64 hex digits.

    Includes must be expanded already. `kind` names the registry whose own table takes part; the
    tables of other kinds never do. Names and details (title, description, tags, metadata) are
    left out. Raises ValueError for numbers that JSON cannot hold.
    """
    return "sha256:" + hashlib.sha256(canonical_json(canonical_form(prompt, kind))).hexdigest()


def canonical_form(prompt: Prompt, kind: str | None = None) -> dict[str, Any]:
    """Return the object that is hashed; absent, null and empty members are left out."""
    form: dict[str, Any]
    if isinstance(prompt.content, str):
        form = {"type": "text", "text": prompt.content}
    else:
        form = {"type": "chat", "messages": [_message_form(each) for each in prompt.content]}
    if prompt.model:
        form["model"] = prompt.model
    if prompt.template is not Template.MUSTACHE:
        form["template"] = prompt.template.value
    if prompt.params:
        form["params"] = _without_empty(prompt.params)
    if prompt.tools:
        form["tools"] = prompt.tools
    if prompt.response_format:
        form["response_format"] = prompt.response_format
    if kind is not None and (options := prompt.registry_options.get(kind)):
        form[kind] = _without_empty(options, leave_out=NAMING_KEYS)
    return {key: value for key, value in form.items() if value not in ({}, [], "")}


def _message_form(message: Message) -> dict[str, Any]:
    form: dict[str, Any] = {"role": message.role}
    if message.content:
        form["content"] = message.content
    if message.extra:
        form.update(_without_empty(message.extra))
    return form


def _without_empty(
    value: Mapping[str, Any], *, leave_out: frozenset[str] = frozenset()
) -> dict[str, Any]:
    return {
        key: member
        for key, member in value.items()
        if member is not None and member not in ({}, [], "") and key not in leave_out
    }


# What `json.dumps` writes in another way than RFC 8785: null members, whole floats, exponents,
# integers beyond doubles, and (in keys, by their order) characters outside the basic plane. The
# same signs inside text only cost time.
_NEEDS_CARE = re.compile(r":null[,}]|\d\.0[,}\]]|\de[+-]?\d|\d{16}|[\ud800-\U0010ffff]")

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


def canonical_json(value: Any) -> bytes:
    """Serialise as RFC 8785 does, after dropping null members of objects at any depth.

    Numbers are doubles, as RFC 8785 demands: 1.0 is 1, and integers beyond 2^53 are rounded.
    Raises ValueError for what JSON cannot hold.
    """
    text = _ENCODER.encode(value)
    if not _NEEDS_CARE.search(text):
        return text.encode()
    if _SURROGATE.search(text):
        # No Unicode text, so no RFC 8785 either. Only a registry can send one; it hashes to
        # something no prompt file can have, and so is never taken for equal.
        return text.encode("utf-8", "surrogatepass")
    return _canonical_with_care(value)


def _canonical_with_care(value: Any) -> bytes:
    import rfc8785  # noqa: PLC0415  rarely needed, and hooks start often

    return rfc8785.dumps(_cleaned(value))


def _cleaned(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, Mapping):
        return {key: _cleaned(each) for key, each in value.items() if each is not None}
    if isinstance(value, (list, tuple)):
        return [_cleaned(each) for each in value]
    return _canonical_number(value)


def _canonical_number(value: float) -> float:
    if isinstance(value, int) and abs(value) <= MAX_SAFE_INTEGER:
        return value
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError(f"the number {str(value)[:20]}… is too large for JSON") from error
    return int(number) if number.is_integer() and abs(number) <= MAX_SAFE_INTEGER else number


def short_hash(value: str | None) -> str:
    """Shorten a content hash for people: `sha256:` and 12 hex digits."""
    return value[: len("sha256:") + 12] if value else "-"
