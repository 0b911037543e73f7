"""A prompt as Opik is told to store it: Prompt -> JSON. Nothing here asks anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from promptsync.prompt import Prompt, is_same
from promptsync.registries.opik_fields import KIND, METADATA_TYPES, TAG_ORDER, TEMPLATES
from promptsync.remote_prompt import STAMP_KEY, Stamp


def make_version(
    prompt: Prompt, stamp: Stamp | None, said: Mapping[str, str] = {}
) -> dict[str, Any]:
    """Return the fields of a new version; `said` is put beside its stamp."""
    fields = {
        "template": _template(prompt),
        "type": TEMPLATES.get(prompt.template),
        "metadata": _metadata(prompt, stamp, said),
        "change_description": _change(stamp),
    }
    return {key: each for key, each in fields.items() if each not in (None, {})}


def make_details(prompt: Prompt) -> dict[str, Any]:
    """Return what the versions of a prompt share, whole: what is left out would be removed."""
    details = {"name": prompt.served_name(KIND), "tags": list(prompt.tags)}
    return {**details, "description": prompt.description} if prompt.description else details


def structure_of(prompt: Prompt) -> str:
    """Return how Opik calls the type of a prompt, which it fixes for good."""
    return "chat" if prompt.is_chat else "text"


def _template(prompt: Prompt) -> str:
    if isinstance(prompt.content, str):
        return prompt.content
    messages = [
        {"role": each.role, "content": each.content, **each.extra} for each in prompt.content
    ]
    return json.dumps(messages, ensure_ascii=False, allow_nan=False)


def _metadata(prompt: Prompt, stamp: Stamp | None, said: Mapping[str, str]) -> dict[str, Any]:
    fields = {key: getattr(prompt, key) for key in METADATA_TYPES}
    own = {} if stamp is None else {**stamp.to_json(), **said}
    if list(prompt.tags) != sorted(prompt.tags):
        own[TAG_ORDER] = list(prompt.tags)
    return {
        **{key: each for key, each in prompt.metadata.items() if key != STAMP_KEY},
        **{key: each for key, each in fields.items() if each},
        **({STAMP_KEY: own} if own else {}),
    }


def _change(stamp: Stamp | None) -> str | None:
    return None if stamp is None else stamp.source


def has_version_of(current: Prompt, prompt: Prompt) -> bool:
    """Tell whether metadata of a version, which nothing can change, is what a prompt needs."""
    return is_same(dict(current.metadata), dict(prompt.metadata))
