"""`.prompt.yml` of GitHub Models."""

from __future__ import annotations

import pytest

from promptsync.errors import PromptFileError, UsageError
from promptsync.prompt import Message, Prompt, Template
from tests.builders import chat, prompt
from tests.formats.reading import lost, read_one, said, write

SUMMARY = """\
name: Ticket summary
description: Sums up a support ticket
model: openai/gpt-5-mini
modelParameters:
  temperature: 0.2
  maxTokens: 200
messages:
  - role: system
    content: You sum up tickets.
  - role: user
    content: |
      Sum up {{ticket}} for {{reader}}.
testData:
  - ticket: The door does not close.
    reader: Ada
    expected: door
evaluators:
  - name: mentions the door
    string: {contains: door}
"""


def test_a_file_becomes_a_prompt() -> None:
    imported = read_one("github", SUMMARY, "prompts/ticket.prompt.yml")

    assert imported.prompt == Prompt(
        name="ticket",
        title="Ticket summary",
        description="Sums up a support ticket",
        model="openai/gpt-5-mini",
        params={"temperature": 0.2, "max_tokens": 200},
        content=(
            Message("system", "You sum up tickets."),
            Message("user", "Sum up {{{ticket}}} for {{{reader}}}.\n"),
        ),
        inputs={"ticket": {"example": "The door does not close."}, "reader": {"example": "Ada"}},
        metadata={
            "github": {
                "testData": [
                    {
                        "ticket": "The door does not close.",
                        "reader": "Ada",
                        "expected": "door",
                    }
                ],
                "evaluators": [{"name": "mentions the door", "string": {"contains": "door"}}],
            }
        },
    )
    assert lost(imported) == []
    assert said(imported) == [
        "with three braces now, so that nothing is escaped: `{{ticket}}`, `{{reader}}`",
        "kept below `metadata.github`, and not used: `testData`, `evaluators`",
    ]


def test_what_was_kept_goes_back_into_the_file() -> None:
    imported = read_one("github", SUMMARY, "ticket.prompt.yml")

    exported = write("github", imported.prompt)

    assert lost(exported) == []
    assert exported.file_name == "ticket.prompt.yml"
    assert read_one("github", exported.text, "ticket.prompt.yml").prompt == imported.prompt


def test_a_schema_of_the_answer_is_json_within_the_yaml() -> None:
    schema = {"name": "mood", "schema": {"type": "object"}, "strict": True}
    there = Prompt(
        name="mood",
        content=(Message("user", "How?"),),
        response_format={"type": "json_schema", "json_schema": schema},
    )

    exported = write("github", there)

    assert exported.notes == ()
    assert (
        exported.text
        == """\
name: mood
responseFormat: json_schema
jsonSchema: |
  {
    "name": "mood",
    "schema": {
      "type": "object"
    },
    "strict": true
  }
messages:
- role: user
  content: How?
"""
    )


def test_a_bare_schema_is_given_a_name() -> None:
    text = "messages: [{role: user, content: Who?}]\njsonSchema: {type: object}\n"

    imported = read_one("github", text, "who.prompt.yml")

    assert imported.prompt.response_format == {
        "type": "json_schema",
        "json_schema": {"name": "response", "schema": {"type": "object"}},
    }


def test_everything_that_the_format_cannot_hold_is_named() -> None:
    there = Prompt(
        name="full",
        content=(
            Message("developer", "Be {{name}}. {{#x}}y{{/x}}"),
            Message("user", [{"type": "image_url", "image_url": {"url": "https://x.test/a"}}]),
            Message("assistant", "Hm", {"tool_calls": [{"id": "1"}]}),
            Message("tool", "5"),
        ),
        params={"temperature": 0, "reasoning_effort": "low"},
        tools=[{"type": "function", "function": {"name": "look"}}],
        tags=("a",),
        metadata={"owner": "ada"},
        inputs={"name": {"type": "string", "example": "kind"}},
        registry_options={"braintrust": {"slug": "x"}},
    )

    exported = write("github", there)

    assert lost(exported) == [
        "GitHub has no equivalent, and the text stays: `{{#x}}`, `{{/x}}`",
        "GitHub does not escape values for HTML: `{{name}}`",
        "the `image_url` in message 2 has no place in GitHub",
        "`tool_calls` of message 3 has no place in GitHub",
        "message 4, whose role is `tool`, has no place in GitHub",
        "written, but unknown to `gh models`: `reasoning_effort`",
        "of `inputs` only the examples are kept, as test data",
        "`tools` has no place in GitHub",
        "`tags` has no place in GitHub: `a`",
        "`metadata` has no place in GitHub: `owner`",
        "about one registry, and nothing to other tools: `braintrust`",
    ]
    assert said(exported) == ["message 1: the role `developer` becomes `system`"]


def test_a_text_prompt_is_one_message_of_the_user() -> None:
    exported = write("github", prompt(text="Hello."))

    assert exported.text == "name: greeting\nmessages:\n- role: user\n  content: Hello.\n"
    assert said(exported) == ["GitHub has no text prompts: it is one `user` message"]


def test_jinja_goes_as_far_as_plain_variables() -> None:
    there = prompt(text="{{ a }} {{ b | upper }} {% if c %}d{% endif %}", template=Template.JINJA2)

    assert lost(write("github", there)) == [
        "GitHub has no equivalent, and the text stays: "
        "`{{ b | upper }}`, `{% if c %}`, `{% endif %}`"
    ]


def test_a_secret_in_an_unknown_key_stays_out() -> None:
    text = "messages: [{role: user, content: Hi}]\nextra: {api_key: sk-1, note: kept}\n"

    imported = read_one("github", text, "hi.prompt.yml")

    assert imported.prompt.metadata == {"github": {"extra": {"note": "kept"}}}
    assert lost(imported) == [
        "`extra.api_key` is not imported: it is a secret, or comes from the environment"
    ]


def test_a_prompt_without_messages_cannot_be_written() -> None:
    with pytest.raises(
        UsageError, match=r"`tools` cannot be \.prompt\.yml: there are no `messages`"
    ):
        write("github", Prompt(name="tools", content=(Message("tool", "5"),)))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "x.prompt.yml:1:1: a mapping of keys to values is expected, and there is nothing"),
        ("[]", "x.prompt.yml:1:1: a mapping of keys to values is expected, and there is a list"),
        ("name: x\n", "x.prompt.yml:1:1: there are no `messages`"),
        ("name: x\nname: y\n", "x.prompt.yml:2:1: key `name` stands twice"),
        ("a: b\n c: d\n", "x.prompt.yml:2:3: invalid YAML: mapping values are not allowed"),
        ("name: 5\n", "x.prompt.yml:1:1: `name` must be text"),
        ("name: x\nmessages:\n- role: user\n", None),
        ("messages:\n- Hello\n", "x.prompt.yml:2:1: message 1 must be a mapping with `role`"),
        (
            "messages: [{role: user, content: a}]\njsonSchema: '{'\n",
            "x.prompt.yml:2:1: `jsonSchema`: invalid JSON",
        ),
        ("a: &b c\n", "x.prompt.yml:1:4: anchors and aliases are not allowed in the YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str | None) -> None:
    if problem is None:
        assert read_one("github", text, "x.prompt.yml").prompt == chat("x", user="")
        return
    with pytest.raises(PromptFileError) as caught:
        read_one("github", text, "x.prompt.yml")

    assert str(caught.value).startswith(problem)
