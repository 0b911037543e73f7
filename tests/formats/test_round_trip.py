"""What is exported reads back the same, apart from what the notes name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from promptsync.errors import PromptFileError, UsageError
from promptsync.formats import (
    FORMATS,
    Source,
    changed_fields,
    export_prompt,
    import_prompts,
    recognise,
)
from promptsync.prompt import Prompt
from promptsync.prompt_file import format_prompt
from tests.strategies import prompts, yaml_texts

# A chat prompt without a message of one of these is one without messages elsewhere.
HELD = ("system", "developer", "user", "assistant")

formats = pytest.mark.parametrize("name", FORMATS)


@pytest.mark.slow
@formats
@settings(max_examples=60, deadline=None)
@given(drawn=prompts())
def test_every_field_that_reads_back_differently_is_named(name: str, drawn: Prompt) -> None:
    format_ = FORMATS[name]
    try:
        exported = export_prompt(drawn, format_)
    except UsageError:
        assert not any(isinstance(each, str) or each.role in HELD for each in drawn.content)
        return

    (back,) = format_.read(Source(exported.text, exported.file_name))

    named = {note.field for note in (*exported.notes, *back.notes)}
    assert set(changed_fields(drawn, back.prompt)) <= named


@formats
def test_an_exported_file_is_recognised(name: str) -> None:
    exported = export_prompt(Prompt(name="greeting", content="Hello."), FORMATS[name])

    assert recognise(Source(exported.text, exported.file_name)) == FORMATS[name]


# -- files that anybody may have written --

KEYS = (
    *("name", "displayName", "description", "metadata", "model", "inputs", "outputs", "tools"),
    *("template", "tags", "authors", "version", "sample", "id", "connection", "options"),
    *("parameters", "additionalProperties", "config", "input", "output", "toolDefs", "schema"),
    *("default", "properties", "type", "required", "modelParameters", "responseFormat"),
    *("jsonSchema", "testData", "providers", "tests", "defaultTest", "vars", "label", "items"),
    *("lc", "kwargs", "first", "last", "bound", "function", "kind", "enum", "data", "prompt"),
)
scalars = st.none() | st.booleans() | st.integers(-5, 5) | yaml_texts
words = st.sampled_from(["system", "human", "object", "array", "jinja2", "f-string", "string, x"])
values: st.SearchStrategy[Any] = st.recursive(
    scalars | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | yaml_texts, inner, max_size=4)
    ),
    max_leaves=10,
)
messages = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["system", "user", "tool", "ai"]), "content": values}
    ),
    min_size=1,
    max_size=2,
)
kinds = st.sampled_from(["HumanMessagePromptTemplate", "MessagesPlaceholder", "AIMessage"])
templates = st.fixed_dictionaries({"id": st.lists(kinds, max_size=1), "kwargs": values})
manifests = st.fixed_dictionaries(
    {
        "lc": st.just(1),
        "kwargs": st.fixed_dictionaries({"messages": st.lists(templates | values, max_size=2)}),
    }
)
entries = st.fixed_dictionaries(
    {"raw": yaml_texts, "config": values, "label": values, "id": values}
)
documents: st.SearchStrategy[Any] = (
    values
    | manifests
    | st.builds(
        lambda one, other: {**one, **other},
        st.dictionaries(st.sampled_from(KEYS), values, max_size=5),
        st.fixed_dictionaries(
            {}, optional={"messages": messages, "prompts": st.lists(entries | values, max_size=2)}
        ),
    )
)


def as_file(name: str, document: Any, body: str) -> Source:
    """Write a document as a file of a format has it."""
    written = yaml.safe_dump(document, allow_unicode=True)
    if name == "langsmith":
        return Source(json.dumps(document), "x.json")
    if name in ("prompty", "dotprompt"):
        return Source(
            f"---\n{written}\n---\n{body}", {"prompty": "x.prompty"}.get(name, "x.prompt")
        )
    return Source(written, {"github": "x.prompt.yml"}.get(name, "promptfooconfig.yaml"))


@pytest.mark.slow
@formats
@settings(max_examples=100, deadline=None)
@given(document=documents, body=yaml_texts)
def test_any_file_is_imported_or_refused_with_a_sentence(
    name: str, document: Any, body: str
) -> None:
    try:
        imported = import_prompts(as_file(name, document, body), FORMATS[name])
        texts = [format_prompt(replace(each.prompt, name="x")) for each in imported]
    except PromptFileError:
        return

    assert texts


@pytest.mark.slow
@formats
@pytest.mark.parametrize(
    "piece",
    ["{%", "{#", "{{", "{{media ", " ", "{{media a", "user:\n", "{" * 9, "{{!", "${env:", "- - "],
)
def test_a_hostile_text_is_read_in_a_moment(name: str, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    document: dict[str, Any] = {"messages": [{"role": "user", "content": text}]}
    if name == "promptfoo":
        document = {"prompts": [{"raw": text}]}
    elif name in ("prompty", "dotprompt"):
        document = {}

    imported = import_prompts(as_file(name, document, text), FORMATS[name])

    assert export_prompt(imported[0].prompt, FORMATS[name]).text
