"""Messages and tools as OpenAI has them -> as Anthropic has them (anthropic 2.11's types).

Parts and tools in Anthropic's own form stay as they are; what cannot be carried over is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from promptsync.errors import UsageError
from promptsync.prompt import Message

_SYSTEM_ROLES = ("system", "developer")
_DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+);base64,(?P<data>.*)", re.DOTALL)
_OPENAI_ONLY = ("input_audio", "refusal", "file", "image_url")

JsonDict = dict[str, Any]


def anthropic_system(messages: Iterable[Message], where: str) -> str | list[JsonDict] | None:
    """Return the system's and the developer's messages as one text, or as blocks if one has parts.

    Wherever they stand: they are not a part of the conversation here.
    """
    contents = []
    for message in messages:
        if message.role in _SYSTEM_ROLES:
            _refuse_extra(message, (), where)
            contents.append(message.content)
    if all(isinstance(each, str) for each in contents):
        return "\n\n".join(each for each in contents if isinstance(each, str) and each) or None
    return [block for each in contents for block in _system_blocks(each, where)]


def anthropic_messages(messages: Iterable[Message], where: str) -> list[JsonDict]:
    """Return the conversation; the results of several tools are in one message of the user."""
    made: list[JsonDict] = []
    was_tool = False
    for message in messages:
        if message.role in _SYSTEM_ROLES:
            continue
        is_tool = message.role == "tool"
        if is_tool and was_tool:
            made[-1]["content"] += _tool_results(message, where)
        else:
            made.append(_message(message, where))
        was_tool = is_tool
    return made


def anthropic_tool(tool: Any, where: str) -> JsonDict:
    """Return a tool; a function as OpenAI describes it becomes one with an input schema."""
    if not isinstance(tool, dict) or tool.keys() >= {"type", "custom"}:
        raise UsageError(f"{where}: Anthropic has no tool such as {_shown(tool)}")
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, dict):
        return deepcopy(tool)
    beside = {key: each for key, each in tool.items() if key not in ("type", "function")}
    described = {key: each for key, each in function.items() if key != "parameters"}
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    made = {**described, "input_schema": parameters, **beside}
    return deepcopy({key: each for key, each in made.items() if each is not None})


def _system_blocks(content: str | list[Any], where: str) -> list[JsonDict]:
    blocks = _blocks(content, where)
    for block in blocks:
        if block.get("type") != "text":
            raise UsageError(
                f"{where}: Anthropic takes only text from the system, not {_shown(block)}"
            )
    return blocks


def _message(message: Message, where: str) -> JsonDict:
    make = _BY_ROLE.get(message.role)
    if make is None:
        raise UsageError(f"{where}: Anthropic has no role `{message.role}`")
    return make(message, where)


def _said_by_user(message: Message, where: str) -> JsonDict:
    _refuse_extra(message, (), where)
    return {"role": "user", "content": _content(message.content, where)}


def _said_by_assistant(message: Message, where: str) -> JsonDict:
    _refuse_extra(message, ("tool_calls",), where)
    calls = message.extra.get("tool_calls") or ()
    if not calls:
        return {"role": "assistant", "content": _content(message.content, where)}
    blocks = _blocks(message.content, where)
    return {"role": "assistant", "content": blocks + [_tool_use(each, where) for each in calls]}


def _said_by_tool(message: Message, where: str) -> JsonDict:
    return {"role": "user", "content": _tool_results(message, where)}


_BY_ROLE: Mapping[str, Callable[[Message, str], JsonDict]] = {
    "user": _said_by_user,
    "assistant": _said_by_assistant,
    "tool": _said_by_tool,
}


def _tool_results(message: Message, where: str) -> list[JsonDict]:
    _refuse_extra(message, ("tool_call_id",), where)
    call = message.extra.get("tool_call_id")
    if not isinstance(call, str):
        raise UsageError(f"{where}: a message of a tool has no `tool_call_id`")
    result = _content(message.content, where)
    return [{"type": "tool_result", "tool_use_id": call, "content": result}]


def _tool_use(call: Any, where: str) -> JsonDict:
    try:
        function = call["function"]
        made = json.loads(function["arguments"] or "{}")
        block = {"type": "tool_use", "id": call["id"], "name": function["name"], "input": made}
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: {_shown(call)} is no call of a function") from error
    if not isinstance(made, dict):
        raise UsageError(f"{where}: the arguments of {_shown(call)} are no JSON object")
    return block


def _content(content: str | list[Any], where: str) -> str | list[JsonDict]:
    return content if isinstance(content, str) else _blocks(content, where)


def _blocks(content: str | list[Any], where: str) -> list[JsonDict]:
    if isinstance(content, str):
        # The service refuses blocks without text.
        return [{"type": "text", "text": content}] if content else []
    return [_block(each, where) for each in content]


def _block(part: Any, where: str) -> JsonDict:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    kind = part.get("type") if isinstance(part, dict) else None
    made = None
    if kind == "image_url":
        made = _image(part)
    elif kind == "file":
        made = _document(part)
    elif isinstance(kind, str) and kind not in _OPENAI_ONLY:
        made = deepcopy(part)
    if made is None:
        raise UsageError(f"{where}: Anthropic takes no part such as {_shown(part)}")
    return made


def _image(part: JsonDict) -> JsonDict | None:
    image = part.get("image_url")
    image = {"url": image} if isinstance(image, str) else image
    if not isinstance(image, dict) or image.get("detail", "auto") != "auto":
        return None
    url = image.get("url")
    if not isinstance(url, str) or image.keys() - {"url", "detail"}:
        return None
    source = _base64_source(url) or {"type": "url", "url": url}
    return {**_beside(part, "image_url"), "type": "image", "source": source}


def _document(part: JsonDict) -> JsonDict | None:
    file = part.get("file")
    if not isinstance(file, dict) or not isinstance(file.get("file_data"), str):
        return None
    source = _base64_source(file["file_data"])
    if source is None or source["media_type"] != "application/pdf" or "file_id" in file:
        return None
    title = {"title": file["filename"]} if file.get("filename") else {}
    return {**_beside(part, "file"), "type": "document", "source": source, **title}


def _base64_source(url: str) -> JsonDict | None:
    found = _DATA_URL.fullmatch(url)
    return {"type": "base64", **found.groupdict()} if found else None


def _beside(part: JsonDict, key: str) -> JsonDict:
    return {name: deepcopy(each) for name, each in part.items() if name != key}


def _refuse_extra(message: Message, known: tuple[str, ...], where: str) -> None:
    for key, value in message.extra.items():
        if key not in known and value is not None:
            raise UsageError(
                f"{where}: Anthropic has no `{key}` for a message of the {message.role}"
            )


def _shown(value: Any) -> str:
    """Name a part without saying what it says: a prompt is in no message."""
    kind = value.get("type") if isinstance(value, dict) else type(value).__name__
    return f"`{kind}`"
