"""A rendered prompt -> the keyword arguments of Anthropic's `client.messages.create`.

Names and shapes are those of the SDK's types (anthropic 2.11). The SDK is not needed. What
Anthropic has no word for is an error that names it, unless it asks for what is so anyway.
"""

from __future__ import annotations

from typing import Any

from promptsync.anthropic_messages import anthropic_messages, anthropic_system, anthropic_tool
from promptsync.anthropic_params import anthropic_params
from promptsync.client_params import params_of
from promptsync.errors import UsageError
from promptsync.prompt import Message
from promptsync.rendered_prompt import RenderedPrompt


def anthropic_arguments(rendered: RenderedPrompt, *, where: str) -> dict[str, Any]:
    """Return the arguments; they share nothing with the prompt, so a caller may change them.

    A text prompt is one message of the user. There is no `model` where the prompt has none.
    Raises UsageError, naming `where`, for what cannot be carried over and without `max_tokens`.
    """
    content = rendered.content
    messages = (Message("user", content),) if isinstance(content, str) else content
    params = anthropic_params(params_of(rendered, where), where)
    if "max_tokens" not in params:
        raise UsageError(
            f"{where}: Anthropic needs `max_tokens`, and the prompt does not say it",
            hint="write `max_tokens: 1024`, or as many as it needs, below `params:`",
        )
    if "tool_choice" in params:
        _complete_choice(params, has_tools=bool(rendered.tools))
    arguments = {
        "model": rendered.model,
        "system": anthropic_system(messages, where),
        "tools": [anthropic_tool(each, where) for each in rendered.tools or ()],
    }
    given = {key: value for key, value in arguments.items() if value}
    return {**given, "messages": anthropic_messages(messages, where), **params}


def _complete_choice(params: dict[str, Any], *, has_tools: bool) -> None:
    """Say from what is chosen where only `parallel_tool_calls` was said; of no tools, nothing."""
    choice = params.pop("tool_choice")
    if has_tools or "type" in choice:
        params["tool_choice"] = {"type": "auto", **choice}
