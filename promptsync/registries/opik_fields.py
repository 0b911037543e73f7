"""What Opik calls the parts of a prompt: its JSON -> Prompt. Nothing here asks anybody.

A prompt has name, description and tags; each immutable version of it has a template, a dialect
(`type`) and free metadata. Everything else that promptsync knows of a prompt lives in that
metadata, under the names that prompt files use.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from promptsync.prompt import JsonObject, Message, Prompt, Template
from promptsync.registries.opik_tags import read_tags
from promptsync.registries.redaction import unknown_prompt
from promptsync.remote_prompt import STAMP_KEY, RemotePrompt, Stamp, make_remote_prompt

KIND = "opik"

ID = r"[0-9A-Fa-f-]{36}"

TEMPLATES = {Template.MUSTACHE: "mustache", Template.JINJA2: "jinja2"}
_DIALECTS = {name: template for template, name in TEMPLATES.items()}

# The parts of a prompt that are kept in a version's metadata, and which values are taken for them.
METADATA_TYPES: Mapping[str, tuple[type, ...]] = {
    "title": (str,),
    "model": (str,),
    "params": (dict,),
    "tools": (list, str),
    "response_format": (dict,),
}

# Beside the stamp: the order of the tags, which Opik keeps as a set.
TAG_ORDER = "tags"


def read_prompt(container: JsonObject, version: JsonObject) -> RemotePrompt:
    """Build a remote prompt from what Opik says of it and of one of its versions.

    Raises RegistryAnswerError.
    """
    try:
        return _read(container, version)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        name = container.get("name")
        raise unknown_prompt("Opik", name) from error


def read_object(found: object) -> RemotePrompt:
    """Build a remote prompt from an object of the API that is complete by itself.

    That is a prompt with its `requested_version` or `latest_version`, or a version to which its
    prompt's `name` was added. Raises RegistryAnswerError.
    """
    if not isinstance(found, dict):
        return read_prompt({}, {})
    version = found.get("requested_version") or found.get("latest_version") or found
    return read_prompt(found, version if isinstance(version, dict) else {})


def _read(container: JsonObject, version: JsonObject) -> RemotePrompt:
    metadata = version.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    own = metadata.get(STAMP_KEY)
    tagged = read_tags(_texts(version.get("tags")))
    return make_remote_prompt(
        _prompt(container, version, metadata, tagged.title),
        kind=KIND,
        version=_number(version["version_number"]),
        stamp=tagged.stamp or Stamp.from_json(own),
        created=_text(version.get("created_at")),
        author=_text(version.get("created_by")),
        service_ids=_service_ids(container, version),
    )


def _service_ids(container: JsonObject, version: JsonObject) -> JsonObject:
    ids = {key: version.get(key) for key in ("id", "commit", "prompt_id")}
    # The version of a prompt leaves out what the prompt around it says.
    of_prompt = {"name": container.get("name")}
    if container is not version and ids["prompt_id"] is None:
        of_prompt["prompt_id"] = container.get("id")
    return {**ids, **of_prompt}


def _prompt(
    container: JsonObject, version: JsonObject, metadata: JsonObject, title: str | None
) -> Prompt:
    name = _text(container["name"])
    if name is None:
        raise TypeError("no name")
    structure = container.get("template_structure") or version.get("template_structure")
    content, table = _content(structure, version["template"])
    dialect = version.get("type") or "mustache"
    if dialect not in _DIALECTS:
        # A dialect that is newer than this module changes what the prompt does, so it takes part
        # in its hash, and cannot be uploaded.
        table = {**table, "type": dialect}
    fields, foreign = _parted(metadata)
    own = metadata.get(STAMP_KEY)
    order = own.get(TAG_ORDER) if isinstance(own, dict) else None
    return Prompt(
        name=name,
        content=content,
        title=title or fields.get("title"),
        model=fields.get("model"),
        params=fields.get("params") or {},
        tools=fields.get("tools"),
        response_format=fields.get("response_format"),
        description=_text(container.get("description")) or None,
        tags=_ordered(_texts(container.get("tags")), order),
        template=_DIALECTS.get(dialect, Template.MUSTACHE),
        metadata=foreign,
        registry_options={KIND: table} if table else {},
    )


def _parted(metadata: JsonObject) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part metadata into the fields of a prompt that are kept there, and what is none of them."""
    fields: dict[str, Any] = {}
    foreign: dict[str, Any] = {}
    for key, each in metadata.items():
        if key in METADATA_TYPES and isinstance(each, METADATA_TYPES[key]):
            fields[key] = each or None
        elif key != STAMP_KEY:
            foreign[key] = each
    return fields, foreign


def _content(
    structure: object, template: object
) -> tuple[str | tuple[Message, ...], dict[str, Any]]:
    if not isinstance(template, str):
        raise TypeError("template")
    if structure in (None, "text"):
        return template, {}
    with suppress(KeyError, TypeError, ValueError, RecursionError):
        messages = _DECODER.decode(template)
        if isinstance(messages, list):
            return tuple(map(_message, messages)), {}
    # The server does not look into the template of a chat prompt. What is no list of messages
    # stays the text it is, and is never taken for equal to a prompt of git.
    return template, {"template_structure": structure}


def _message(found: Any) -> Message:
    role, content = found["role"], found.get("content")
    if not isinstance(found, dict) or not isinstance(role, str):
        raise TypeError("role")
    if content is None:
        content = ""
    elif not isinstance(content, (str, list)):
        raise TypeError("content")
    extra = {
        key: value
        for key, value in found.items()
        if key not in ("role", "content") and value is not None
    }
    return Message(role, content, extra)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _ordered(tags: Sequence[str], order: object) -> tuple[str, ...]:
    """Put tags, which come in any order, into the one they were stored in, else by name."""
    if isinstance(order, list) and all(isinstance(each, str) for each in order):
        known = dict.fromkeys(each for each in order if each in tags)
        if len(known) == len(tags):
            return tuple(known)
    return tuple(sorted(tags))


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where text belongs")


def _number(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise ValueError("version_number")


def folded(name: str) -> str:
    """Return what names share that are one name to Opik: it ignores case and accents."""
    if name.isascii():
        return name.rstrip(" ").lower()
    decomposed = unicodedata.normalize("NFKD", name.rstrip(" "))
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()
