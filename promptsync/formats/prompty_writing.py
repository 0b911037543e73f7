"""Write a prompt as a `.prompty` file of version 2, and say what that cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptsync.formats.conversion import Exported, Note
from promptsync.formats.documents import write_yaml
from promptsync.formats.messages import PlainMessages
from promptsync.formats.prompty import MARKER, TEXT_APIS
from promptsync.formats.prompty_properties import write_inputs, write_options
from promptsync.formats.unheld import unheld
from promptsync.prompt import Message, Prompt, Template, texts_of

TITLE = "Prompty"
SUFFIX = ".prompty"
ROLES = ("system", "user", "assistant")


def write(prompt: Prompt) -> Exported:
    """Write a prompt as a `.prompty` file of version 2."""
    messages = PlainMessages(TITLE, ROLES, "system", trims=True, keeps=("name",))
    written = messages.of(prompt)
    kept = prompt.metadata.get("prompty")
    kept = kept if isinstance(kept, Mapping) else {}
    front = write_yaml(_values(prompt, kept), prompt.name)
    if isinstance(prompt.content, str):
        body = str(written[0].content)
        is_text = _kept_model(kept).get("apiType") in TEXT_APIS
        notes = [] if is_text else messages.notes
    else:
        body, notes = "\n\n".join(map(_written, written)), messages.notes
    notes = [*notes, *_losses(prompt, written), *unheld(prompt, TITLE)]
    if "---" in front or "+++" in front:
        said = "Prompty's own reader takes `---` in the front matter for its end"
        notes.append(Note("metadata", said))
    return Exported(f"---\n{front}---\n{body}\n", f"{prompt.name}{SUFFIX}", tuple(notes))


def _values(prompt: Prompt, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the front matter; `kept` is what an import kept of another file's."""
    metadata = {key: value for key, value in prompt.metadata.items() if key != "prompty"}
    if prompt.tags:
        metadata["tags"] = list(prompt.tags)
    options, tools = write_options(prompt)
    model = {"id": prompt.model, **_kept_model(kept), "options": options}
    kept_tools = kept.get("tools")
    values: dict[str, Any] = {
        "name": prompt.name,
        "displayName": prompt.title,
        "description": prompt.description,
        "metadata": metadata,
        "model": {key: value for key, value in model.items() if value not in (None, {})},
        "inputs": write_inputs(prompt.inputs),
        "tools": tools + (kept_tools if isinstance(kept_tools, list) else []),
        "template": _template_values(prompt),
    }
    values = {key: value for key, value in values.items() if value not in (None, {}, [])}
    merged = {"model", "tools", *values}
    return values | {key: value for key, value in kept.items() if key not in merged}


def _kept_model(kept: Mapping[str, Any]) -> Mapping[str, Any]:
    model = kept.get("model")
    return model if isinstance(model, Mapping) else {}


def _written(message: Message) -> str:
    name = message.extra.get("name")
    attributes = "" if name is None else f'[name="{name}"]'
    return f"{message.role}{attributes}:\n{message.content}"


def _template_values(prompt: Prompt) -> dict[str, Any]:
    kind = "mustache" if prompt.template is Template.MUSTACHE else "jinja2"
    return {"format": {"kind": kind}, "parser": {"kind": "prompty"}}


def _losses(prompt: Prompt, written: list[Message]) -> Iterator[Note]:
    for number, message in enumerate(written, start=1):
        if found := MARKER.search(str(message.content)):
            said = f"the line `{found.group().strip()}` of message {number} begins a message there"
            yield Note("content", said)
    if isinstance(prompt.tools, str):
        yield Note("tools", "tools that a template makes have no place in Prompty")
    if prompt.template is Template.NONE:
        has_tags = any("{{" in text or "{%" in text or "{#" in text for text in texts_of(prompt))
        said = "`template: none` becomes jinja2" + (", and its braces are tags there" * has_tags)
        yield Note("template", said, is_lost=has_tags)
