"""Microsoft's Prompty, version 2 and what version 1 called the same."""

from __future__ import annotations

import pytest

from promptsync.errors import PromptFileError
from promptsync.prompt import Message, Prompt, Template
from tests.builders import chat, prompt
from tests.formats.reading import lost, read_one, said, write

ANSWER = """\
---
name: answer
displayName: Answer a customer
description: Answers questions about orders
metadata:
  authors: [ada]
  tags: [support, orders]
model:
  id: gpt-5-mini
  provider: openai
  apiType: chat
  connection:
    kind: key
    endpoint: ${env:OPENAI_ENDPOINT:https://models.test/v1}
    apiKey: ${env:OPENAI_API_KEY}
  options:
    temperature: 0.2
    maxOutputTokens: 400
    stopSequences: [END]
    additionalProperties:
      reasoning_effort: low
inputs:
  - name: customer
    kind: string
    default: Grace
  - name: amount
    kind: float
    required: true
tools:
  - name: find_order
    kind: function
    description: Looks an order up
    strict: true
    parameters:
      - name: number
        kind: string
        required: true
      - name: limit
        kind: float
outputs:
  - name: reply
    kind: string
    required: true
---
system:
You help {{customer}}.

{% if amount > 100 %}Be quick.{% endif %}

# User:
Where is my order?
"""


def test_a_file_becomes_a_prompt() -> None:
    imported = read_one("prompty", ANSWER, "prompts/answer.prompty")

    parameters = {
        "type": "object",
        "properties": {"number": {"type": "string"}, "limit": {"type": "number"}},
        "required": ["number"],
    }
    function = {
        "name": "find_order",
        "description": "Looks an order up",
        "strict": True,
        "parameters": parameters,
    }
    schema = {
        "type": "object",
        "properties": {"reply": {"type": "string"}},
        "required": ["reply"],
        "additionalProperties": False,
    }
    assert imported.prompt == Prompt(
        name="answer",
        title="Answer a customer",
        description="Answers questions about orders",
        model="gpt-5-mini",
        params={
            "reasoning_effort": "low",
            "temperature": 0.2,
            "max_tokens": 400,
            "stop": ["END"],
        },
        tools=[{"type": "function", "function": function}],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "structured_output", "strict": True, "schema": schema},
        },
        template=Template.JINJA2,
        tags=("support", "orders"),
        metadata={
            "authors": ["ada"],
            "prompty": {"model": {"provider": "openai", "apiType": "chat"}},
        },
        inputs={
            "customer": {"type": "string", "default": "Grace"},
            "amount": {"type": "number", "required": True},
        },
        content=(
            Message(
                "system", "You help {{customer}}.\n\n{% if amount > 100 %}Be quick.{% endif %}"
            ),
            Message("user", "Where is my order?"),
        ),
    )
    assert lost(imported) == [
        "`model.connection` is not imported: how to log in is no part of a prompt"
    ]
    assert said(imported) == [
        "`outputs` is a `response_format` with a JSON schema",
        "kept below `metadata.prompty`, and not used: `model`",
    ]


def test_the_prompt_of_a_file_is_written_without_a_loss() -> None:
    there = read_one("prompty", ANSWER, "answer.prompty").prompt

    exported = write("prompty", there)

    assert exported.notes == ()
    assert read_one("prompty", exported.text, "answer.prompty").prompt == there


def test_a_file_of_version_1_says_the_same_in_other_words() -> None:
    text = """\
---
name: Old Greeting
authors: [Grace]
tags: [old]
version: "1.0"
model:
  api: chat
  configuration:
    type: azure_openai
    azure_deployment: gpt-4o
    api_key: ${env:AZURE_KEY}
  parameters:
    max_tokens: 150
inputs:
  person:
    type: string
sample:
  person: Ada
template: mustache
---
system:
Greet {{{person}}}.
"""
    imported = read_one("prompty", text, "old-greeting.prompty")

    assert imported.prompt == Prompt(
        name="old-greeting",
        title="Old Greeting",
        model="gpt-4o",
        params={"max_tokens": 150},
        tags=("old",),
        metadata={
            "authors": ["Grace"],
            "version": "1.0",
            "prompty": {"model": {"api": "chat"}},
        },
        inputs={"person": {"type": "string", "example": "Ada"}},
        content=(Message("system", "Greet {{{person}}}."),),
    )


def test_without_a_role_the_body_is_for_the_system() -> None:
    imported = read_one("prompty", "Greet people.\n", "greet.prompty")

    assert imported.prompt == Prompt(
        name="greet", content=(Message("system", "Greet people."),), template=Template.JINJA2
    )


def test_a_prompt_for_embeddings_is_a_text() -> None:
    text = "---\nmodel: {id: text-embedding-3-small, apiType: embedding}\n---\n{{text}}\n"

    assert read_one("prompty", text, "embed.prompty").prompt.content == "{{text}}"


def test_fences_may_be_plus_signs_and_values_may_hold_dashes() -> None:
    text = "+++\nname: dashes\ndescription: fast --- cheap\n+++\nuser:\n---\nHi\n"

    imported = read_one("prompty", text, "dashes.prompty")

    assert imported.prompt.description == "fast --- cheap"
    assert imported.prompt.content == (Message("user", "---\nHi"),)


def test_a_file_beside_is_taken_in() -> None:
    text = "---\ninputs: ${file:schema.json}\nsample: sample.json\n---\nuser:\n{{q}}\n"

    imported = read_one(
        "prompty",
        text,
        "q.prompty",
        schema_json='{"q": {"kind": "string"}}',
        sample_json='{"q": "Why?"}',
    )

    assert imported.prompt.inputs == {"q": {"type": "string", "example": "Why?"}}


def test_nothing_comes_from_the_environment() -> None:
    text = """\
---
model:
  id: ${env:MODEL}
  options:
    temperature: 1
    additionalProperties: {user: "${env:USER}"}
inputs:
  key:
    default: ${env:KEY}
---
user:
Hi
"""
    imported = read_one("prompty", text, "x.prompty")

    assert (imported.prompt.model, imported.prompt.params, imported.prompt.inputs) == (
        None,
        {"temperature": 1},
        {"key": {}},
    )
    assert lost(imported) == [
        "`model.id` is not imported: it comes from the environment",
        "not imported, because it comes from the environment: `user`",
        "`key.default` is not imported: it is a secret, or comes from the environment",
    ]


def test_tools_that_are_no_functions_are_named_and_kept() -> None:
    text = "---\ntools:\n- {name: files, kind: mcp, serverName: fs}\n---\nuser:\nHi\n"

    imported = read_one("prompty", text, "x.prompty")

    assert imported.prompt.tools is None
    assert lost(imported) == ["no function, and so no tool of a prompt file: `files`"]
    assert "serverName: fs" in write("prompty", imported.prompt).text


def test_schemas_inside_of_others_are_read_too() -> None:
    text = """\
---
outputs:
  - name: steps
    kind: array
    items: {kind: object, properties: [{name: size, kind: float}]}
---
user:
Hi
"""
    imported = read_one("prompty", text, "x.prompty")

    assert imported.prompt.response_format is not None
    assert imported.prompt.response_format["json_schema"]["schema"]["properties"] == {
        "steps": {
            "type": "array",
            "items": {"type": "object", "properties": {"size": {"type": "number"}}},
        }
    }


def test_a_tool_that_properties_cannot_describe_is_passed_through() -> None:
    schema = {"type": "object", "properties": {"a": {"$ref": "#/x"}}, "$defs": {"x": {}}}
    tools = [{"type": "function", "function": {"name": "odd", "parameters": schema}}]
    there = prompt(tools=tools, content=(Message("user", "Hi"),))

    exported = write("prompty", there)

    assert exported.notes == ()
    assert read_one("prompty", exported.text, exported.file_name).prompt == there


def test_a_text_for_embeddings_stays_one() -> None:
    text = "---\nmodel: {id: embed-3, apiType: embedding}\n---\n{{text}}\n"
    there = read_one("prompty", text, "embed.prompty").prompt

    exported = write("prompty", there)

    assert exported.notes == ()
    assert read_one("prompty", exported.text, "embed.prompty").prompt == there


def test_messages_keep_the_names_of_their_authors() -> None:
    there = prompt(content=(Message("user", "Hi", {"name": "Ada L."}),))

    exported = write("prompty", there)

    assert exported.notes == ()
    assert exported.text.endswith('---\nuser[name="Ada L."]:\nHi\n')
    assert read_one("prompty", exported.text, exported.file_name).prompt == there


def test_dashes_that_the_vendors_reader_stumbles_over_are_named() -> None:
    assert lost(write("prompty", prompt(content=chat(user="Hi").content, description="a---b"))) == [
        "Prompty's own reader takes `---` in the front matter for its end"
    ]


def test_the_typescript_runtime_calls_jinja_nunjucks() -> None:
    text = "---\ntemplate: {format: {kind: nunjucks}}\n---\nuser:\n{{q}}\n"

    assert read_one("prompty", text, "x.prompty").prompt.template is Template.JINJA2


def test_a_template_that_is_read_in_another_way_is_named() -> None:
    text = "---\ntemplate: {format: {kind: jinja2, strict: true}, parser: own}\n---\nuser:\nHi\n"

    assert lost(read_one("prompty", text, "x.prompty")) == [
        "of `template` only the kind of its format is imported"
    ]


def test_what_belongs_to_a_tool_and_not_to_a_prompt_is_named() -> None:
    text = "---\ntools: [{name: f, kind: function, bindings: {user: me}}]\n---\nuser:\nHi\n"

    imported = read_one("prompty", text, "x.prompty")

    assert imported.prompt.tools == [{"type": "function", "function": {"name": "f"}}]
    assert lost(imported) == ["of the tool `f` not imported: `bindings`"]


def test_what_the_format_cannot_hold_is_named() -> None:
    there = Prompt(
        name="full",
        content=(
            Message("developer", "\nBe kind.\n"),
            Message("user", "See\nuser:\nthere"),
            Message("tool", "5", {"tool_call_id": "1"}),
        ),
        template=Template.NONE,
        tools="{{tools}}",
        registry_options={"opik": {"name": "y"}},
    )

    exported = write("prompty", there)

    assert lost(exported) == [
        "Prompty drops the empty lines around message 1",
        "message 3, whose role is `tool`, has no place in Prompty",
        "the line `user:` of message 2 begins a message there",
        "tools that a template makes have no place in Prompty",
        "about one registry, and nothing to other tools: `opik`",
    ]
    assert said(exported) == [
        "message 1: the role `developer` becomes `system`",
        "`template: none` becomes jinja2",
    ]


def test_a_chat_prompt_is_written_as_people_write_it() -> None:
    assert (
        write("prompty", chat(system="Be kind.", user="{{{question}}}")).text
        == """\
---
name: greeting
template:
  format:
    kind: mustache
  parser:
    kind: prompty
---
system:
Be kind.

user:
{{{question}}}
"""
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\nname: x\n", "x.prompty:1:1: front matter is not closed by a line `---`"),
        ("---\n- x\n---\nHi", "x.prompty:2:1: front matter must be a mapping of keys to values"),
        ("---\nname: x\nmodel: 5\n---\n", "x.prompty:3:1: `model` must be a mapping"),
        ("---\ninputs: 5\n---\n", "x.prompty:2:1: `inputs` must be a list or a mapping"),
        ("---\na: b\na: c\n---\n", "x.prompty:3:1: key `a` stands twice"),
        ("\n---\ntemplate: liquid\n---\n", "x.prompty:3:1: the template `liquid` is neither"),
        (
            "---\nname: x\ninputs: ${file:../../secrets.json}\n---\n",
            "x.prompty:3:1: there is no file `../../secrets.json`",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        read_one("prompty", text, "x.prompty")

    assert str(caught.value).startswith(problem)
