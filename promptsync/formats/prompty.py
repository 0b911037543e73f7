"""Microsoft's Prompty: YAML front matter above a template with role lines, `NAME.prompty`.

Sources: https://github.com/microsoft/prompty/blob/main/spec/spec.md (version 2, which is written)
and https://github.com/microsoft/prompty/blob/main/web/src/content/docs/migration.mdx for what
version 1 called the same. Secrets and connections are settings of an application: `${env:…}` and
`connection` are named and never imported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptsync.formats.conversion import Imported, Note, Source, listed
from promptsync.formats.documents import (
    Document,
    read_any,
    split_front_matter,
    without_secrets,
)
from promptsync.formats.names import name_and_title
from promptsync.formats.prompty_properties import (
    read_inputs,
    read_options,
    read_tools,
    structured_output,
)
from promptsync.prompt import Message, Prompt, Template

_OPENING = re.compile(r"\A\s*(?:---|\+\+\+)[ \t]*\n")
MARKER = re.compile(
    r"^[ \t]*+#?[ \t]*+(system|user|assistant)(?:\[([^\]\n]*)\])?[ \t]*:[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')
_FILE = re.compile(r"\$\{file:([^}]+)\}", re.IGNORECASE)
# What becomes a field of a prompt; `authors` and `version` are where version 1 had them.
_KNOWN = frozenset(
    {"name", "displayName", "description", "metadata", "model", "inputs", "outputs", "tools"}
    | {"template", "tags", "authors", "version", "sample"}
)
# What takes a text; everything else takes messages.
TEXT_APIS = ("completion", "embedding", "image")
# Nunjucks is what the TypeScript runtime calls its Jinja2.
_TEMPLATES = {"jinja2": Template.JINJA2, "nunjucks": Template.JINJA2, "mustache": Template.MUSTACHE}
_MODEL_KNOWN = frozenset({"id", "options", "parameters", "connection", "configuration"})


def read(source: Source) -> tuple[Imported, ...]:
    """Read the one prompt of a file. Raises PromptFileError."""
    document, body = split_front_matter(source.text, source.path, _OPENING)
    document = _with_files(document, source)
    notes: list[Note] = []
    name, title = name_and_title(document.get_text("name"), source.path)
    model, kept_model = _model(document, notes)
    params, tools, response_format = read_options(_options(document), notes)
    tools, kept = read_tools(document, tools or [], notes)
    outputs = _outputs(document, notes)
    metadata = _metadata(document)
    tags = metadata.pop("tags", None) or document.get_list("tags")
    prompt = Prompt(
        name=name,
        title=document.get_text("displayName") or title,
        description=document.get_text("description"),
        model=model,
        params=params,
        tools=tools or None,
        response_format=response_format or outputs,
        template=_template(document, notes),
        tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
        inputs=without_secrets(read_inputs(document), notes, "inputs"),
        content=_content(document, body),
    )
    kept |= {key: value for key, value in document.values.items() if key not in _KNOWN}
    kept |= {"model": kept_model} if kept_model else {}
    metadata = without_secrets(_with_kept(metadata, kept, notes), notes)
    return (Imported(replace(prompt, metadata=metadata), tuple(notes)),)


def _with_files(document: Document, source: Source) -> Document:
    """Return a document in which `${file:…}` is what that file holds."""

    def resolved(value: Any, *key: str | int) -> Any:
        if isinstance(value, dict):
            return {name: resolved(member, *key, name) for name, member in value.items()}
        if isinstance(value, list):
            return [resolved(member, *key, index) for index, member in enumerate(value)]
        found = _FILE.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None and key == ("sample",) and isinstance(value, str):
            found = re.fullmatch("(.+)", value)  # as version 1 has it
        return value if found is None else _file(document, source, found[1], *key)

    return replace(document, values=resolved(dict(document.values)))


def _file(document: Document, source: Source, path: str, *key: str | int) -> Any:
    try:
        text = source.read_beside(path)
    except ValueError as error:
        raise document.wrong(str(error), *key) from error
    is_data = path.lower().endswith((".json", ".yaml", ".yml"))
    return read_any(text, path) if is_data else text


def _model(document: Document, notes: list[Note]) -> tuple[str | None, dict[str, Any]]:
    """Return the model, and what is said of it besides its options."""
    if isinstance(document.values.get("model"), str):
        return document.get_text("model"), {}
    model = document.get_mapping("model")
    connection = [key for key in ("connection", "configuration") if model.get(key)]
    if connection:
        said = f"`model.{connection[0]}` is not imported: how to log in is no part of a prompt"
        notes.append(Note("metadata", said))
    deployment = document.get_mapping("model", *connection[:1]).get("azure_deployment")
    name = document.get_text("model", "id")
    if name is None and isinstance(deployment, str) and "${" not in deployment:
        name = deployment
    if name is not None and "${" in name:
        said = "`model.id` is not imported: it comes from the environment"
        notes.append(Note("model", said))
        name = None
    return name, {key: value for key, value in model.items() if key not in _MODEL_KNOWN}


def _options(document: Document) -> dict[str, Any]:
    if isinstance(document.values.get("model"), str):
        return {}
    return document.get_mapping("model", "options") or document.get_mapping("model", "parameters")


def _outputs(document: Document, notes: list[Note]) -> Mapping[str, Any] | None:
    outputs = structured_output(document, "outputs")
    if outputs:
        said = "`outputs` is a `response_format` with a JSON schema"
        notes.append(Note("response_format", said, is_lost=False))
    return outputs


def _with_kept(
    metadata: dict[str, Any], values: dict[str, Any], notes: list[Note]
) -> dict[str, Any]:
    """Return metadata that holds what no field of a prompt does."""
    kept = without_secrets(values, notes)
    if not kept:
        return metadata
    said = f"kept below `metadata.prompty`, and not used: {listed(kept)}"
    notes.append(Note("metadata", said, is_lost=False))
    return metadata | {"prompty": kept}


def _metadata(document: Document) -> dict[str, Any]:
    old = {key: document.values[key] for key in ("authors", "version") if key in document.values}
    return old | document.get_mapping("metadata")


def _template(document: Document, notes: list[Note]) -> Template:
    value = document.values.get("template")
    if isinstance(value, dict):
        inner = value.get("format", value.get("type"))
        kind = inner.get("kind") if isinstance(inner, dict) else inner
        usual = ({"kind": kind}, kind), ({"kind": "prompty"}, "prompty", None)
        if value.get("parser") not in usual[1] or inner not in usual[0]:
            notes.append(Note("template", "of `template` only the kind of its format is imported"))
        value = kind
    name = "jinja2" if value is None else str(value)
    if name not in _TEMPLATES:
        raise document.wrong(
            f"the template `{name}` is neither `jinja2` nor `mustache`", "template"
        )
    return _TEMPLATES[name]


def _content(document: Document, body: str) -> str | tuple[Message, ...]:
    kind = document.values.get("model")
    api = (kind.get("apiType") or kind.get("api")) if isinstance(kind, dict) else None
    if api in TEXT_APIS and not MARKER.search(body):
        return body.strip("\n")
    return tuple(_messages(body))


def _messages(body: str) -> Iterator[Message]:
    """Cut a body at its role lines; text before the first one is the system's, if it is all."""
    markers = list(MARKER.finditer(body))
    if not markers:
        yield Message("system", _trimmed(body))
    for index, marker in enumerate(markers):
        end = markers[index + 1].start() if index + 1 < len(markers) else len(body)
        attributes = _ATTRIBUTE.findall(marker[2] or "")
        extra = {name: quoted or bare for name, quoted, bare in attributes}
        yield Message(marker[1].lower(), _trimmed(body[marker.end() : end]), extra)


def _trimmed(text: str) -> str:
    return text.strip("\n")
