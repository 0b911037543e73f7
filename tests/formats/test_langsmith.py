"""LangSmith and LangChain: chat arrays, requests, manifests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from promptsync.errors import PromptFileError
from promptsync.prompt import Message, Prompt, Template
from tests.builders import chat, prompt
from tests.formats.reading import lost, read_one, said, write


def constructor(name: str, **kwargs: Any) -> dict[str, Any]:
    """Build a node of a manifest."""
    return {"lc": 1, "type": "constructor", "id": ["langchain", name], "kwargs": kwargs}


def template(text: str, language: str = "f-string") -> dict[str, Any]:
    return constructor("PromptTemplate", template=text, template_format=language)


def read_json(document: Any, path: str = "ask.json") -> Any:
    return read_one("langsmith", json.dumps(document), path)


@pytest.mark.parametrize(
    "document",
    [
        [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "{{q}}"}],
        [["system", "Be kind."], ["human", "{{q}}"]],
        [{"type": "system", "content": "Be kind."}, {"type": "human", "content": "{{q}}"}],
        [
            {"type": "system", "data": {"content": "Be kind."}},
            {"type": "human", "data": {"content": "{{q}}"}},
        ],
        {"messages": [["system", "Be kind."], ["human", "{{q}}"]]},
    ],
)
def test_messages_have_many_forms(document: Any) -> None:
    assert read_json(document).prompt == chat("ask", system="Be kind.", user="{{q}}")


def test_a_request_says_more_than_messages() -> None:
    function = {"type": "function", "function": {"name": "look"}}
    request = {
        "model": "gpt-5-mini",
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0,
        "tools": [function],
        "response_format": {"type": "json_object"},
        "api_key": "sk-1",
    }

    imported = read_json(request)

    assert imported.prompt == Prompt(
        name="ask",
        content=(Message("user", "Hi"),),
        model="gpt-5-mini",
        params={"temperature": 0},
        tools=[function],
        response_format={"type": "json_object"},
    )
    assert lost(imported) == [
        "`api_key` is not imported: it is a secret, or comes from the environment"
    ]


def test_a_manifest_with_a_model_becomes_a_prompt() -> None:
    messages = [
        constructor("SystemMessagePromptTemplate", prompt=template("Answer {{in}} {language}.")),
        constructor("MessagesPlaceholder", variable_name="history"),
        constructor("HumanMessagePromptTemplate", prompt=template("{question}")),
        constructor("AIMessage", content="Well."),
    ]
    model = constructor(
        "ChatOpenAI",
        model="gpt-5-mini",
        temperature=1,
        extra_headers={},
        openai_api_key={"lc": 1, "type": "secret", "id": ["OPENAI_API_KEY"]},
    )
    sequence = constructor(
        "RunnableSequence",
        first=constructor("ChatPromptTemplate", messages=messages),
        last=constructor("RunnableBinding", bound=model, kwargs={"top_p": 0.5}),
    )

    payload = {"prompt_name": "My Prompt", "commit_hash": "c0ffee", "manifest": sequence}
    imported = read_json(payload, "hook.json")

    assert imported.prompt == Prompt(
        name="hook",
        title="My Prompt",
        model="gpt-5-mini",
        params={"temperature": 1, "top_p": 0.5},
        metadata={"langsmith": {"commit_hash": "c0ffee"}},
        content=(
            Message("system", "Answer {in} {{{language}}}."),
            Message("user", "{{{question}}}"),
            Message("assistant", "Well."),
        ),
    )
    assert lost(imported) == [
        "message 2 stands for the messages in `history`, and is left out",
        "not imported, because it is a secret: `openai_api_key`",
    ]
    assert said(imported) == [
        "kept below `metadata.langsmith`: `commit_hash`",
        "variables `{name}` of Python's format are `{{{name}}}` in Mustache",
    ]


def test_what_a_manifest_says_besides_is_named() -> None:
    messages = [constructor("AIMessage", content="Hm", tool_calls=[{"id": 1}], id=None)]

    imported = read_json(
        constructor("ChatPromptTemplate", messages=messages, partial_variables={"day": "Monday"})
    )

    assert lost(imported) == [
        "not imported of message 1: `tool_calls`",
        "not imported: `partial_variables`",
    ]


@pytest.mark.parametrize(
    ("language", "expected"), [("mustache", Template.MUSTACHE), ("jinja2", Template.JINJA2)]
)
def test_other_languages_stay_what_they_are(language: str, expected: Template) -> None:
    imported = read_json(template("{{q}}", language))

    assert imported.prompt == Prompt(name="ask", content="{{q}}", template=expected)


def test_a_structured_prompt_has_a_schema() -> None:
    messages = [constructor("ChatMessagePromptTemplate", role="user", prompt=template("Hi"))]
    schema = {"title": "answer", "type": "object"}

    imported = read_json(constructor("StructuredPrompt", messages=messages, schema_=schema))

    assert imported.prompt.content == (Message("user", "Hi"),)
    assert imported.prompt.response_format == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": schema},
    }


def test_parts_are_templates_of_their_own() -> None:
    parts = [
        template("See", "mustache"),
        constructor(
            "ImagePromptTemplate", template={"url": "{{{photo}}}"}, template_format="mustache"
        ),
    ]
    messages = [constructor("HumanMessagePromptTemplate", prompt=parts)]

    assert read_json(constructor("ChatPromptTemplate", messages=messages)).prompt.content == (
        Message(
            "user",
            [
                {"type": "text", "text": "See"},
                {"type": "image_url", "image_url": {"url": "{{{photo}}}"}},
            ],
        ),
    )


def test_messages_come_back_whole() -> None:
    there = Prompt(
        name="ask",
        content=(
            Message("developer", "Be {{{kind}}}."),
            Message("user", [{"type": "text", "text": "é"}], {"name": "Ada"}),
            Message("tool", "5", {"tool_call_id": "1"}),
        ),
    )

    exported = write("langsmith", there)

    assert exported.notes == ()
    assert read_one("langsmith", exported.text, exported.file_name).prompt == there


def test_what_an_array_cannot_hold_is_named() -> None:
    there = prompt(
        text="{{ x }}",
        title="T",
        model="m",
        params={"temperature": 0},
        template=Template.JINJA2,
        inputs={"x": {}},
    )

    exported = write("langsmith", there)

    assert exported.text == '[\n  {\n    "role": "user",\n    "content": "{{ x }}"\n  }\n]\n'
    assert lost(exported) == [
        "`title` has no place in a chat array",
        "`model` has no place in a chat array",
        "`params` has no place in a chat array: `temperature`",
        "`inputs` has no place in a chat array: `x`",
        "a chat array does not say that its template is jinja2",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[{"role": "user",\n "content": }]', "x.json:2:13: invalid JSON: expecting value"),
        ('{"messages": [],\n "a": 1,\n "a": 2}', "x.json:3:2: key `a` stands twice"),
        ("[]", "x.json:1:1: there are no messages"),
        ("[5]", "x.json:1:1: message 1 has no `role` and `content`"),
        ('{"a": 1}', "x.json:1:1: neither a list of messages nor a LangChain prompt is here"),
        ('{"lc": 1}', "x.json:1:1: the manifest holds neither `messages` nor a `template`"),
        ('[NaN, {"role": "user"}]', "x.json:1:1: invalid JSON: `NaN` is no number of JSON"),
        ("[" * 100_000, "x.json:1:1: the JSON is nested deeper than 64 levels"),
        ('{"messages": ' + "[" * 90 + "]" * 90 + "}", "x.json:1:1: the JSON is nested deeper"),
        (
            '{"lc": 1, "kwargs": {"messages": [{"id": ["Odd"], "kwargs": {}}]}}',
            "x.json:1:1: message 1 of the manifest is of no known kind (`Odd`)",
        ),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        read_one("langsmith", text, "x.json")

    assert str(caught.value).startswith(problem)
