"""Write a prompt as a `.prompt` file, and say what that cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from promptsync.formats.conversion import Exported, Note
from promptsync.formats.documents import write_yaml
from promptsync.formats.dotprompt import OWN_PREFIX
from promptsync.formats.messages import PlainMessages
from promptsync.formats.schemas import schema_of_inputs
from promptsync.formats.unheld import unheld
from promptsync.formats.variables import Language, to_language
from promptsync.prompt import JsonObject, Message, Prompt

TITLE = "dotprompt"
SUFFIX = ".prompt"
ROLES = ("system", "user", "assistant", "tool")
# What Handlebars reads as a path; `{{media url=this}}` has no name outside of its loop.
_PATH = re.compile(r"\{\{\{\s*([A-Za-z_][\w.]*)\s*\}\}\}|\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


def write(prompt: Prompt) -> Exported:
    """Write a prompt as a `.prompt` file."""
    changed, notes = to_language(prompt, Language.HANDLEBARS)
    messages = PlainMessages(TITLE, ROLES, "user", _media, trims=True)
    body = "\n\n".join(_written(each) for each in messages.of(changed))
    metadata = dict(prompt.metadata)
    kept = metadata.pop("dotprompt", None)
    kept = dict(kept) if isinstance(kept, Mapping) else {}
    values: dict[str, Any] = {
        "name": prompt.name,
        "description": prompt.description,
        "model": prompt.model,
        "config": dict(prompt.params),
        "toolDefs": list(_tool_definitions(prompt, notes)),
        "input": _input_values(prompt.inputs),
        "output": _output_values(prompt.response_format or {}, notes),
        f"{OWN_PREFIX}title": prompt.title,
        f"{OWN_PREFIX}tags": list(prompt.tags),
        f"{OWN_PREFIX}metadata": metadata,
    }
    values = {key: value for key, value in values.items() if value not in (None, {}, [])}
    values |= {key: each for key, each in kept.items() if key not in values}
    front = write_yaml(values, prompt.name)
    notes += [*messages.notes, *unheld(prompt, TITLE)]
    return Exported(f"---\n{front}---\n{body}\n", f"{prompt.name}{SUFFIX}", tuple(notes))


def _written(message: Message) -> str:
    role = "model" if message.role == "assistant" else message.role
    return f'{{{{role "{role}"}}}}\n{message.content}'


def _media(part: Mapping[str, Any]) -> str | None:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, Mapping) and image.keys() == {"url"} else None
    if not isinstance(url, str):
        return None
    if path := _PATH.fullmatch(url):
        return f"{{{{media url={path[1] or path[2]}}}}}"
    return None if set('"{}\n') & set(url) else f'{{{{media url="{url}"}}}}'


def _tool_definitions(prompt: Prompt, notes: list[Note]) -> Iterator[dict[str, Any]]:
    if isinstance(prompt.tools, str):
        notes.append(Note("tools", "tools that a template makes have no place in dotprompt"))
        return
    for tool in prompt.tools or ():
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or tool.get("type") != "function":
            notes.append(Note("tools", "a tool that is no function has no place in dotprompt"))
            continue
        rest = {key: value for key, value in function.items() if key != "parameters"}
        schema = function.get("parameters")
        yield rest if schema is None else {**rest, "inputSchema": schema}


def _input_values(inputs: Mapping[str, Any]) -> dict[str, Any]:
    if not inputs:
        return {}
    defaults = {
        name: declared["default"]
        for name, declared in inputs.items()
        if isinstance(declared, Mapping) and "default" in declared
    }
    bare = {
        name: {key: value for key, value in declared.items() if key != "default"}
        if isinstance(declared, Mapping)
        else declared
        for name, declared in inputs.items()
    }
    values: dict[str, Any] = {"schema": schema_of_inputs(bare)}
    return values | ({"default": defaults} if defaults else {})


def _output_values(response_format: JsonObject, notes: list[Note]) -> dict[str, Any]:
    kind, named = response_format.get("type"), response_format.get("json_schema")
    if isinstance(named, Mapping) and isinstance(named.get("schema"), Mapping):
        if named.keys() - {"name", "schema"} or named.get("name") != "output":
            said = "of `response_format` only the schema is kept, not its name nor `strict`"
            notes.append(Note("response_format", said))
        return {"format": "json", "schema": dict(named["schema"])}
    if kind == "json_object":
        return {"format": "json"}
    return {"format": kind} if kind is not None else {}
