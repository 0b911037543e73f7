"""What MLflow calls the parts of a prompt: its JSON -> Prompt. Nothing here asks anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from promptsync.prompt import Json, JsonObject, Message, Prompt, Template
from promptsync.registries.mlflow_tags import (
    KIND,
    METADATA_TAG,
    MODEL_KEYS,
    MODEL_TAG,
    PARAMS_TAG,
    RESPONSE_TAG,
    TABLE_KEYS,
    TAGS_TAG,
    TEMPLATE_TAG,
    TEXT_TAG,
    TITLE_TAG,
    TOOLS_TAG,
    TYPE_TAG,
    Tags,
    as_tags,
    as_text,
    is_mlflows,
    is_ours,
    read_json,
    read_tags,
)
from promptsync.registries.redaction import unknown_prompt
from promptsync.remote_prompt import STAMP_KEY, RemotePrompt, Stamp, make_remote_prompt

_CONTENT_TAGS = frozenset({TEMPLATE_TAG, TOOLS_TAG, PARAMS_TAG})


def read_version(
    found: object, *, description: str | None = None, origin: JsonObject | None = None
) -> RemotePrompt:
    """Build a remote prompt from a model version of the API. Raises RegistryAnswerError.

    The description belongs to the prompt, not to its version. `origin` is the version that
    promptsync wrote before this one, where somebody else wrote this one: its stamp still says
    where the prompt came from, and its details are what people took for granted.
    """
    try:
        return _read(found, description, origin)
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, OSError) as error:
        name = found.get("name") if isinstance(found, dict) else None
        raise unknown_prompt("MLflow", name) from error


def read_object(found: object) -> RemotePrompt:
    """Build a remote prompt from a model version of the API, or from what a client's object has.

    A PromptVersion of MLflow's client has `name`, `version`, `template`, `model_config`,
    `response_format` and, without MLflow's own, `tags`. Raises RegistryAnswerError.
    """
    if not isinstance(found, Mapping) or "template" not in found:
        return read_version(found)
    template, labels = found["template"], found.get("tags")
    tags = {
        **(labels if isinstance(labels, Mapping) else {}),
        TYPE_TAG: "text" if isinstance(template, str) else "chat",
        TEXT_TAG: template if isinstance(template, str) else json.dumps(template, default=str),
    }
    for key, member in ((MODEL_TAG, "model_config"), (RESPONSE_TAG, "response_format")):
        if found.get(member):
            tags[key] = json.dumps(found[member], default=str)
    version = {"name": found.get("name"), "version": str(found.get("version"))}
    return read_version({**version, "tags": as_tags(tags)})


def _read(found: Any, description: str | None, origin: JsonObject | None) -> RemotePrompt:
    tags = read_tags(found)
    details = {**_details(read_tags(origin)), **tags} if origin else tags
    return make_remote_prompt(
        _prompt(as_text(found["name"]), tags, details, description),
        kind=KIND,
        version=version_of(found),
        stamp=Stamp.from_json(read_json(details.get(STAMP_KEY))),
        created=moment(found.get("creation_timestamp")),
        author=found.get("user_id") or None,
        service_ids={"name": found["name"]},
    )


def version_of(found: Any) -> str:
    """Return the number of a version."""
    version = found["version"]
    if isinstance(version, str) and version.isdecimal():
        return version
    raise ValueError("version")


def _details(tags: Tags) -> dict[str, str]:
    """Return what says nothing about behaviour: the stamp, details, and other people's tags."""
    return {
        key: value
        for key, value in tags.items()
        if key not in _CONTENT_TAGS and not is_mlflows(key)
    }


def _prompt(name: str, tags: Tags, details: Tags, description: str | None) -> Prompt:
    content, unknown = _content(tags)
    settings, table = _settings(tags)
    table = unknown | table
    return Prompt(
        name=name,
        content=content,
        title=details.get(TITLE_TAG) or None,
        description=description or None,
        tools=read_tools(tags.get(TOOLS_TAG)),
        template=_template(tags, content),
        tags=_labels(details.get(TAGS_TAG)),
        metadata=_metadata(details),
        registry_options={KIND: table} if table else {},
        **settings,
    )


def _settings(tags: Tags) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return model, parameters and format, and for the table what is no part of those."""
    table: dict[str, Any] = {}
    config = read_json(tags.get(MODEL_TAG), {})
    if not isinstance(config, dict):
        config, table = {}, {"model_config": tags[MODEL_TAG]}
    response_format = read_json(tags.get(RESPONSE_TAG))
    if not isinstance(response_format, dict | None):
        response_format, table = None, table | {"response_format": tags[RESPONSE_TAG]}
    model = config.get("model_name")
    if not isinstance(model, str | None):
        model, table = None, table | {"model_name": model}
    table |= {key: config[key] for key in TABLE_KEYS if config.get(key)}
    params = {key: value for key, value in config.items() if key not in MODEL_KEYS}
    params |= _object(tags.get(PARAMS_TAG))
    settings = {
        "model": model or None,
        "params": params,
        "response_format": response_format or None,
    }
    return settings, table


def _content(tags: Tags) -> tuple[str | tuple[Message, ...], dict[str, Any]]:
    """Return content, and for the table what promptsync cannot make sense of.

    That takes part in the hash, so that it is never taken for equal, and cannot be uploaded.
    """
    text, type_ = tags.get(TEXT_TAG), tags.get(TYPE_TAG, "text")
    if text is None:
        return "", {"text": "there is none"}
    if type_ == "text":
        return text, {}
    if type_ == "chat" and (messages := _messages(read_json(text))):
        return messages, {}
    return text, {"type": type_}


def _messages(found: Json) -> tuple[Message, ...] | None:
    if not isinstance(found, list) or not all(map(_is_message, found)):
        return None
    return tuple(map(_message, found))


def _is_message(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("role"), str)
        and isinstance(found.get("content"), str | list | None)
    )


def _message(found: dict[str, Any]) -> Message:
    extra = {
        key: value
        for key, value in found.items()
        if key not in ("role", "content") and value is not None
    }
    content = found.get("content")
    return Message(found["role"], "" if content is None else content, extra)


def _template(tags: Tags, content: str | tuple[Message, ...]) -> Template:
    try:
        return Template(tags[TEMPLATE_TAG])
    except (KeyError, ValueError):
        return assumed_template(content)


def assumed_template(content: str | tuple[Message, ...]) -> Template:
    """Return the dialect in which MLflow's own client renders a prompt; it has no field for it."""
    parts = [content] if isinstance(content, str) else [each.content for each in content]
    return Template.JINJA2 if any(map(_has_statement, parts)) else Template.MUSTACHE


def _has_statement(text: object) -> bool:
    return isinstance(text, str) and "{%" in text and "%}" in text


def read_tools(text: str | None) -> list[Any] | str | None:
    """Read tools; what is no list of them stays the text it is."""
    tools = read_json(text)
    return tools if isinstance(tools, list) and tools else text or None


def _labels(text: str | None) -> tuple[str, ...]:
    labels = read_json(text)
    return tuple(map(str, labels)) if isinstance(labels, list) else ()


def _metadata(tags: Tags) -> dict[str, Any]:
    """Return the tags that are nobody's business but their owners', and what no tag can hold."""
    plain = {key: value for key, value in tags.items() if not is_ours(key) and not is_mlflows(key)}
    return plain | _object(tags.get(METADATA_TAG))


def _object(text: str | None) -> dict[str, Any]:
    value = read_json(text)
    return value if isinstance(value, dict) else {}


def moment(milliseconds: object) -> str | None:
    """Return a time of MLflow's as ISO 8601 in UTC."""
    if not isinstance(milliseconds, int):
        return None
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
