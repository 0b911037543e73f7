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
from promptsync.formats.conversion import Imported, Note, Source, listed
from promptsync.formats.documents import (
    Document,
    split_front_matter,
    without_secrets,
)
from promptsync.formats.names import name_and_title
from promptsync.formats.schemas import (
    SchemaError,
    from_picoschema,
    inputs_of_schema,
)
from promptsync.formats.variables import Language, from_language
from promptsync.prompt import JsonObject, Message, Prompt

_OPENING = re.compile(r"\A(?:(?:#[^\n]*|[ \t]*)\n)*---[ \t]*\n")
_ROLE = re.compile(r"""\{\{\s*role\s+["']([a-z]+)["']\s*\}\}""")
_MEDIA = re.compile(r"\{\{\s*media\s++([^{}]*)\}\}")
_HASH = re.compile(r"""\b(\w++)\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.@]+))""")
OWN_PREFIX = "promptsync."
_KNOWN = frozenset({"name", "description", "model", "config", "input", "output", "toolDefs"})
_OWN_KEYS = frozenset(f"{OWN_PREFIX}{key}" for key in ("title", "tags", "metadata"))


def read(source: Source) -> tuple[Imported, ...]:
    """Read the one prompt of a file. Raises PromptFileError."""
    document, body = split_front_matter(source.text, source.path, _OPENING)
    notes: list[Note] = []
    name, title = name_and_title(document.get_text("name"), source.path)
    prompt = Prompt(
        name=name,
        title=document.get_text(f"{OWN_PREFIX}title") or title,
        description=document.get_text("description"),
        model=document.get_text("model"),
        params=document.get_mapping("config"),
        tools=[_tool(each) for each in document.get_list("toolDefs")] or None,
        tags=tuple(map(str, document.get_list(f"{OWN_PREFIX}tags"))),
        content=tuple(_messages(body)),
    )
    prompt, converted = from_language(prompt, Language.HANDLEBARS)
    kept: dict[str, Any] = {}
    inputs = _inputs(document, kept, notes)
    response_format = _response_format(document, kept, notes)
    notes += _unknown_members(document)
    prompt = replace(prompt, inputs=inputs, response_format=response_format)
    metadata = document.get_mapping(f"{OWN_PREFIX}metadata") | _kept(document, kept, notes)
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
