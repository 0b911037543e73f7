"""What Opik cannot hold of a prompt, so that a plan refuses it before anything is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from promptsync.content_hash import content_hash
from promptsync.prompt import NAMING_KEYS, Prompt, Template
from promptsync.registries.opik_body import make_version, structure_of
from promptsync.registries.opik_fields import KIND, METADATA_TYPES
from promptsync.remote_prompt import STAMP_KEY, RemotePrompt

# The server takes any; these are what Opik's client and the model vendors know.
ROLES = ("system", "developer", "user", "assistant", "tool")

NAME_CHARACTERS = 255
DESCRIPTION_UNITS = 255
TEMPLATE_BYTES = 2**24 - 1  # MySQL's MEDIUMTEXT
METADATA_DEPTH = 100  # MySQL's limit for JSON


def find_unsupported(prompt: Prompt, replaces: RemotePrompt | None) -> list[str]:
    """Say what of a prompt Opik cannot hold, a sentence each."""
    return [
        *_unsupported_name(prompt),
        *_unsupported_type(prompt, replaces),
        *_unsupported_content(prompt),
        *_unsupported_details(prompt),
        *_unsupported_values(prompt),
    ]


def _unsupported_name(prompt: Prompt) -> Iterator[str]:
    name = prompt.served_name(KIND)
    if _is_blank(name):
        yield "Opik needs a name"
    if len(name) > NAME_CHARACTERS:
        yield f"Opik has names of at most {NAME_CHARACTERS} characters"


def _unsupported_type(prompt: Prompt, replaces: RemotePrompt | None) -> Iterator[str]:
    if replaces is None:
        return
    there = structure_there(replaces.prompt)
    if there != structure_of(prompt):
        yield (
            f"Opik fixes the type of a prompt, and `{replaces.name}` is a {there} prompt there: "
            "give the file another name, or delete the prompt there"
        )


def structure_there(prompt: Prompt) -> str:
    """Return the type that Opik has for a prompt that it sent, also where its content broke."""
    table = prompt.registry_options.get(KIND, {})
    return str(table.get("template_structure") or structure_of(prompt))


def _unsupported_content(prompt: Prompt) -> Iterator[str]:
    if prompt.template is Template.NONE:
        yield (
            "Opik has no `template: none`, its client fills in every {{variable}}: use mustache, "
            "and `{{=<% %>=}}` before text with braces"
        )
    if isinstance(prompt.content, str):
        if _is_blank(prompt.content):
            yield "Opik has no prompts without text"
        return
    if not prompt.content:
        yield "Opik has no prompts without messages"
    for role in sorted({each.role for each in prompt.content} - set(ROLES)):
        yield f"Opik's client has no role `{role}`: it has {', '.join(ROLES)}"


def _unsupported_details(prompt: Prompt) -> Iterator[str]:
    description = prompt.description or ""
    units = len(description.encode("utf-16-le", "surrogatepass")) // 2
    if units > DESCRIPTION_UNITS:
        yield f"Opik has descriptions of at most {DESCRIPTION_UNITS} characters, not {units}"
    if description and _is_blank(description):
        yield "Opik has no blank descriptions"
    if len(set(prompt.tags)) < len(prompt.tags):
        yield "Opik has each tag once"
    for key in sorted(prompt.metadata.keys() & {STAMP_KEY, *METADATA_TYPES}):
        if key == STAMP_KEY or isinstance(prompt.metadata[key], METADATA_TYPES[key]):
            yield f"`metadata: {key}` is where promptsync keeps its own `{key}` in Opik: rename it"
    for key in sorted(prompt.registry_options.get(KIND, {}).keys() - NAMING_KEYS):
        yield f"`{KIND}: {key}` is unknown: this table holds {', '.join(sorted(NAMING_KEYS))}"


def _is_blank(text: str) -> bool:
    """Tell whether there is nothing to see; Java's trim takes control characters away too."""
    return all(each <= " " or each.isspace() for each in text)


def _unsupported_values(prompt: Prompt) -> Iterator[str]:
    try:
        content_hash(prompt, KIND)
        version = make_version(prompt, None)
        text = json.dumps(version, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        yield f"it holds a value that JSON cannot: {error}"
        return
    size = len(version["template"].encode())
    if size > TEMPLATE_BYTES:
        yield f"Opik has templates of at most {TEMPLATE_BYTES:,} bytes, not {size:,}"
    if _depth(version.get("metadata")) >= METADATA_DEPTH:
        yield f"Opik has metadata of at most {METADATA_DEPTH} levels"


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 1
