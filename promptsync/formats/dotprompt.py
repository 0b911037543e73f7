"""Google's dotprompt: YAML front matter above a Handlebars template, `NAME.prompt`.

Sources: https://google.github.io/dotprompt/reference/frontmatter/ and
https://google.github.io/dotprompt/reference/template/; front matter and roles are split as
https://github.com/google/dotprompt/blob/main/js/src/parse.ts does. Keys with a dot are extensions
of tools: what only promptsync has goes below `promptsync.`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptsync.composition import includes_of
from promptsync.formats.conversion import Exported, Imported, Note, Source, listed
from promptsync.formats.documents import (
    Document,
    split_front_matter,
    without_secrets,
    write_yaml,
)
from promptsync.formats.messages import PlainMessages
from promptsync.formats.names import name_and_title
from promptsync.formats.schemas import (
    SchemaError,
    from_picoschema,
    inputs_of_schema,
    schema_of_inputs,
)
from promptsync.formats.unheld import unheld
from promptsync.formats.variables import Language, from_language, to_language
from promptsync.prompt import JsonObject, Message, Prompt

TITLE = "dotprompt"
SUFFIX = ".prompt"
ROLES = ("system", "user", "assistant", "tool")

_OPENING = re.compile(r"\A(?:(?:#[^\n]*|[ \t]*)\n)*---[ \t]*\n")
_ROLE = re.compile(r"""\{\{\s*role\s+["']([a-z]+)["']\s*\}\}""")
_MEDIA = re.compile(r"\{\{\s*media\s++([^{}]*)\}\}")
_HASH = re.compile(r"""\b(\w++)\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.@]+))""")
_OWN = "promptsync."
_KNOWN = frozenset({"name", "description", "model", "config", "input", "output", "toolDefs"})
_OWN_KEYS = frozenset(f"{_OWN}{key}" for key in ("title", "tags", "metadata"))
# What Handlebars reads as a path; `{{media url=this}}` has no name outside of its loop.
_PATH = re.compile(r"\{\{\{\s*([A-Za-z_][\w.]*)\s*\}\}\}|\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


def read(source: Source) -> tuple[Imported, ...]:
    """Read the one prompt of a file. Raises PromptFileError."""
    document, body = split_front_matter(source.text, source.path, _OPENING)
    notes: list[Note] = []
    name, title = name_and_title(document.get_text("name"), source.path)
    prompt = Prompt(
        name=name,
        title=document.get_text(f"{_OWN}title") or title,
        description=document.get_text("description"),
        model=document.get_text("model"),
        params=document.get_mapping("config"),
        tools=[_tool(each) for each in document.get_list("toolDefs")] or None,
        tags=tuple(map(str, document.get_list(f"{_OWN}tags"))),
        content=tuple(_messages(body)),
    )
    prompt, converted = from_language(prompt, Language.HANDLEBARS)
    kept: dict[str, Any] = {}
    inputs = _inputs(document, kept, notes)
    response_format = _response_format(document, kept, notes)
    notes += _unknown_members(document)
    prompt = replace(prompt, inputs=inputs, response_format=response_format)
    metadata = document.get_mapping(f"{_OWN}metadata") | _kept(document, kept, notes)
    if includes := includes_of(prompt):
        said = f"included, and needed as a text prompt of that name: {listed(includes)}"
        notes.append(Note("content", said, is_lost=False))
    return (Imported(replace(prompt, metadata=metadata), (*converted, *notes)),)


def _messages(body: str) -> Iterator[Message]:
    """Cut a body at its roles; what stands before the first one is the user's."""
    before, *rest = _ROLE.split(body.strip())
    if before.strip() or not rest:
        yield Message("user", _parts(before.strip("\n")))
    for role, text in zip(rest[::2], rest[1::2], strict=True):
        yield Message("assistant" if role == "model" else role, _parts(text.strip("\n")))


def _parts(text: str) -> str | list[Any]:
    """Return text with its images as parts; media of other kinds stay as they are."""
    parts: list[Any] = []
    position = 0
    for found in _MEDIA.finditer(text):
        url = _image_url(found[1])
        if url is None:
            continue
        if between := text[position : found.start()].strip("\n"):
            parts.append({"type": "text", "text": between})
        parts.append({"type": "image_url", "image_url": {"url": url}})
        position = found.end()
    if not parts:
        return text
    if rest := text[position:].strip("\n"):
        parts.append({"type": "text", "text": rest})
    return parts


def _image_url(arguments: str) -> str | None:
    values = {
        name: (quoted or single, path) for name, quoted, single, path in _HASH.findall(arguments)
    }
    kind, kind_path = values.get("contentType", ("", ""))
    literal, path = values.get("url", ("", ""))
    is_image = not kind_path and (not kind or kind.startswith("image/"))
    if not is_image or path == "this" or path.startswith("@"):
        return None
    return f"{{{{{{{path}}}}}}}" if path else literal or None


def _tool(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    known = {"name", "description", "inputSchema"}
    function = {key: value[key] for key in ("name", "description") if value.get(key) is not None}
    if isinstance(schema := value.get("inputSchema"), Mapping):
        try:
            function["parameters"] = from_picoschema(schema)
        except SchemaError:
            function["parameters"] = dict(schema)
    rest = {key: each for key, each in value.items() if key not in known}
    return {"type": "function", "function": function | rest}


def _inputs(document: Document, kept: dict[str, Any], notes: list[Note]) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    schema = document.get_mapping("input").get("schema")
    if schema is not None:
        try:
            inputs = inputs_of_schema(from_picoschema(schema))
        except SchemaError as error:
            kept["input"] = {"schema": schema}
            notes.append(Note("inputs", f"`input.schema` is kept below `metadata`: {error}"))
    for name, value in document.get_mapping("input", "default").items():
        inputs[name] = {**inputs.get(name, {}), "default": value}
    return inputs


def _response_format(
    document: Document, kept: dict[str, Any], notes: list[Note]
) -> JsonObject | None:
    output = document.get_mapping("output")
    schema, kind = output.get("schema"), output.get("format")
    if schema is not None:
        try:
            named = {"name": "output", "schema": from_picoschema(schema)}
        except SchemaError as error:
            kept["output"] = output
            notes.append(Note("response_format", f"`output` is kept below `metadata`: {error}"))
            return None
        return {"type": "json_schema", "json_schema": named}
    if kind == "json":
        return {"type": "json_object"}
    return {"type": kind} if isinstance(kind, str) else None


def _unknown_members(document: Document) -> Iterator[Note]:
    for key, known in (("input", {"schema", "default"}), ("output", {"schema", "format"})):
        unknown = [f"{key}.{each}" for each in document.get_mapping(key) if each not in known]
        if unknown:
            yield Note("metadata", f"not imported: {listed(unknown)}")
    output = document.get_mapping("output")
    if output.get("schema") is not None and output.get("format") not in (None, "json"):
        yield Note("response_format", f"not imported: `output.format` {output['format']}")


def _kept(document: Document, kept: dict[str, Any], notes: list[Note]) -> dict[str, Any]:
    """Return what no field of a prompt holds, below the name of the format."""
    rest = {
        key: value
        for key, value in document.values.items()
        if key not in _KNOWN and key not in _OWN_KEYS
    }
    rest = without_secrets(rest, notes) | kept
    if not rest:
        return {}
    message = f"kept below `metadata.dotprompt`, and not used: {listed(rest)}"
    notes.append(Note("metadata", message, is_lost=False))
    if "tools" in rest:
        message = "`tools` are names that an application knows; a prompt file needs what they are"
        notes.append(Note("tools", message))
    return {"dotprompt": rest}


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
        f"{_OWN}title": prompt.title,
        f"{_OWN}tags": list(prompt.tags),
        f"{_OWN}metadata": metadata,
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
