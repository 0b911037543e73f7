"""A rendered prompt -> the keyword arguments of OpenAI's `client.chat.completions.create`.

Names and shapes are those of the SDK's types (openai 3.52). The SDK is not needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from promptsync.client_params import params_of, schema_format
from promptsync.errors import UsageError
from promptsync.prompt import Message
from promptsync.rendered_prompt import RenderedPrompt

# What `create` takes by name. Everything else is sent as it stands, in `extra_body`: servers that
# speak OpenAI's language have parameters of their own, and OpenAI refuses what it does not know.
_NAMED = frozenset(
    """
    audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens
    max_tokens metadata modalities moderation n parallel_tool_calls prediction presence_penalty
    prompt_cache_key prompt_cache_options prompt_cache_retention reasoning_effort response_format
    safety_identifier seed service_tier stop store stream stream_options temperature tool_choice
    top_logprobs top_p user verbosity web_search_options
    """.split()  # noqa: SIM905  one word per name reads better than forty quoted lines
)


def openai_arguments(rendered: RenderedPrompt, *, where: str) -> dict[str, Any]:
    """Return the arguments; they share nothing with the prompt, so a caller may change them.

    A text prompt is one message of the user. There is no `model` where the prompt has none.
    Raises UsageError, naming `where`, for params that no request can carry.
    """
    arguments: dict[str, Any] = {"model": rendered.model} if rendered.model else {}
    arguments["messages"] = _messages(rendered.content)
    if rendered.tools:
        arguments["tools"] = deepcopy(rendered.tools)
    params = params_of(rendered, where)
    if "stop_sequences" in params:
        params["stop"] = _only(params.pop("stop_sequences"), params.get("stop"), where)
    if response_format := params.get("response_format"):
        params["response_format"] = schema_format(response_format, where)
    extra = params.pop("extra_body", {})
    extra |= {key: params.pop(key) for key in list(params) if key not in _NAMED}
    return arguments | params | ({"extra_body": extra} if extra else {})


def _messages(content: str | tuple[Message, ...]) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    return [_message(each) for each in content]


def _message(message: Message) -> dict[str, Any]:
    content = message.content if isinstance(message.content, str) else deepcopy(message.content)
    return {"role": message.role, "content": content, **_copied(message.extra)}


def _copied(extra: Mapping[str, Any]) -> dict[str, Any]:
    return deepcopy(dict(extra)) if extra else {}


def _only(stop_sequences: Any, stop: Any, where: str) -> Any:
    if stop not in (None, stop_sequences):
        raise UsageError(f"{where}: `params.stop` and `params.stop_sequences` exclude each other")
    return stop_sequences
