"""What Braintrust calls the parts of a prompt: its JSON <-> Prompt. Nothing here asks anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

from promptsync.prompt import JsonObject, Message, Prompt, Template
from promptsync.registries.redaction import unknown_prompt
from promptsync.remote_prompt import STAMP_KEY, RemotePrompt, Stamp, make_remote_prompt

KIND = "braintrust"

ROLES = ("system", "developer", "user", "assistant", "tool", "function", "model")

# The `braintrust:` table of a prompt file, by where Braintrust keeps each key.
_DATA_KEYS = ("parser", "tool_functions", "mcp", "preprocessor")
_OPTION_KEYS = ("endpoint_name",)
_FIELD_KEYS = ("function_type",)
TABLE_KEYS = (*_DATA_KEYS, *_OPTION_KEYS, *_FIELD_KEYS)

# Braintrust's other dialect is close enough to Jinja2 to be read by people who know that one.
_TEMPLATES = {
    None: Template.MUSTACHE,
    "mustache": Template.MUSTACHE,
    "nunjucks": Template.JINJA2,
    "none": Template.NONE,
}


def read_prompt(found: object) -> RemotePrompt:
    """Build a remote prompt from an object of the API. Raises RegistryAnswerError."""
    try:
        return _read(found)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        slug = found.get("slug") if isinstance(found, dict) else None
        raise unknown_prompt("Braintrust", slug) from error


def _read(found: Any) -> RemotePrompt:
    metadata = found.get("metadata") or {}
    return make_remote_prompt(
        _prompt(found, {key: each for key, each in metadata.items() if key != STAMP_KEY}),
        kind=KIND,
        version=_decimal(found["_xact_id"]),
        stamp=Stamp.from_json(metadata.get(STAMP_KEY)),
        created=_text(found.get("created")),
        service_ids={key: found.get(key) for key in ("id", "project_id", "slug")},
    )


def _prompt(found: Any, metadata: JsonObject) -> Prompt:
    slug, title, data = _text(found["slug"]), _text(found.get("name")), found.get("prompt_data")
    if slug is None:
        raise TypeError("no slug")
    data = data or {}
    options = data.get("options") or {}
    params = options.get("params") or {}
    block = data.get("prompt") or {}
    table = {
        **{key: data[key] for key in _DATA_KEYS if data.get(key)},
        **{key: options[key] for key in _OPTION_KEYS if options.get(key)},
        **{key: found[key] for key in _FIELD_KEYS if found.get(key)},
        **_unknown_forms(data, block),
    }
    return Prompt(
        name=slug,
        content=_content(block),
        title=title if title != slug else None,
        description=_text(found.get("description")) or None,
        model=_text(options.get("model")) or None,
        params={key: each for key, each in params.items() if key != "response_format"},
        tools=read_tools(_text(block.get("tools"))),
        response_format=_mapping(params.get("response_format")),
        template=_TEMPLATES.get(data.get("template_format"), Template.MUSTACHE),
        tags=tuple(str(tag) for tag in found.get("tags") or ()),
        metadata=metadata,
        registry_options={KIND: table} if table else {},
    )


def _unknown_forms(data: JsonObject, block: JsonObject) -> JsonObject:
    """Keep a dialect or a kind of content that is newer than this module, whole.

    They change what the prompt does, so they take part in its hash, and cannot be uploaded.
    """
    unknown = {}
    if data.get("template_format") not in _TEMPLATES:
        unknown["template_format"] = data["template_format"]
    if block.get("type") not in (None, "chat", "completion"):
        unknown["prompt"] = dict(block)
    return unknown


def _content(block: Any) -> str | tuple[Message, ...]:
    if block.get("type") == "chat":
        return tuple(map(_message, block["messages"]))
    return _text(block.get("content")) or ""


def _message(found: Any) -> Message:
    content = found.get("content")
    if content is None:
        content = ""
    elif not isinstance(content, (str, list)):
        raise TypeError("content")
    role = _text(found["role"])
    if role is None:
        raise TypeError("role")
    if len(found) <= 2:  # noqa: PLR2004  role and content: nearly all messages
        return Message(role, content)
    extra = {
        key: value
        for key, value in found.items()
        if key not in ("role", "content") and value is not None
    }
    return Message(role, content, extra)


def read_tools(text: str | None) -> list[Any] | str | None:
    """Read Braintrust's JSON text; what is no list of tools stays the text it is."""
    if not text:
        return None
    try:
        tools = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return tools if isinstance(tools, list) else text


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where text belongs")


def _mapping(value: object) -> JsonObject | None:
    if value is None or isinstance(value, dict):
        return value or None
    raise TypeError(f"{type(value).__name__} where an object belongs")


def _decimal(version: object) -> str:
    if isinstance(version, str) and _DECIMAL.fullmatch(version):
        return version
    raise ValueError("_xact_id")


def make_body(
    prompt: Prompt, *, project_id: str, stamp: Stamp | None, existing: JsonObject | None = None
) -> dict[str, Any]:
    """Return the complete body of a write.

    `existing` is the object that the write replaces: what promptsync does not know within its
    `prompt_data` is carried over, because a write drops what it does not name.
    """
    metadata = {key: value for key, value in prompt.metadata.items() if key != STAMP_KEY}
    if stamp is not None:
        metadata[STAMP_KEY] = stamp.to_json()
    table = prompt.registry_options.get(KIND, {})
    body = {
        "project_id": project_id,
        "slug": prompt.served_name(KIND),
        "name": prompt.title or prompt.served_name(KIND),
        "description": prompt.description,
        "tags": list(prompt.tags),
        "metadata": metadata,
        **{key: table.get(key) for key in _FIELD_KEYS},
        "prompt_data": _prompt_data(prompt, table, (existing or {}).get("prompt_data") or {}),
    }
    return _stated(body)


def _prompt_data(prompt: Prompt, table: JsonObject, there: JsonObject) -> dict[str, Any]:
    block = _block(prompt)
    block_there = there.get("prompt") or {}
    if block_there.get("type") != block["type"]:
        block_there = {}
    return {
        **_unknown(there, ("prompt", "options", "template_format", *_DATA_KEYS)),
        "prompt": {**_unknown(block_there, ("type", "messages", "content", "tools")), **block},
        "options": {
            **_unknown(there.get("options") or {}, ("model", "params", *_OPTION_KEYS)),
            **_options(prompt, table),
        },
        "template_format": "none" if prompt.template is Template.NONE else "mustache",
        **_stated({key: table.get(key) for key in _DATA_KEYS}),
    }


def _block(prompt: Prompt) -> dict[str, Any]:
    block: dict[str, Any]
    if isinstance(prompt.content, str):
        block = {"type": "completion", "content": prompt.content}
    else:
        block = {"type": "chat", "messages": [_message_body(each) for each in prompt.content]}
    tools = prompt.tools
    if tools:
        text = tools if isinstance(tools, str) else json.dumps(tools, ensure_ascii=False)
        block["tools"] = text
    return block


def _options(prompt: Prompt, table: JsonObject) -> dict[str, Any]:
    params = dict(prompt.params)
    if prompt.response_format:
        params["response_format"] = prompt.response_format
    options = {
        "model": prompt.model,
        "params": params,
        **{key: table.get(key) for key in _OPTION_KEYS},
    }
    return _stated(options)


def _message_body(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content, **message.extra}


def _unknown(there: JsonObject, known: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in there.items() if key not in known and value is not None}


def _stated(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


_DECIMAL = re.compile(r"[0-9]{1,20}")
_PRINTABLE = re.compile(r"[0-9a-fA-F]{16}")


def decimal_version(version: str) -> str | None:
    """Return a version in the spelling of the API; the web interface shows another one.

    None means that no version is spelled like this. The printable form is the number times a
    constant modulo 2^64, in hexadecimal; this multiplies with its inverse.
    """
    if _PRINTABLE.fullmatch(version):
        return str(int(version, 16) * 1522336535492693385 % 2**64)
    return version if _DECIMAL.fullmatch(version) else None
