from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptsync.errors import MissingVariableError, RenderError
from promptsync.loaded_prompt import LoadedPrompt, Source, make_loaded_prompt
from promptsync.prompt import Message, Prompt, Template
from promptsync.rendering import compile_prompt
from tests.builders import chat, prompt


def loaded(made: Prompt, **fields: Any) -> LoadedPrompt:
    """Return a prompt as an application gets it; `fields` are those of LoadedPrompt."""
    given = {"content_hash": "sha256:1", "source": Source.FILE, "path": "prompts/greeting.md"}
    return make_loaded_prompt(made, **{**given, **fields})


def said(text: str, *, template: Template = Template.MUSTACHE, **variables: object) -> str:
    """Return what a text prompt says with variables."""
    return str(loaded(prompt(text=text, template=template)).render(**variables))


def test_a_text_prompt_is_its_text_with_the_variables_filled_in() -> None:
    assert said("Say hello to {{name}}.", name="Ada") == "Say hello to Ada."


def test_a_chat_prompt_is_its_messages_with_the_variables_filled_in() -> None:
    rendered = loaded(chat(system="You are {{who}}.", user="{{question}}")).render(
        who="Ada", question="Why?"
    )

    assert rendered.messages == (Message("system", "You are Ada."), Message("user", "Why?"))


def test_a_missing_variable_is_an_error_that_names_it_and_the_file_and_the_line() -> None:
    made = loaded(chat(system="Be brief.", user="Hello.\n\nI am {{name}}."))

    with pytest.raises(MissingVariableError) as raised:
        made.render(nome="Ada")

    assert raised.value.variable == "name"
    assert raised.value.message == (
        "prompts/greeting.md: the variable `name` is not given (line 3 of message 2, user); "
        "`nome` was given"
    )


def test_a_prompt_of_a_registry_that_has_no_file_goes_by_its_version() -> None:
    made = loaded(prompt(), path=None, version="7")

    with pytest.raises(MissingVariableError, match=r"^`greeting` 7: the variable"):
        made.render()


def test_a_template_that_is_wrong_is_refused_before_it_is_needed() -> None:
    with pytest.raises(RenderError) as raised:
        compile_prompt(prompt(text="Hello\n{{#name}}"), where="prompts/a.md")

    assert raised.value.message == (
        "prompts/a.md: the section `name` is not closed (line 2 of its text)"
    )


def test_a_copy_that_says_another_source_shares_what_was_understood() -> None:
    made = loaded(prompt())

    assert replace(made, source=Source.MEMORY).renderer is made.renderer


def test_a_copy_with_another_prompt_says_that_one() -> None:
    other = replace(loaded(prompt()), prompt=prompt(text="Bye, {{name}}."))

    assert str(other.render(name="Ada")) == "Bye, Ada."


def test_the_variables_are_the_names_that_have_to_be_given() -> None:
    text = "{{a}} {{b.c}} {{#d}}{{e}}{{/d}} {{^f}}{{g}}{{/f}}"

    assert loaded(prompt(text=text)).variables == {"a", "b", "d", "f"}


def test_a_variable_may_be_called_self() -> None:
    assert said("{{self}}", self="Ada") == "Ada"


def test_without_a_dialect_braces_are_text() -> None:
    text = "{{name}} {% if x %} {{"

    assert said(text, template=Template.NONE, name="Ada") == text


def test_jinja_fills_in_what_is_given() -> None:
    text = "{% for item in items %}- {{ item.name }}\n{% endfor %}\n"

    assert said(text, template=Template.JINJA2, items=[{"name": "a"}, {"name": "b"}]) == (
        "- a\n- b\n\n"
    )


def test_a_variable_that_jinja_misses_is_named_with_its_line() -> None:
    made = loaded(prompt(text="Hello\n{{ name }}", template=Template.JINJA2))

    with pytest.raises(MissingVariableError, match=r"`name` is not given \(line 2 of its text\)"):
        made.render()
