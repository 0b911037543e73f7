"""Google's dotprompt."""

from __future__ import annotations

import pytest

from promptsync.errors import PromptFileError
from promptsync.prompt import Message, Prompt, Template
from tests.builders import prompt
from tests.formats.reading import lost, read_one, said, write

PLANT = """\
# A licence may stand above the front matter.

---
model: googleai/gemini-2.5-flash
description: Names a plant
config:
  temperature: 0.3
  topK: 20
input:
  schema:
    photo: string, address of a picture
    place?: string
    seen(array, earlier guesses): string
  default:
    place: a garden
output:
  format: json
  schema:
    plant: string
    sure?(enum, how sure): [VERY, NOT]
---
{{role "system"}}
You know plants. {{> manners}}

{{role "user"}}
Seen in {{place}}:
{{media url=photo}}
{{#if seen}}Not {{seen}}.{{/if}}

{{role "model"}}
A rose.
"""


def test_a_file_becomes_a_prompt() -> None:
    imported = read_one("dotprompt", PLANT, "prompts/plant.prompt")

    schema = {
        "type": "object",
        "properties": {
            "plant": {"type": "string"},
            "sure": {"enum": ["VERY", "NOT", None], "description": "how sure"},
        },
        "additionalProperties": False,
        "required": ["plant"],
    }
    assert imported.prompt == Prompt(
        name="plant",
        description="Names a plant",
        model="googleai/gemini-2.5-flash",
        params={"temperature": 0.3, "topK": 20},
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "output", "schema": schema},
        },
        inputs={
            "photo": {"type": "string", "description": "address of a picture", "required": True},
            "place": {"type": "string", "default": "a garden"},
            "seen": {
                "type": "array",
                "items": {"type": "string"},
                "description": "earlier guesses",
                "required": True,
            },
        },
        content=(
            Message("system", "You know plants. {{> manners}}"),
            Message(
                "user",
                [
                    {"type": "text", "text": "Seen in {{{place}}}:"},
                    {"type": "image_url", "image_url": {"url": "{{{photo}}}"}},
                    {"type": "text", "text": "{{#if seen}}Not {{{seen}}}.{{/if}}"},
                ],
            ),
            Message("assistant", "A rose."),
        ),
    )
    assert lost(imported) == [
        "Mustache has no equivalent, and the text stays: `{{#if seen}}`, `{{/if}}`"
    ]
    assert said(imported) == [
        "with three braces now, so that nothing is escaped: `{{place}}`, `{{seen}}`",
        "included, and needed as a text prompt of that name: `manners`",
    ]


def test_everything_has_a_place_or_an_extension() -> None:
    function = {"name": "look", "description": "d", "parameters": {"type": "object"}}
    there = Prompt(
        name="plant",
        title="Name a plant",
        tags=("garden",),
        metadata={"owner": "ada", "dotprompt": {"variant": "b", "acme.cost": 5}},
        tools=[{"type": "function", "function": function}],
        response_format={"type": "json_object"},
        inputs={
            "place": {"type": "string", "example": "Rome", "default": "Oslo"},
            "season": {"type": "string", "required": True},
        },
        content=(
            Message("system", "{{{place}}} {{#many}}x{{/many}} {{! aside }}"),
            Message(
                "user",
                [
                    {"type": "text", "text": "See"},
                    {"type": "image_url", "image_url": {"url": "https://x.test/rose.png"}},
                ],
            ),
            Message("tool", "5"),
        ),
    )

    exported = write("dotprompt", there)

    assert exported.notes == ()
    assert read_one("dotprompt", exported.text, "plant.prompt").prompt == there
    assert '\n---\n{{role "system"}}\n{{place}} {{#many}}x{{/many}} ' in exported.text
    assert '{{media url="https://x.test/rose.png"}}' in exported.text


def test_further_keys_of_input_and_output_are_named() -> None:
    text = "---\ninput: {names: x}\noutput: {schema: string, format: csv}\n---\nHi\n"

    assert lost(read_one("dotprompt", text, "hi.prompt")) == [
        "not imported: `input.names`",
        "not imported: `output.format` csv",
    ]


def test_comments_and_blocks_go_back_as_they_came() -> None:
    text = "{{! a\ncomment }}{{#each items}}{{this}}{{else}}none{{/each}}{{history}}"

    assert lost(write("dotprompt", prompt(text=text))) == []


def test_without_a_role_the_text_is_the_users() -> None:
    imported = read_one("dotprompt", "Greet {{name}}.\n", "greet.prompt")

    assert imported.prompt.content == (Message("user", "Greet {{{name}}}."),)


def test_a_schema_with_a_name_is_kept_and_named() -> None:
    text = "---\ninput:\n  schema: Person\noutput:\n  schema: {who: Person}\n---\nHi\n"

    imported = read_one("dotprompt", text, "hi.prompt")

    assert imported.prompt.metadata == {
        "dotprompt": {"input": {"schema": "Person"}, "output": {"schema": {"who": "Person"}}}
    }
    assert lost(imported) == [
        "`input.schema` is kept below `metadata`: `Person` is a schema that is defined elsewhere",
        "`output` is kept below `metadata`: `Person` is a schema that is defined elsewhere",
    ]


def test_tools_by_name_are_not_enough() -> None:
    imported = read_one("dotprompt", "---\ntools: [getWeather]\n---\nHi\n", "hi.prompt")

    assert (imported.prompt.tools, imported.prompt.metadata) == (
        None,
        {"dotprompt": {"tools": ["getWeather"]}},
    )
    assert lost(imported) == [
        "`tools` are names that an application knows; a prompt file needs what they are"
    ]


@pytest.mark.parametrize(
    "tag",
    [
        "{{history}}",
        "{{media url=this}}",
        '{{media url=clip contentType="a/b"}}',
        "{{json this indent=2}}",
        "{{> footer year=2026}}",
    ],
)
def test_helpers_stay_and_are_named(tag: str) -> None:
    imported = read_one("dotprompt", f"A {tag} B\n", "x.prompt")

    assert imported.prompt.content == (Message("user", f"A {tag} B"),)
    assert lost(imported) == [f"Mustache has no equivalent, and the text stays: `{tag}`"]


def test_what_the_format_cannot_hold_is_named() -> None:
    audio = {"type": "input_audio", "input_audio": {"data": "…"}}
    there = Prompt(
        name="full",
        content=(
            Message("user", [{"type": "text", "text": "{{=<% %>=}}{{name}}"}, audio]),
            Message("assistant", "Hm", {"tool_calls": []}),
        ),
        tools=[{"type": "web_search"}],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "strict": True, "schema": {"type": "object"}},
        },
    )

    assert lost(write("dotprompt", there)) == [
        "Handlebars has no equivalent, and the text stays: `{{=<% %>=}}`",
        "Handlebars does not escape values for HTML: `{{name}}`",
        "a tool that is no function has no place in dotprompt",
        "of `response_format` only the schema is kept, not its name nor `strict`",
        "the `input_audio` in message 1 has no place in dotprompt",
        "`tool_calls` of message 2 has no place in dotprompt",
    ]


def test_jinja_goes_as_far_as_plain_variables() -> None:
    there = prompt(text="{{ a }}{% if b %}", template=Template.JINJA2)

    exported = write("dotprompt", there)

    assert lost(exported) == ["Handlebars has no equivalent, and the text stays: `{% if b %}`"]
    assert said(exported) == [
        "reads back as `mustache`, and no longer as `jinja2`",
        "dotprompt has no text prompts: it is one `user` message",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("---\nmodel: x\n", "x.prompt:1:1: front matter is not closed by a line `---`"),
        ("# one\n---\nmodel: 5\n---\n", "x.prompt:3:1: `model` must be text"),
        ("---\nconfig: [1]\n---\n", "x.prompt:2:1: `config` must be a mapping"),
        ("---\ninput: {default: 5}\n---\n", "x.prompt:2:1: `input.default` must be a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        read_one("dotprompt", text, "x.prompt")

    assert str(caught.value) == problem
