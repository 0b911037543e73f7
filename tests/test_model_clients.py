"""The vendors' own clients and types take the arguments that are made for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import NoneType
from typing import Any

import pytest

from promptsync.loaded_prompt import LoadedPrompt, Source, make_loaded_prompt
from promptsync.prompt import Message, Prompt
from tests.builders import chat, prompt
from tests.fakes.models import ANSWER, ModelServer, model_server

pytestmark = [pytest.mark.network, pytest.mark.slow]

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tell the weather in {{city}}",
        "parameters": {"type": "object", "properties": {"day": {"type": "string"}}},
        "strict": True,
    },
}
SCHEMA = {"type": "object", "properties": {"mood": {"type": "string"}}, "required": ["mood"]}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"day": "today"}'},
}
CONVERSATION = (
    Message("system", "You are {{who}}."),
    Message("developer", "Be brief."),
    Message("user", "How is it in {{city}}?"),
    Message("assistant", "", {"tool_calls": [CALL]}),
    Message("tool", "rain", {"tool_call_id": "call_1"}),
    Message(
        "user",
        [
            {"type": "text", "text": "And {{city}} here?"},
            {"type": "image_url", "image_url": {"url": "https://example.com/{{city}}.png"}},
        ],
    ),
)
EVERYTHING = Prompt(
    name="forecast",
    content=CONVERSATION,
    model="any",
    params={
        "temperature": 0,
        "max_tokens": 100,
        "top_p": 0.5,
        "stop": ["END"],
        "user": "ada",
        "tool_choice": {"type": "function", "function": {"name": "weather"}},
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
    },
    tools=[WEATHER],
    response_format={
        "type": "json_schema",
        "json_schema": {"name": "mood", "schema": SCHEMA, "strict": True},
    },
)
VALUES = {"who": "Ada", "city": "Paris"}


def loaded(made: Prompt) -> LoadedPrompt:
    return make_loaded_prompt(made, content_hash="sha256:1", source=Source.FILE, path="a.md")


@pytest.fixture
def service() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def ask_openai(service: ModelServer, arguments: dict[str, Any]) -> Any:
    """Ask through OpenAI's client and return what it sent."""
    from openai import OpenAI  # a second to import, and not for other tests

    with OpenAI(api_key="any", base_url=service.url, max_retries=0) as client:
        answer = client.chat.completions.create(**arguments)
    assert answer.choices[0].message.content == ANSWER
    return service.bodies[-1]


def ask_anthropic(service: ModelServer, arguments: dict[str, Any]) -> Any:
    """Ask through Anthropic's client and return what it sent."""
    from anthropic import Anthropic  # likewise

    with Anthropic(api_key="any", base_url=service.url, max_retries=0) as client:
        answer = client.messages.create(**arguments)
    assert answer.content[0].text == ANSWER
    return service.bodies[-1]


def test_openais_client_sends_what_a_text_prompt_says(service: ModelServer) -> None:
    made = loaded(prompt(model="any"))

    sent = ask_openai(service, made.openai(name="Ada"))

    assert sent == {
        "model": "any",
        "messages": [{"role": "user", "content": "Say hello to Ada."}],
    }


def test_openais_client_sends_all_that_a_chat_prompt_says(service: ModelServer) -> None:
    arguments = loaded(EVERYTHING).openai(**VALUES)

    sent = ask_openai(service, arguments)

    assert sent == arguments
    assert sent["messages"][2] == {"role": "user", "content": "How is it in Paris?"}
    assert sent["tools"][0]["function"]["description"] == "Tell the weather in Paris"


def test_openais_client_sends_params_that_only_another_server_knows(service: ModelServer) -> None:
    made = loaded(prompt(text="Hello.", model="any", params={"top_k": 5, "temperature": 0}))

    sent = ask_openai(service, made.openai())

    assert (sent["top_k"], sent["temperature"]) == (5, 0)


def test_anthropics_client_sends_what_a_text_prompt_says(service: ModelServer) -> None:
    made = loaded(prompt(model="any", params={"max_tokens": 10}))

    sent = ask_anthropic(service, made.anthropic(name="Ada"))

    assert sent == {
        "model": "any",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "Say hello to Ada."}],
    }


def test_anthropics_client_sends_all_that_a_chat_prompt_says(service: ModelServer) -> None:
    sent = ask_anthropic(service, loaded(EVERYTHING).anthropic(**VALUES))

    assert sent == {
        "model": "any",
        "system": "You are Ada.\n\nBe brief.",
        "messages": [
            {"role": "user", "content": "How is it in Paris?"},
            {
                "role": "assistant",
                "content": [
                    {
                        "type": "tool_use",
                        "id": "call_1",
                        "name": "weather",
                        "input": {"day": "today"},
                    }
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}],
            },
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "And Paris here?"},
                    {
                        "type": "image",
                        "source": {"type": "url", "url": "https://example.com/Paris.png"},
                    },
                ],
            },
        ],
        "tools": [
            {
                "name": "weather",
                "description": "Tell the weather in Paris",
                "input_schema": {"type": "object", "properties": {"day": {"type": "string"}}},
                "strict": True,
            }
        ],
        "max_tokens": 100,
        "temperature": 0,
        "top_p": 0.5,
        "stop_sequences": ["END"],
        "metadata": {"user_id": "ada"},
        "tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        "output_config": {
            "effort": "low",
            "format": {"type": "json_schema", "schema": SCHEMA},
        },
    }


def test_the_arguments_are_of_openais_types() -> None:
    from openai.types.chat.completion_create_params import (  # as above
        CompletionCreateParamsNonStreaming,
    )

    arguments = loaded(EVERYTHING).openai(**VALUES)

    assert validated(CompletionCreateParamsNonStreaming, arguments) == arguments


def test_the_arguments_are_of_anthropics_types() -> None:
    from anthropic.types.message_create_params import (  # as above
        MessageCreateParamsNonStreaming,
    )

    arguments = loaded(EVERYTHING).anthropic(**VALUES)
    # Sent by every SDK of theirs as it stands, and typed by none.
    assert arguments.pop("extra_body") == {"temperature": 0, "top_p": 0.5}

    assert validated(MessageCreateParamsNonStreaming, arguments) == arguments


def test_a_chat_of_the_system_alone_leaves_the_conversation_to_the_program() -> None:
    made = loaded(replace(chat(system="Be brief."), params={"max_tokens": 5}))

    assert made.anthropic() == {"system": "Be brief.", "messages": [], "max_tokens": 5}


def validated(of: Any, arguments: dict[str, Any]) -> Any:
    """Return arguments as pydantic reads them by the vendor's types.

    It refuses wrong values, and leaves out keys that the types do not have.
    """
    from pydantic import TypeAdapter  # as above

    adapter = TypeAdapter(of)  # kept, for what is read out asks it
    return read_out(adapter.validate_python(arguments))


def read_out(value: Any) -> Any:
    """Read what pydantic checks only as it is read: the vendors' lists are typed as iterables."""
    if isinstance(value, dict):
        return {key: read_out(member) for key, member in value.items()}
    return value if isinstance(value, (str, int, float, NoneType)) else list(map(read_out, value))
