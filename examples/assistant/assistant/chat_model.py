"""What answers: OpenAI's API, or an echo that needs no network and no key."""

from __future__ import annotations

from typing import Any, Protocol


class ChatModel(Protocol):
    """Anything that takes the keyword arguments of OpenAI's chat completions."""

    async def complete(self, **arguments: Any) -> str: ...


class Echo:
    """Answers with the last message, so that a test sees what a model would have been told."""

    async def complete(self, **arguments: Any) -> str:
        return str(arguments["messages"][-1]["content"])


class OpenAI:
    """Asks OpenAI; the key comes from OPENAI_API_KEY."""

    def __init__(self) -> None:
        from openai import AsyncOpenAI  # half a second that the echo does not need

        self._client = AsyncOpenAI()

    async def complete(self, **arguments: Any) -> str:
        completion = await self._client.chat.completions.create(**arguments)
        message = completion.choices[0].message
        if message.tool_calls:
            return "\n".join(each.model_dump_json() for each in message.tool_calls)
        return message.content or ""


def open_model(kind: str) -> ChatModel:
    """Return the model that ASSISTANT_MODEL asks for."""
    return OpenAI() if kind == "openai" else Echo()
