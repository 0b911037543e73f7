"""LangSmith and LangChain: JSON arrays of messages, requests of OpenAI, and LangChain's manifests.

Sources: https://docs.langchain.com/langsmith/prompt-template-format for the template languages,
https://docs.langchain.com/langsmith/prompt-commit for a manifest as LangSmith sends it, and
https://platform.openai.com/docs/api-reference/chat/create for messages and requests. Written is
the array alone: every tool reads that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptsync.errors import PromptFileError
from promptsync.formats.conversion import Exported, Imported, Note, Source, listed, wrong
from promptsync.formats.documents import read_any, without_secrets
from promptsync.formats.messages import json_text, to_json, to_message
from promptsync.formats.names import name_and_title
from promptsync.formats.unheld import unheld
from promptsync.formats.variables import map_texts
from promptsync.prompt import Message, Prompt, Template

TITLE = "a chat array"
SUFFIX = ".json"

# Besides what is read, only what says again which variables there are.
_TEMPLATE_KNOWN = frozenset(
    {"messages", "template", "template_format", "schema_", "input_variables", "input_types"}
    | {"optional_variables", "validate_template"}
)
_MESSAGE_KNOWN = frozenset({"prompt", "content", "role", "type"})
_FIELDS = ("title", "description", "model", "params", "tools", "response_format")
_OTHERS = ("tags", "metadata", "inputs")


def recognises(source: Source) -> bool:
    """Tell JSON by what it holds; what is no JSON is not ours."""
    if not source.text.lstrip().startswith(("[", "{")):
        return False
    try:
        value = read_any(source.text, source.path)
    except PromptFileError:
        if source.path.lower().endswith(".json"):
            raise
        return False
    if isinstance(value, list):
        return bool(value) and all(to_message(each) is not None for each in value)
    return isinstance(value, dict) and bool(value.keys() & {"messages", "manifest", "lc"})


def read(source: Source) -> tuple[Imported, ...]:
    """Read the one prompt of a file. Raises PromptFileError."""
    value = read_any(source.text, source.path)
    notes: list[Note] = []
    prompt = Prompt(name=name_and_title(None, source.path)[0], content="")
    if isinstance(value, list):
        prompt = replace(prompt, content=_messages(value, source.path))
    elif isinstance(value, dict) and value.keys() & {"lc", "manifest"}:
        prompt = _from_manifest(prompt, value, source.path, notes)
    elif isinstance(value, dict) and isinstance(value.get("messages"), list):
        prompt = _from_request(prompt, value, source.path, notes)
    else:
        raise wrong(source.path, "neither a list of messages nor a LangChain prompt is here")
    return (Imported(prompt, tuple(notes)),)


def _messages(values: list[Any], path: str) -> tuple[Message, ...]:
    messages = [to_message(each) for each in values]
    if not messages:
        raise wrong(path, "there are no messages")
    if None in messages:
        number = messages.index(None) + 1
        raise wrong(path, f"message {number} has no `role` and `content`")
    return tuple(each for each in messages if each is not None)


def _from_request(prompt: Prompt, value: Mapping[str, Any], path: str, notes: list[Note]) -> Prompt:
    """Read the body of a request to OpenAI; what is no field of a prompt is a parameter."""
    rest = without_secrets(
        {key: each for key, each in value.items() if key != "messages"}, notes, "params"
    )
    model, tools = rest.pop("model", None), rest.pop("tools", None)
    response_format = rest.pop("response_format", None)
    return replace(
        prompt,
        content=_messages(value["messages"], path),
        model=model if isinstance(model, str) else None,
        tools=tools if isinstance(tools, list) else None,
        response_format=response_format if isinstance(response_format, dict) else None,
        params=rest,
    )


def _from_manifest(
    prompt: Prompt, value: Mapping[str, Any], path: str, notes: list[Note]
) -> Prompt:
    manifest = value.get("manifest", value)
    stated = value.get("prompt_name") or value.get("repo")
    name, title = name_and_title(stated if isinstance(stated, str) else None, path)
    metadata = _about(value, notes) if manifest is not value else {}
    prompt = replace(prompt, name=name, title=title, metadata=metadata)
    template, model = _kwargs(manifest), {}
    if "first" in template:  # a prompt and the model it goes to
        model = _kwargs(template.get("last"))
        if "bound" in model:
            model = {**_kwargs(model.get("bound")), **_mapping(model.get("kwargs"))}
        template = _kwargs(template.get("first"))
    languages: list[str] = []
    if isinstance(text := template.get("template"), str):
        languages.append(str(template.get("template_format", "f-string")))
        prompt = replace(prompt, content=text)
    elif isinstance(values := template.get("messages"), list):
        prompt = replace(prompt, content=tuple(_template_messages(values, path, languages, notes)))
    else:
        raise wrong(path, "the manifest holds neither `messages` nor a `template`")
    prompt = _with_model(prompt, model, notes)
    if unknown := [key for key, each in template.items() if each and key not in _TEMPLATE_KNOWN]:
        notes.append(Note("metadata", f"not imported: {listed(unknown)}"))
    if isinstance(schema := template.get("schema_"), dict):
        held = {"name": schema.get("title", "response"), "schema": schema}
        prompt = replace(prompt, response_format={"type": "json_schema", "json_schema": held})
    return _in_our_language(prompt, languages, notes)


def _about(payload: Mapping[str, Any], notes: list[Note]) -> dict[str, Any]:
    """Return what LangSmith says of a version besides its manifest."""
    known = {"manifest", "prompt_name", "repo"}
    rest = {key: value for key, value in payload.items() if key not in known}
    if not rest:
        return {}
    notes.append(
        Note("metadata", f"kept below `metadata.langsmith`: {listed(rest)}", is_lost=False)
    )
    return {"langsmith": without_secrets(rest, notes)}


def _kwargs(node: Any) -> dict[str, Any]:
    return _mapping(node.get("kwargs")) if isinstance(node, Mapping) else {}


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


_ROLE_OF_CLASS = {"System": "system", "Human": "user", "AI": "assistant"}


def _template_messages(
    values: list[Any], path: str, languages: list[str], notes: list[Note]
) -> Iterator[Message]:
    for number, node in enumerate(values, start=1):
        names = node.get("id") if isinstance(node, Mapping) else None
        kind = names[-1] if isinstance(names, list) and names else ""
        kwargs = _kwargs(node)
        if kind == "MessagesPlaceholder":
            variable = kwargs.get("variable_name", "messages")
            said = f"message {number} stands for the messages in `{variable}`, and is left out"
            notes.append(Note("content", said))
            continue
        start = str(kind).removesuffix("PromptTemplate").removesuffix("Message")
        role = _ROLE_OF_CLASS.get(start) or kwargs.get("role")
        content = kwargs.get("content")
        if content is None:
            content = _content(kwargs.get("prompt"), languages)
        if not isinstance(role, str) or not isinstance(content, str | list):
            raise wrong(path, f"message {number} of the manifest is of no known kind (`{kind}`)")
        if unknown := [key for key, each in kwargs.items() if each and key not in _MESSAGE_KNOWN]:
            notes.append(Note("content", f"not imported of message {number}: {listed(unknown)}"))
        yield Message(role, content)


def _content(node: Any, languages: list[str]) -> str | list[Any] | None:
    """Return the text of a template, or the parts of several, noting their languages."""
    if isinstance(node, list):
        return [_part(each, languages) for each in node]
    kwargs = _kwargs(node)
    languages.append(str(kwargs.get("template_format", "f-string")))
    template = kwargs.get("template")
    return template if isinstance(template, str) else None


def _part(node: Any, languages: list[str]) -> dict[str, Any]:
    kwargs = _kwargs(node)
    languages.append(str(kwargs.get("template_format", "f-string")))
    template = kwargs.get("template", "")
    if isinstance(template, Mapping):
        return {"type": "image_url", "image_url": dict(template)}
    return {"type": "text", "text": str(template)}


def _with_model(prompt: Prompt, model: Mapping[str, Any], notes: list[Note]) -> Prompt:
    secrets = [key for key, value in model.items() if _mapping(value).get("type") == "secret"]
    if secrets:
        notes.append(Note("params", f"not imported, because it is a secret: {listed(secrets)}"))
    rest = {key: value for key, value in model.items() if key not in secrets}
    rest = without_secrets(
        {key: each for key, each in rest.items() if each not in ({}, None)}, notes
    )
    name, other = rest.pop("model", None), rest.pop("model_name", None)
    tools = rest.pop("tools", None)
    return replace(
        prompt,
        model=next((each for each in (name, other) if isinstance(each, str)), None),
        params=rest,
        tools=tools if isinstance(tools, list) else None,
    )


def _in_our_language(prompt: Prompt, languages: list[str], notes: list[Note]) -> Prompt:
    found = set(languages) or {"mustache"}
    if len(found) > 1:
        notes.append(
            Note("template", f"messages are in several languages: {listed(sorted(found))}")
        )
    if "f-string" in found:
        said = "variables `{name}` of Python's format are `{{{name}}}` in Mustache"
        notes.append(Note("template", said, is_lost=False))
        return map_texts(prompt, _to_mustache)
    template = Template.JINJA2 if "jinja2" in found else Template.MUSTACHE
    return replace(prompt, template=template)


_FIELD = re.compile(r"\{\{|\}\}|\{([A-Za-z_][\w.]*)\}")


def _to_mustache(text: str) -> str:
    return _FIELD.sub(lambda tag: f"{{{{{{{tag[1]}}}}}}}" if tag[1] else tag[0][0], text)


def write(prompt: Prompt) -> Exported:
    """Write the messages of a prompt as a JSON array."""
    notes = list(unheld(prompt, TITLE, (*_FIELDS, *_OTHERS)))
    content = prompt.content
    if isinstance(content, str):
        notes.append(
            Note("content", f"{TITLE} has no text prompts: it is one `user` message", is_lost=False)
        )
        content = (Message("user", content),)
    if prompt.template is not Template.MUSTACHE:
        notes.append(
            Note("template", f"{TITLE} does not say that its template is {prompt.template.value}")
        )
    return Exported(json_text(to_json(content)), f"{prompt.name}{SUFFIX}", tuple(notes))
