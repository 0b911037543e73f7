"""A prompt as the embedded registry stores it: one JSON document, lossless in both directions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from promptsync import prompt_schema
from promptsync.content_hash import content_hash
from promptsync.errors import RegistryAnswerError
from promptsync.prompt import NAMING_KEYS, Prompt
from promptsync.prompt_name import MAX_NAME, NAME
from promptsync.remote_prompt import Stamp

KIND = "local"


def as_served(prompt: Prompt) -> Prompt:
    """Return the prompt under its served name, without the tables of other kinds of registry."""
    options = {
        key: value
        for key, value in prompt.registry_options.get(KIND, {}).items()
        if key not in NAMING_KEYS
    }
    return replace(
        prompt,
        name=prompt.served_name(KIND),
        registry_options={KIND: options} if options else {},
    )


def find_unsupported(prompt: Prompt) -> list[str]:
    """Say what of a prompt cannot be stored, a sentence each."""
    found = []
    if not NAME.fullmatch(name := prompt.served_name(KIND)):
        shown = name if len(name) <= MAX_NAME else f"{name[:20]}…"
        found.append(f"the name `{shown}` is not 1 to {MAX_NAME} letters, digits, `_`, `.` and `-`")
    try:
        write_document(prompt)
        content_hash(prompt, KIND)
    except (TypeError, ValueError) as error:
        found.append(f"it holds a value that JSON cannot: {error}")
    return found


def write_document(prompt: Prompt) -> str:
    """Serialise a prompt, its content always included.

    Keys keep their order: a model fills in a JSON schema's properties as they are listed.
    """
    # ASCII, because the encoding of a PostgreSQL database need not be UTF-8.
    return _dump(prompt_schema.whole_values(prompt))


def read_document(document: str, *, name: str) -> Prompt:
    """Build the prompt of a document that is served as `name`.

    Raises RegistryAnswerError for what this version of promptsync did not write.
    """
    try:
        values = {**json.loads(document), "name": name}
        content = values["text"] if "text" in values else values["messages"]
        wrong = [each.message for each in prompt_schema.check(values)]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unreadable(name, "its document is no prompt") from error
    if wrong:
        raise _unreadable(name, wrong[0])
    return prompt_schema.to_prompt(values, name=name, content=prompt_schema.to_content(content))


def _unreadable(name: str, reason: str) -> RegistryAnswerError:
    return RegistryAnswerError(
        f"the stored prompt `{name}` cannot be read: {reason}",
        hint="it was changed by hand, or written by a newer promptsync",
    )


def write_stamp(stamp: Stamp | None) -> str | None:
    """Serialise a stamp."""
    return _dump(stamp.to_json()) if stamp else None


def read_stamp(text: str | None) -> Stamp | None:
    """Read a stamp leniently: what is none is None."""
    try:
        return Stamp.from_json(json.loads(text)) if text else None
    except ValueError:
        return None


def _dump(values: Mapping[str, Any]) -> str:
    return json.dumps(values, allow_nan=False, separators=(",", ":"))
