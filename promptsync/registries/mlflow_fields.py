"""What MLflow calls the parts of a prompt: its JSON <-> Prompt. Nothing here asks anybody.

A prompt is a registered model with a tag that says so, and its text is a tag of a model version:
https://mlflow.org/docs/latest/genai/prompt-registry. What MLflow has no field for is kept in
version tags of our own, so that one request writes a version whole.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from promptsync.prompt import Json, JsonObject, Message, Prompt, Template
from promptsync.registries.redaction import unknown_prompt
from promptsync.remote_prompt import STAMP_KEY, RemotePrompt, Stamp, make_remote_prompt

KIND = "mlflow"

IS_PROMPT_TAG = "mlflow.prompt.is_prompt"
TEXT_TAG = "mlflow.prompt.text"
TYPE_TAG = "_mlflow_prompt_type"
MODEL_TAG = "_mlflow_prompt_model_config"
RESPONSE_TAG = "_mlflow_prompt_response_format"


TITLE_TAG = "promptsync.title"
TAGS_TAG = "promptsync.tags"
METADATA_TAG = "promptsync.metadata"
TEMPLATE_TAG = "promptsync.template"
TOOLS_TAG = "promptsync.tools"
PARAMS_TAG = "promptsync.params"

# The `mlflow:` table of a prompt file; it stands in MLflow's model configuration.
TABLE_KEYS = ("provider",)

# Members of a model configuration that are no parameters.
_MODEL_KEYS = ("model_name", *TABLE_KEYS)
_CONTENT_TAGS = frozenset({TEMPLATE_TAG, TOOLS_TAG, PARAMS_TAG})
# The only source that MLflow accepts for a version of a prompt.
_SOURCE = "dummy-source"
MAX_TAG_VALUE = 100_000
_PLAIN_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,249}")

Tags = Mapping[str, str]


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
        _prompt(_text(found["name"]), tags, details, description),
        kind=KIND,
        version=version_of(found),
        stamp=Stamp.from_json(_json(details.get(STAMP_KEY))),
        created=moment(found.get("creation_timestamp")),
        author=found.get("user_id") or None,
        service_ids={"name": found["name"]},
    )


def read_tags(found: Any) -> dict[str, str]:
    """Return the tags of a version or a prompt; the API leaves them out when there are none."""
    return {_text(each["key"]): _text(each.get("value", "")) for each in found.get("tags") or ()}


def version_of(found: Any) -> str:
    """Return the number of a version."""
    version = found["version"]
    if isinstance(version, str) and version.isdecimal():
        return version
    raise ValueError("version")


def is_stamped(found: Any) -> bool:
    """Tell whether promptsync wrote a version, with a stamp or expressly without one."""
    return STAMP_KEY in read_tags(found)


def _details(tags: Tags) -> dict[str, str]:
    """Return what says nothing about behaviour: the stamp, details, and other people's tags."""
    return {
        key: value
        for key, value in tags.items()
        if key not in _CONTENT_TAGS and not _is_mlflows(key)
    }


def _is_mlflows(key: str) -> bool:
    return key.startswith(("mlflow.", "_mlflow"))


def _is_ours(key: str) -> bool:
    return key == STAMP_KEY or key.startswith(f"{STAMP_KEY}.")


def _prompt(name: str, tags: Tags, details: Tags, description: str | None) -> Prompt:
    content, table = _content(tags)
    config = _json(tags.get(MODEL_TAG), {})
    if not isinstance(config, dict):
        config, table = {}, table | {"model_config": tags[MODEL_TAG]}
    response_format = _json(tags.get(RESPONSE_TAG))
    if not isinstance(response_format, dict | None):
        response_format, table = None, table | {"response_format": tags[RESPONSE_TAG]}
    model = config.get("model_name")
    if not isinstance(model, str | None):
        model, table = None, table | {"model_name": model}
    table |= {key: config[key] for key in TABLE_KEYS if config.get(key)}
    params = {key: value for key, value in config.items() if key not in _MODEL_KEYS}
    return Prompt(
        name=name,
        content=content,
        title=details.get(TITLE_TAG) or None,
        description=description or None,
        model=model or None,
        params=params | _object(tags.get(PARAMS_TAG)),
        tools=read_tools(tags.get(TOOLS_TAG)),
        response_format=response_format or None,
        template=_template(tags, content),
        tags=_labels(details.get(TAGS_TAG)),
        metadata=_metadata(details),
        registry_options={KIND: table} if table else {},
    )


def _content(tags: Tags) -> tuple[str | tuple[Message, ...], dict[str, Any]]:
    """Return content, and for the table what promptsync cannot make sense of.

    That takes part in the hash, so that it is never taken for equal, and cannot be uploaded.
    """
    text, type_ = tags.get(TEXT_TAG), tags.get(TYPE_TAG, "text")
    if text is None:
        return "", {"text": "there is none"}
    if type_ == "text":
        return text, {}
    if type_ == "chat" and (messages := _messages(_json(text))):
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
    tools = _json(text)
    return tools if isinstance(tools, list) and tools else text or None


def _labels(text: str | None) -> tuple[str, ...]:
    labels = _json(text)
    return tuple(map(str, labels)) if isinstance(labels, list) else ()


def _metadata(tags: Tags) -> dict[str, Any]:
    """Return the tags that are nobody's business but their owners', and what no tag can hold."""
    plain = {
        key: value for key, value in tags.items() if not _is_ours(key) and not _is_mlflows(key)
    }
    return plain | _object(tags.get(METADATA_TAG))


def _object(text: str | None) -> dict[str, Any]:
    value = _json(text)
    return value if isinstance(value, dict) else {}


def _json(text: str | None, default: Json = None) -> Json:
    """Read a tag leniently: what is no JSON is the text it is, which fits nowhere."""
    if not text:
        return default
    try:
        value: Json = _DECODER.decode(text)
    except (ValueError, OverflowError, RecursionError):
        return text
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    return _within_a_double(float(text))


def _integer(text: str) -> int:
    number = int(text)
    _within_a_double(float(number))
    return number


def _within_a_double(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("no number that JSON has")
    return number


# MLflow's client writes NaN, which no file can hold and no hash can be made of.
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, parse_int=_integer)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where text belongs")


def moment(milliseconds: object) -> str | None:
    """Return a time of MLflow's as ISO 8601 in UTC."""
    if not isinstance(milliseconds, int):
        return None
    time = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_version(prompt: Prompt, stamp: Stamp | None) -> dict[str, Any]:
    """Return the body of the one request that makes a version, with its text, tags and message."""
    return {
        "name": prompt.served_name(KIND),
        "source": _SOURCE,
        "description": _message_of(stamp),
        "tags": as_tags(make_tags(prompt, stamp)),
    }


def as_tags(tags: Tags) -> list[dict[str, str]]:
    """Return tags as the API wants them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def _message_of(stamp: Stamp | None) -> str:
    """Return the commit message that MLflow shows beside a version."""
    return "uploaded by promptsync" if stamp is None else stamp.source


def make_tags(prompt: Prompt, stamp: Stamp | None) -> dict[str, str]:
    """Return every tag of a version; what the prompt does not have is left out."""
    is_plain = {key: _is_plain(key, value) for key, value in prompt.metadata.items()}
    plain = {key: value for key, value in prompt.metadata.items() if is_plain[key]}
    other = {key: value for key, value in prompt.metadata.items() if not is_plain[key]}
    fields = {
        TITLE_TAG: prompt.title,
        TAGS_TAG: _dumped(list(prompt.tags)),
        METADATA_TAG: _dumped(other),
        **_behaviour(prompt),
    }
    return {
        **plain,
        IS_PROMPT_TAG: "true",
        TYPE_TAG: "chat" if prompt.is_chat else "text",
        TEXT_TAG: written_content(prompt),
        # Also without a stamp: it tells an upload from what somebody else wrote after one.
        STAMP_KEY: json.dumps(stamp.to_json() if stamp else {}),
        **{key: value for key, value in fields.items() if value},
    }


def _behaviour(prompt: Prompt) -> dict[str, str | None]:
    table = prompt.registry_options.get(KIND, {})
    config = {
        "model_name": prompt.model,
        **{key: table[key] for key in TABLE_KEYS if table.get(key)},
        **{key: value for key, value in prompt.params.items() if key not in _MODEL_KEYS},
    }
    if not prompt.model:
        del config["model_name"]
    is_assumed = prompt.template is assumed_template(prompt.content)
    return {
        MODEL_TAG: _dumped(config),
        PARAMS_TAG: _dumped(
            {key: prompt.params[key] for key in _MODEL_KEYS if key in prompt.params}
        ),
        RESPONSE_TAG: _dumped(prompt.response_format),
        TOOLS_TAG: prompt.tools if isinstance(prompt.tools, str) else _dumped(prompt.tools),
        TEMPLATE_TAG: None if is_assumed else prompt.template.value,
    }


def written_content(prompt: Prompt) -> str:
    """Return what MLflow stores as text: for a chat prompt JSON, written as its client does."""
    if isinstance(prompt.content, str):
        return prompt.content
    return json.dumps(
        [{"role": each.role, "content": each.content, **each.extra} for each in prompt.content],
        allow_nan=False,
    )


def _is_plain(key: str, value: object) -> bool:
    """Tell whether metadata can be a tag of its own, which people see and search for in MLflow."""
    return (
        isinstance(value, str)
        and "\0" not in value
        and len(value) <= MAX_TAG_VALUE
        and _PLAIN_KEY.fullmatch(key) is not None
        and not _is_ours(key)
        and not _is_mlflows(key)
    )


def _dumped(value: object) -> str | None:
    return json.dumps(value, allow_nan=False) if value else None
