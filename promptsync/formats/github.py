"""GitHub Models: one YAML file, `NAME.prompt.yml`, with messages, parameters and test data.

Sources: https://docs.github.com/github-models/use-github-models/storing-prompts-in-github-repositories
and the reader of `gh models`, https://github.com/github/gh-models/blob/main/pkg/prompt/prompt.go,
which adds `responseFormat` and `jsonSchema`, and knows three parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptsync.errors import PromptFileError
from promptsync.formats.conversion import Exported, Imported, Note, Source, listed
from promptsync.formats.documents import (
    Document,
    read_json,
    read_yaml,
    require_mapping,
    without_secrets,
    write_yaml,
)
from promptsync.formats.examples import declaration_losses, example_row, inputs_of_row
from promptsync.formats.messages import PlainMessages, json_text, to_message
from promptsync.formats.names import stem_and_title
from promptsync.formats.unheld import unheld
from promptsync.formats.variables import Language, from_language, to_language, variables_in
from promptsync.prompt import JsonObject, Message, Prompt

TITLE = "GitHub"
SUFFIX = ".prompt.yml"
ROLES = ("system", "user", "assistant")

_KNOWN = frozenset(
    {"name", "description", "model", "modelParameters", "responseFormat", "jsonSchema", "messages"}
)
_PARAMS = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP"}
_PARAM_OF = {theirs: ours for ours, theirs in _PARAMS.items()}


def read(source: Source) -> tuple[Imported, ...]:
    """Read the one prompt of a file. Raises PromptFileError."""
    document = require_mapping(read_yaml(source.text, source.path), source.path, source.text)
    notes: list[Note] = []
    name, title = stem_and_title(document.get_text("name"), source.path)
    params = document.get_mapping("modelParameters")
    prompt = Prompt(
        name=name,
        title=title,
        description=document.get_text("description"),
        model=document.get_text("model"),
        params={_PARAM_OF.get(key, key): value for key, value in params.items()},
        response_format=_response_format(document),
        content=tuple(_messages(document)),
    )
    prompt, converted = from_language(prompt, Language.PLACEHOLDERS)
    inputs, kept = _inputs(document, variables_in(prompt))
    if kept:
        kept = without_secrets(kept, notes)
        message = f"kept below `metadata.github`, and not used: {listed(kept)}"
        notes.append(Note("metadata", message, is_lost=False))
    prompt = replace(prompt, inputs=inputs, metadata={"github": kept} if kept else {})
    return (Imported(prompt, (*converted, *notes)),)


def _messages(document: Document) -> Iterator[Message]:
    messages = document.get_list("messages")
    if not messages:
        raise document.wrong("there are no `messages`", "messages")
    for index, value in enumerate(messages):
        message = to_message(value)
        if message is None:
            problem = f"message {index + 1} must be a mapping with `role` and `content`"
            raise document.wrong(problem, "messages", index)
        yield message


def _response_format(document: Document) -> JsonObject | None:
    kind = document.get_text("responseFormat")
    schema = document.values.get("jsonSchema")
    if schema is None:
        return {"type": kind} if kind else None
    if isinstance(schema, str):
        try:
            schema = read_json(schema, document.path)
        except PromptFileError as error:
            reason = error.problems[0].message
            raise document.wrong(f"`jsonSchema`: {reason}", "jsonSchema") from error
    if not isinstance(schema, dict):
        raise document.wrong("`jsonSchema` must be a JSON object", "jsonSchema")
    if "schema" not in schema:  # as the examples of `gh models` have it
        schema = {"name": "response", "schema": schema}
    return {"type": kind or "json_schema", "json_schema": schema}


def _inputs(document: Document, variables: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the inputs with examples from the first row of test data, and what is to be kept."""
    kept = {key: value for key, value in document.values.items() if key not in _KNOWN}
    rows = document.get_list("testData")
    first = rows[0] if rows and isinstance(rows[0], dict) else {}
    inputs = inputs_of_row(first, variables)
    if len(rows) <= 1 and first.keys() <= inputs.keys():
        kept.pop("testData", None)
    return inputs, kept


def write(prompt: Prompt) -> Exported:
    """Write a prompt as a `.prompt.yml`."""
    changed, notes = to_language(prompt, Language.PLACEHOLDERS)
    messages = PlainMessages(TITLE, ROLES, "user")
    metadata = dict(prompt.metadata)
    kept = metadata.pop("github", None)
    kept = kept if isinstance(kept, Mapping) else {}
    values: dict[str, Any] = {
        "name": prompt.title or prompt.name,
        "description": prompt.description,
        "model": prompt.model,
        "modelParameters": {_PARAMS.get(key, key): value for key, value in prompt.params.items()},
        **_response_values(prompt.response_format or {}),
        "messages": [{"role": each.role, "content": each.content} for each in messages.of(changed)],
        "testData": [row] if (row := example_row(prompt)) else [],
    }
    values = {key: value for key, value in values.items() if value not in (None, {}, [])}
    values |= {key: value for key, value in kept.items() if key not in _KNOWN}
    left = replace(prompt, metadata=metadata)
    notes += [
        *messages.notes,
        *_losses(prompt),
        *unheld(left, TITLE, ("tools", "tags", "metadata")),
    ]
    return Exported(write_yaml(values, prompt.name), f"{prompt.name}{SUFFIX}", tuple(notes))


def _response_values(response_format: JsonObject) -> dict[str, Any]:
    values = {"responseFormat": response_format.get("type")}
    if schema := response_format.get("json_schema"):
        values["jsonSchema"] = json_text(schema)
    return values


def _losses(prompt: Prompt) -> Iterator[Note]:
    if unknown := prompt.params.keys() - _PARAMS.keys():
        message = f"written, but unknown to `gh models`: {listed(sorted(unknown))}"
        yield Note("params", message)
    if (prompt.response_format or {}).keys() - {"type", "json_schema"}:
        yield Note("response_format", "of `response_format` only the type and the schema are kept")
    yield from declaration_losses(prompt)
