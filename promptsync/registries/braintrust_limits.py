"""What Braintrust cannot hold of a prompt, so that a plan refuses it before anything is written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from promptsync.content_hash import content_hash
from promptsync.prompt import NAMING_KEYS, Message, Prompt, Template
from promptsync.registries.braintrust_fields import (
    KIND,
    ROLES,
    TABLE_KEYS,
    make_body,
    read_tools,
)

PART_TYPES = ("text", "image_url", "file")


def find_unsupported(prompt: Prompt) -> list[str]:
    """Say what of a prompt Braintrust cannot hold, a sentence each."""
    return [*_unsupported_content(prompt), *_unsupported_settings(prompt)]


def _unsupported_content(prompt: Prompt) -> Iterator[str]:
    if not prompt.served_name(KIND):
        yield "Braintrust needs a name"
    if prompt.template is Template.JINJA2:
        yield "Braintrust has no Jinja2: write the variables as mustache, or use `template: none`"
    if isinstance(prompt.content, str):
        return
    for role in sorted({each.role for each in prompt.content} - set(ROLES)):
        yield f"Braintrust has no role `{role}`: it has {', '.join(ROLES)}"
    if any(not _is_known(part) for each in prompt.content for part in _parts(each)):
        yield f"Braintrust has message parts of these types only: {', '.join(PART_TYPES)}"


def _parts(message: Message) -> list[Any]:
    return [] if isinstance(message.content, str) else message.content


def _is_known(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in PART_TYPES


def _unsupported_settings(prompt: Prompt) -> Iterator[str]:
    if "response_format" in prompt.params:
        yield "`response_format` belongs beside `params`, not in it"
    if isinstance(prompt.tools, str) and isinstance(read_tools(prompt.tools), list):
        yield "`tools` is the JSON text of a list: write it as a list"
    if prompt.tools and isinstance(prompt.content, str):
        yield "Braintrust keeps `tools` for chat prompts only"
    for key in sorted(prompt.registry_options.get(KIND, {}).keys() - TABLE_KEYS - NAMING_KEYS):
        yield f"`{KIND}: {key}` is unknown: this table holds {', '.join(TABLE_KEYS)}"
    yield from _unsupported_values(prompt)


def _unsupported_values(prompt: Prompt) -> Iterator[str]:
    try:
        content_hash(prompt, KIND)
        body = make_body(prompt, project_id="", stamp=None)
        text = json.dumps(body, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        yield f"it holds a value that JSON cannot: {error}"
        return
    # PostgreSQL, where Braintrust keeps prompts, has no NUL within JSON.
    if _NUL.search(text):
        yield "Braintrust cannot hold the character NUL"


# The escape, not text that looks like it: there the backslash is doubled.
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
