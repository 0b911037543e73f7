"""A prompt's params, in OpenAI's words or Anthropic's -> those of `client.messages.create`.

Names and shapes are those of the SDK's types (anthropic 2.11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from promptsync.client_params import schema_format
from promptsync.errors import UsageError

# What `create` takes as it is.
_NAMED = frozenset(
    """
    cache_control container diagnostics inference_geo max_tokens service_tier speed
    stop_sequences stream thinking user_profile_id workspace_id
    """.split()  # noqa: SIM905  one word per name reads better than twelve quoted lines
)
# Mappings that several params go into.
_MAPPINGS = frozenset({"extra_body", "metadata", "output_config"})
# Arguments of older SDKs that newer ones no longer have, though the service knows them: in the
# body every SDK sends them.
_IN_BODY = frozenset({"temperature", "top_p", "top_k"})
# Settings of OpenAI that ask for what Anthropic does anyway.
_NEUTRAL: Mapping[str, Any] = {
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "logit_bias": {},
    "logprobs": False,
    "modalities": ["text"],
    "n": 1,
    "store": False,
}
_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def anthropic_params(params: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return what each param is for Anthropic. Raises UsageError for those that are nothing."""
    carried = _Carried(where)
    for key, value in params.items():
        carried.add(key, value)
    return carried.arguments


class _Carried:
    """The arguments so far; two params that say one thing differently are an error."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.arguments: dict[str, Any] = {}

    def add(self, key: str, value: Any) -> None:
        if key in _NAMED:
            self._set(key, key, value)
        elif key in _MAPPINGS:
            self._merge(key, key, value)
        elif key in _IN_BODY:
            self._merge("extra_body", key, {key: value})
        elif key in _CARRIES:
            _CARRIES[key](self, value)
        elif key not in _NEUTRAL or _NEUTRAL[key] != value:
            raise self._error(f"Anthropic has no `{key}`, which `params` has", key)

    def max_completion_tokens(self, value: Any) -> None:
        self._set("max_tokens", "max_completion_tokens", value)

    def stop(self, value: Any) -> None:
        self._set("stop_sequences", "stop", [value] if isinstance(value, str) else value)

    def user(self, value: Any) -> None:
        self._merge("metadata", "user", {"user_id": value})

    def reasoning_effort(self, value: Any) -> None:
        if value not in _EFFORTS:
            raise self._error(f"Anthropic has no `reasoning_effort: {value}`", "reasoning_effort")
        self._merge("output_config", "reasoning_effort", {"effort": value})

    def tool_choice(self, value: Any) -> None:
        if isinstance(value, str) and value in _CHOICES:
            choice = {"type": _CHOICES[value]}
        elif isinstance(value, dict) and isinstance(value.get("function"), dict):
            choice = {"type": "tool", "name": value["function"].get("name")}
        elif isinstance(value, dict) and value.get("type") in ("auto", "any", "tool", "none"):
            choice = value
        else:
            raise self._error("Anthropic has no such `tool_choice`", "tool_choice")
        self._merge("tool_choice", "tool_choice", choice)

    def parallel_tool_calls(self, value: Any) -> None:
        if not value:
            self._merge("tool_choice", "parallel_tool_calls", {"disable_parallel_tool_use": True})

    def response_format(self, value: Any) -> None:
        response_format = schema_format(value, self.where)
        kind = response_format.get("type")
        if kind == "text":
            return
        described = response_format.get("json_schema", response_format)
        schema = described.get("schema") if isinstance(described, dict) else None
        if kind != "json_schema" or not isinstance(schema, dict):
            raise self._error(
                f"Anthropic has no such `response_format` of type `{kind}`",
                "response_format",
                "give it a JSON Schema: `type: json_schema`",
            )
        if about := described.get("description"):
            schema = {"description": about, **schema}
        form = {"type": "json_schema", "schema": schema}
        self._merge("output_config", "response_format", {"format": form})

    def _set(self, name: str, key: str, value: Any) -> None:
        if self.arguments.setdefault(name, value) != value:
            raise self._error(f"`params` says `{name}` twice, and differently", key)

    def _merge(self, name: str, key: str, members: Mapping[str, Any]) -> None:
        if not isinstance(members, Mapping):
            raise self._error(f"`params.{key}` must be a mapping", key)
        merged = self.arguments.setdefault(name, {})
        for member, value in members.items():
            if merged.setdefault(member, value) != value:
                raise self._error(f"`params` says `{member}` twice, and differently", key)

    def _error(self, message: str, key: str, hint: str | None = None) -> UsageError:
        return UsageError(
            f"{self.where}: {message}",
            hint=hint or f"take `{key}` out of `params` of a prompt that is for Anthropic",
        )


_CARRIES: Mapping[str, Callable[[_Carried, Any], None]] = {
    "max_completion_tokens": _Carried.max_completion_tokens,
    "parallel_tool_calls": _Carried.parallel_tool_calls,
    "reasoning_effort": _Carried.reasoning_effort,
    "response_format": _Carried.response_format,
    "stop": _Carried.stop,
    "tool_choice": _Carried.tool_choice,
    "user": _Carried.user,
}
