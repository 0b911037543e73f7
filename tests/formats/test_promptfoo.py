"""promptfoo: configurations, and the text and chat files they name."""

from __future__ import annotations

import pytest

from promptsync.errors import PromptFileError
from promptsync.prompt import Message, Prompt, Template
from tests.builders import chat, prompt
from tests.formats.reading import lost, read_all, read_one, said, write

CONFIG = """\
description: Translations
prompts:
  - 'Translate to {{language}}: {{text}}'
  - id: file://chat.json
    label: With a system message
    config: {temperature: 1, tools: [{type: function, function: {name: look}}]}
  - file://many.txt
  - file://generate.py:make
  - langfuse://translate:3
  - id: polite
    label: Polite
    raw: Please {{ text | upper }}
providers:
  - id: openai:gpt-5-mini
    config: {temperature: 0, max_tokens: 50, apiKey: sk-1, user: "{{ env.USER }}"}
tests:
  - vars: {language: French, text: Hello}
    assert: [{type: contains, value: Bonjour}]
evaluateOptions: {repeat: 3}
"""
CHAT = '[{"role": "system", "content": "You translate."}, {"role": "user", "content": "{{text}}"}]'


def test_a_configuration_becomes_its_prompts() -> None:
    found = read_all(
        "promptfoo",
        CONFIG,
        "promptfooconfig.yaml",
        chat_json=CHAT,
        many_txt="Say {{text}}\n---\nHello\n",
    )

    shared = {"temperature": 0, "max_tokens": 50}
    text = {"example": "Hello"}
    assert [each.prompt for each in found] == [
        Prompt(
            name="prompt",
            content="Translate to {{language}}: {{text}}",
            model="openai:gpt-5-mini",
            params=shared,
            template=Template.JINJA2,
            inputs={"language": {"example": "French"}, "text": text},
        ),
        Prompt(
            name="chat",
            title="With a system message",
            content=(Message("system", "You translate."), Message("user", "{{text}}")),
            model="openai:gpt-5-mini",
            params={"temperature": 1, "max_tokens": 50},
            tools=[{"type": "function", "function": {"name": "look"}}],
            template=Template.JINJA2,
            inputs={"text": text},
        ),
        Prompt(
            name="many",
            content="Say {{text}}",
            model="openai:gpt-5-mini",
            params=shared,
            template=Template.JINJA2,
            inputs={"text": text},
        ),
        Prompt(name="many-2", content="Hello", model="openai:gpt-5-mini", params=shared),
        Prompt(
            name="polite",
            title="Polite",
            content="Please {{ text | upper }}",
            model="openai:gpt-5-mini",
            params=shared,
            template=Template.JINJA2,
        ),
    ]
    assert lost(found[0]) == [
        "`file://generate.py:make` is made by a program or another service, and is not imported",
        "`langfuse://translate:3` is made by a program or another service, and is not imported",
        "`apiKey` is not imported: it is a secret, or comes from the environment",
        "`user` is not imported: it is a secret, or comes from the environment",
        "not imported, because it is about the evaluation: "
        "`evaluateOptions`, `tests`, `description`",
    ]
    assert [each.notes for each in found[1:]] == [()] * 4


def test_a_prompt_comes_back_from_its_configuration() -> None:
    there = Prompt(
        name="translate",
        title="Translate",
        description="From any language",
        model="openai:gpt-5-mini",
        params={"temperature": 0},
        tools=[{"type": "function", "function": {"name": "look"}}],
        response_format={"type": "json_object"},
        template=Template.JINJA2,
        inputs={"text": {"example": "Hello"}},
        content=(
            Message("system", 'Say {{ text | default("no") }}'),
            Message("user", [{"type": "text", "text": "{{text}}"}], {"name": "Ada"}),
            Message("tool", "5", {"tool_call_id": "1"}),
        ),
    )

    exported = write("promptfoo", there)

    assert exported.notes == ()
    assert exported.file_name == "translate.promptfoo.yaml"
    assert read_one("promptfoo", exported.text, exported.file_name).prompt == there


def test_mustache_is_nunjucks_as_far_as_variables_go() -> None:
    there = prompt(text="{{{a}}} {{&b}} {{c}} {{#d}}e{{/d}} {% f %}")

    exported = write("promptfoo", there)

    assert "raw: '{{a}} {{b}} {{c}} {{#d}}e{{/d}} {% f %}'" in exported.text
    assert lost(exported) == [
        "Nunjucks has no equivalent, and the text stays: `{% f %}`, `{{#d}}`, `{{/d}}`",
        "Nunjucks does not escape values for HTML: `{{c}}`",
    ]
    assert said(exported) == ["reads back as `jinja2`, and no longer as `mustache`"]


def test_a_model_needs_its_provider() -> None:
    assert said(write("promptfoo", prompt(text="Hi", model="gpt-5-mini"))) == [
        "promptfoo calls models `provider:model`; put the provider before `gpt-5-mini`"
    ]


def test_several_models_leave_it_open() -> None:
    text = "prompts: [Hi]\nproviders: [openai:a, openai:b]\n"

    imported = read_one("promptfoo", text, "promptfooconfig.yaml")

    assert imported.prompt == Prompt(name="prompt", content="Hi")
    assert lost(imported) == [
        "there are several `providers`, and a prompt has one model; it is left open"
    ]


def test_a_text_file_holds_a_prompt_between_dashes() -> None:
    found = read_all("promptfoo", "One {{x}}\n---\n\n---\nTwo\n", "in/texts.txt")

    assert [(each.prompt.name, each.prompt.content) for each in found] == [
        ("texts", "One {{x}}"),
        ("texts-2", "Two"),
    ]


@pytest.mark.parametrize("path", ["notes.md", "notes.j2"])
def test_dashes_in_other_files_are_text(path: str) -> None:
    assert read_one("promptfoo", "One\n---\nTwo\n", path).prompt.content == "One\n---\nTwo"


def test_messages_may_be_yaml() -> None:
    text = "- role: system\n  content: Be kind.\n- role: user\n  content: '{{q}}'\n"

    imported = read_one("promptfoo", text, "ask.yaml")

    assert imported.prompt == Prompt(
        name="ask",
        content=chat(system="Be kind.", user="{{q}}").content,
        template=Template.JINJA2,
    )


def test_further_keys_are_named() -> None:
    text = "prompts: [{raw: Hi, function: f}]\nproviders: [{id: openai:a, label: A}]\n"

    assert lost(read_one("promptfoo", text, "promptfooconfig.yaml")) == [
        "of a prompt not imported: `function`",
        "not imported, because it is about the evaluation: `providers.label`",
    ]


def test_a_file_may_list_prompts() -> None:
    found = read_all(
        "promptfoo",
        "prompts: file://all.yaml\n",
        "promptfooconfig.yaml",
        all_yaml="- file://one.txt\n- {id: two, raw: Two}\n",
        one_txt="One",
    )

    assert [(each.prompt.name, each.prompt.content) for each in found] == [
        ("one", "One"),
        ("two", "Two"),
    ]


def test_a_list_of_prompts_that_lists_itself_ends() -> None:
    listing = "- file://all.yaml\n"

    imported = read_one("promptfoo", "prompts: file://all.yaml\n", "c.yaml", all_yaml=listing)

    assert imported.prompt == Prompt(name="all", content="- file://all.yaml")


def test_messages_made_by_a_template_are_a_text() -> None:
    text = "[{% for each in history %}{{ each | dump }},{% endfor %}]"
    config = "prompts: [file://loop.json]\n"

    imported = read_one("promptfoo", config, "promptfooconfig.yaml", loop_json=text)

    assert imported.prompt.content == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("providers: [a]\n", "c.yaml:1:1: there are no `prompts`"),
        ("prompts: []\n", "c.yaml:1:1: there are no `prompts`"),
        ("a: b\nprompts: [file://x.py]\n", "c.yaml:2:1: `file://x.py` is made by a program"),
        ("prompts: ['file://*.txt']\n", "c.yaml:1:1: `file://*.txt` stands for several files"),
        ("prompts:\n- Hi\n- file://../a.txt\n", "c.yaml:3:1: there is no file `../a.txt`"),
        (
            "prompts:\n- {label: x}\n",
            "c.yaml:2:1: prompt 1 must be text, or a mapping with `raw` or `id`",
        ),
        ("prompts: [5]\n", "c.yaml:1:1: prompt 1 must be text, or a mapping"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, problem: str) -> None:
    with pytest.raises(PromptFileError) as caught:
        read_all("promptfoo", text, "c.yaml")

    assert str(caught.value).startswith(problem)


def test_an_empty_text_file_holds_no_prompt() -> None:
    with pytest.raises(PromptFileError, match="the file is empty"):
        read_all("promptfoo", " \n---\n", "x.txt")
