"""What MLflow cannot hold of a prompt, so that a plan refuses it before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from promptsync.content_hash import content_hash
from promptsync.prompt import NAMING_KEYS, Message, Prompt, Template
from promptsync.registries.mlflow_body import MAX_TAG_VALUE, make_tags
from promptsync.registries.mlflow_fields import assumed_template, read_tools
from promptsync.registries.mlflow_tags import (
    KIND,
    METADATA_TAG,
    MODEL_TAG,
    PARAMS_TAG,
    RESPONSE_TAG,
    TABLE_KEYS,
    TAGS_TAG,
    TEXT_TAG,
    TITLE_TAG,
    TOOLS_TAG,
)

# The client's own rule; the server's database has 256 characters for a name.
NAME = re.compile(r"[A-Za-z0-9_.-]{1,255}")
# A column in MLflow's database. SQLite takes more than it declares, others do not: assumption.
MAX_DESCRIPTION = 5000
# What MLflow's `ChatMessage` validates, and `load_prompt` with it.
PART_TYPES = ("text", "image_url", "input_audio", "reasoning")

_SHOWN_BY_TAG = {
    MODEL_TAG: "`model` and `params`",
    PARAMS_TAG: "`params`",
    RESPONSE_TAG: "`response_format`",
    TOOLS_TAG: "`tools`",
    TITLE_TAG: "`title`",
    TAGS_TAG: "`tags`",
    METADATA_TAG: "`metadata`",
}


def find_unsupported(prompt: Prompt) -> list[str]:
    """Say what of a prompt MLflow cannot hold, a sentence each."""
    return [
        *_unsupported_name(prompt.served_name(KIND)),
        *_unsupported_content(prompt),
        *_unsupported_settings(prompt),
        *_unsupported_values(prompt),
    ]


def _unsupported_name(name: str) -> Iterator[str]:
    if not NAME.fullmatch(name) or name in (".", ".."):
        shown = name if len(name) <= 40 else f"{name[:20]}…"  # noqa: PLR2004  what fits a line
        yield f"the name `{shown}` is not 1 to 255 letters, digits, `_`, `.` and `-`"


def _unsupported_content(prompt: Prompt) -> Iterator[str]:
    assumed = assumed_template(prompt.content)
    if assumed is Template.JINJA2 and prompt.template is Template.MUSTACHE:
        yield (
            "MLflow renders a prompt with `{% … %}` as Jinja2: write `template: jinja2`, or "
            "`template: none` if the application does not render it"
        )
    if isinstance(prompt.content, str):
        return
    if not prompt.content:
        yield "MLflow has no chat prompt without messages"
    if not all(each.role for each in prompt.content):
        yield "MLflow has no message without a role"
    if not all(_is_known(part) for each in prompt.content for part in _parts(each)):
        yield f"MLflow has message parts of these types only: {', '.join(PART_TYPES)}"


def _parts(message: Message) -> list[Any]:
    return [] if isinstance(message.content, str) else message.content


def _is_known(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") in PART_TYPES


def _unsupported_settings(prompt: Prompt) -> Iterator[str]:
    if isinstance(prompt.tools, str) and isinstance(read_tools(prompt.tools), list):
        yield "`tools` is the JSON text of a list: write it as a list"
    table = prompt.registry_options.get(KIND, {})
    for key in sorted(table.keys() - TABLE_KEYS - NAMING_KEYS):
        yield f"`{KIND}: {key}` is unknown: this table holds {', '.join(TABLE_KEYS)}"
    if len(prompt.description or "") > MAX_DESCRIPTION:
        yield f"`description` has more than {MAX_DESCRIPTION:,} characters, as many as MLflow holds"


def _unsupported_values(prompt: Prompt) -> Iterator[str]:
    try:
        content_hash(prompt, KIND)
        tags = make_tags(prompt, None)
        stored = "".join([prompt.description or "", *tags, *tags.values()])
        stored.encode()
    except (TypeError, ValueError, RecursionError) as error:
        yield f"it holds a value that JSON cannot: {error}"
        return
    if "\0" in stored:
        # PostgreSQL, where MLflow may keep prompts, has no NUL within text.
        yield "MLflow cannot hold the character NUL"
    yield from _unsupported_sizes(prompt, tags)


def _unsupported_sizes(prompt: Prompt, tags: dict[str, str]) -> Iterator[str]:
    limit = f"as many as MLflow holds are {MAX_TAG_VALUE:,}"
    for key, value in tags.items():
        size = f"{len(value):,} characters"
        if len(value) <= MAX_TAG_VALUE:
            continue
        if key == TEXT_TAG and prompt.is_chat:
            how = "as MLflow counts them, in JSON that escapes all but ASCII"
            yield f"the messages have {size} {how}; {limit}"
        elif key == TEXT_TAG:
            yield f"the text has {size}; {limit}"
        else:
            yield f"{_SHOWN_BY_TAG.get(key, key)} has {size} in JSON; {limit}"
