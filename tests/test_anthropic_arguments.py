from __future__ import annotations

from typing import Any

import pytest

from promptsync.anthropic_arguments import anthropic_arguments
from promptsync.errors import UsageError
from promptsync.prompt import Message, Prompt
from promptsync.rendering import compile_prompt
from tests.builders import prompt
from tests.test_openai_arguments import spoil

MAX_TOKENS = {"max_tokens": 10}
FUNCTION = {"name": "weather", "parameters": {"type": "object"}}


def arguments(made: Prompt, **variables: object) -> dict[str, Any]:
    """Return what Anthropic's client is given for a prompt."""
    rendered = compile_prompt(made, where="prompts/a.md").render(variables)
    return anthropic_arguments(rendered, where="prompts/a.md")


def params(*, tools: list[Any] | None = None, **stated: Any) -> dict[str, Any]:
    """Return the arguments for params, without the rest."""
    made = arguments(prompt(text="Hello.", params=MAX_TOKENS | stated, tools=tools))
    return {key: made[key] for key in made if key not in ("messages", "max_tokens", "tools")}


def messages(*content: Message) -> dict[str, Any]:
    """Return the arguments for messages, without the rest."""
    made = arguments(prompt(content=content, params=MAX_TOKENS))
    return {key: made[key] for key in made if key in ("messages", "system")}


def test_a_text_prompt_is_one_message_of_the_user() -> None:
    assert messages(Message("user", "Hello.")) == {
        "messages": [{"role": "user", "content": "Hello."}]
    }


def test_without_a_number_of_tokens_the_error_says_what_to_write() -> None:
    with pytest.raises(UsageError) as raised:
        arguments(prompt(text="Hello."))

    assert raised.value.message == (
        "prompts/a.md: Anthropic needs `max_tokens`, and the prompt does not say it"
    )
    assert raised.value.hint is not None
    assert "below `params:`" in raised.value.hint


def test_messages_of_the_system_and_the_developer_are_one_text_wherever_they_stand() -> None:
    made = messages(
        Message("system", "a"),
        Message("user", "b"),
        Message("developer", "c"),
        Message("system", ""),
    )

    assert made == {"system": "a\n\nc", "messages": [{"role": "user", "content": "b"}]}


def test_parts_of_the_system_are_blocks_and_keep_what_marks_them() -> None:
    part = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}

    made = messages(Message("system", [part]), Message("developer", "b"))

    assert made["system"] == [part, {"type": "text", "text": "b"}]


def test_an_image_of_the_system_is_an_error() -> None:
    part = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}

    with pytest.raises(UsageError, match="only text from the system, not `image`"):
        messages(Message("system", [part]))


def test_the_results_of_several_tools_are_one_message_of_the_user() -> None:
    made = messages(
        Message("tool", "rain", {"tool_call_id": "1"}),
        Message("tool", "wind", {"tool_call_id": "2"}),
        Message("user", "Thanks."),
    )

    assert made["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "1", "content": "rain"},
                {"type": "tool_result", "tool_use_id": "2", "content": "wind"},
            ],
        },
        {"role": "user", "content": "Thanks."},
    ]


def test_an_assistants_words_alone_are_text() -> None:
    assert messages(Message("assistant", "Hi."))["messages"] == [
        {"role": "assistant", "content": "Hi."}
    ]


def test_an_assistants_words_stand_before_its_calls() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": ""}}

    made = messages(Message("assistant", "I look.", {"tool_calls": [call], "refusal": None}))

    assert made["messages"][0]["content"] == [
        {"type": "text", "text": "I look."},
        {"type": "tool_use", "id": "1", "name": "weather", "input": {}},
    ]


IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}


@pytest.mark.parametrize(
    ("part", "block"),
    [
        pytest.param(IMAGE, IMAGE, id="its own form"),
        pytest.param("text", {"type": "text", "text": "text"}, id="bare text"),
        pytest.param(
            {"type": "image_url", "image_url": "https://example.com/a.png"}, IMAGE, id="bare url"
        ),
        pytest.param(
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
            },
            id="data url",
        ),
        pytest.param(
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"},
            },
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                "title": "a.pdf",
            },
            id="pdf",
        ),
    ],
)
def test_a_part_becomes_a_block(part: Any, block: Any) -> None:
    assert messages(Message("user", [part]))["messages"][0]["content"] == [block]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(Message("function", "a"), id="role"),
        pytest.param(Message("user", "a", {"name": "ada"}), id="name"),
        pytest.param(Message("tool", "a"), id="no call"),
        pytest.param(Message("user", [{"type": "input_audio"}]), id="audio"),
        pytest.param(Message("user", [{"type": "file", "file": {"file_id": "1"}}]), id="file id"),
        pytest.param(Message("user", [{"no": "type"}]), id="no type"),
        pytest.param(
            Message("user", [{"type": "file", "file": {"file_data": "data:text/csv;base64,AA"}}]),
            id="no pdf",
        ),
        pytest.param(
            Message("user", [{"type": "image_url", "image_url": {"url": "a", "detail": "low"}}]),
            id="detail",
        ),
        pytest.param(Message("user", [{"type": "image_url", "image_url": {}}]), id="no url"),
        pytest.param(Message("assistant", "", {"tool_calls": [{"id": "1"}]}), id="no function"),
        pytest.param(
            Message(
                "assistant",
                "",
                {"tool_calls": [{"id": "1", "function": {"name": "a", "arguments": "[]"}}]},
            ),
            id="arguments",
        ),
    ],
)
def test_a_message_that_cannot_be_carried_over_is_an_error(message: Message) -> None:
    with pytest.raises(UsageError, match=r"^prompts/a\.md: "):
        messages(message)


@pytest.mark.parametrize(
    ("stated", "carried"),
    [
        ({"max_completion_tokens": 10}, {}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["A", "B"]}, {"stop_sequences": ["A", "B"]}),
        ({"temperature": 0, "top_k": 5}, {"extra_body": {"temperature": 0, "top_k": 5}}),
        ({"top_p": 1, "extra_body": {"a": 1}}, {"extra_body": {"top_p": 1, "a": 1}}),
        ({"user": "7", "metadata": {"user_id": "7"}}, {"metadata": {"user_id": "7"}}),
        ({"reasoning_effort": "high"}, {"output_config": {"effort": "high"}}),
        ({"tool_choice": "required"}, {"tool_choice": {"type": "any"}}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "a"}}},
            {"tool_choice": {"type": "tool", "name": "a"}},
        ),
        (
            {"tool_choice": {"type": "tool", "name": "a"}},
            {"tool_choice": {"type": "tool", "name": "a"}},
        ),
        ({"frequency_penalty": 0.0, "presence_penalty": 0, "n": 1, "logprobs": False}, {}),
        ({"response_format": {"type": "text"}, "seed": None, "parallel_tool_calls": True}, {}),
        ({"parallel_tool_calls": False}, {}),
        ({"thinking": {"type": "adaptive"}}, {"thinking": {"type": "adaptive"}}),
    ],
)
def test_params_go_by_anthropics_names(stated: dict[str, Any], carried: dict[str, Any]) -> None:
    assert params(**stated) == carried


def test_one_tool_at_a_time_is_a_choice_of_tools() -> None:
    made = params(parallel_tool_calls=False, tools=[{"type": "function", "function": FUNCTION}])

    assert made == {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}


@pytest.mark.parametrize(
    "stated",
    [
        {"seed": 1},
        {"n": 2},
        {"frequency_penalty": 0.5},
        {"reasoning_effort": "minimal"},
        {"tool_choice": "sometimes"},
        {"stop": "A", "stop_sequences": ["B"]},
        {"max_completion_tokens": 11},
        {"user": "7", "metadata": {"user_id": "8"}},
        {"metadata": "7"},
        {"response_format": {"type": "json_object"}},
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "json_schema", "json_schema": 1}},
        {"timeout": 1},
    ],
)
def test_params_that_cannot_be_carried_over_are_an_error(stated: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^prompts/a\.md: ") as raised:
        params(**stated)

    assert any(key in f"{raised.value.message} {raised.value.hint}" for key in stated)


def test_a_schema_says_what_the_format_was_described_as() -> None:
    schema = {"name": "mood", "description": "A mood", "schema": {"type": "object"}}

    made = params(response_format={"type": "json_schema", "json_schema": schema})

    assert made == {
        "output_config": {
            "format": {
                "type": "json_schema",
                "schema": {"description": "A mood", "type": "object"},
            }
        }
    }


@pytest.mark.parametrize(
    ("tool", "carried"),
    [
        (
            {"type": "function", "function": FUNCTION, "cache_control": {"type": "ephemeral"}},
            {
                "name": "weather",
                "input_schema": {"type": "object"},
                "cache_control": {"type": "ephemeral"},
            },
        ),
        (
            {"type": "function", "function": {"name": "now", "description": None}},
            {"name": "now", "input_schema": {"type": "object", "properties": {}}},
        ),
        (
            {"type": "web_search_20250305", "name": "web_search"},
            {"type": "web_search_20250305", "name": "web_search"},
        ),
    ],
)
def test_a_tool_is_described_in_anthropics_words(tool: Any, carried: Any) -> None:
    assert arguments(prompt(text="a", params=MAX_TOKENS, tools=[tool]))["tools"] == [carried]


@pytest.mark.parametrize("tool", ["weather", {"type": "custom", "custom": {"name": "a"}}])
def test_a_tool_that_cannot_be_carried_over_is_an_error(tool: Any) -> None:
    with pytest.raises(UsageError, match="has no tool such as"):
        arguments(prompt(text="a", params=MAX_TOKENS, tools=[tool]))


def test_the_arguments_may_be_changed_without_changing_the_prompt() -> None:
    part = {"type": "image", "source": {"type": "url", "url": "https://example.com"}}
    made = prompt(
        content=(Message("system", [{"type": "text", "text": "a"}]), Message("user", [part])),
        params={**MAX_TOKENS, "stop": ["a"], "metadata": {"user_id": "c"}, "thinking": {"a": {}}},
        tools=[{"type": "function", "function": FUNCTION}],
        response_format={"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
    )
    before = repr(made)

    spoil(arguments(made))

    assert repr(made) == before
