"""A prompt as an application gets it, and where exactly that came from. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from promptsync.prompt import JsonObject, Message, Prompt


class Source(StrEnum):
    """Where the prompt of a load was taken from."""

    REGISTRY = "registry"
    MEMORY = "memory"
    DISK = "disk"
    BUNDLE = "bundle"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPrompt:
    """A prompt that an application says to a model, with what proves which one it is.

    `prompt` is expanded and has the name that the application asked for. `version` is the
    registry's own spelling, None for one that no registry gave. `alias` is the one it was loaded
    by, None for the latest version or a version by its number. `content_hash` was computed here.
    `commit` is the one that holds this content, where a stamp or a bundle says so; `path` is the
    prompt file. `is_fallback` tells that the registry could not be asked, and `reason` why.
    `service_ids` are those of the RemotePrompt: what traces link to.
    """

    prompt: Prompt
    content_hash: str
    source: Source
    version: str | None = None
    alias: str | None = None
    commit: str | None = None
    path: str | None = None
    registry: str | None = None
    kind: str | None = None
    is_fallback: bool = False
    reason: str | None = None
    service_ids: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The name that the application asked for."""
        return self.prompt.name

    @property
    def template(self) -> str | None:
        """The text with its variables, None for a chat prompt."""
        content = self.prompt.content
        return content if isinstance(content, str) else None

    @property
    def messages(self) -> Sequence[Message] | None:
        """The messages with their variables, None for a text prompt."""
        content = self.prompt.content
        return None if isinstance(content, str) else content

    @property
    def model(self) -> str | None:
        """The model that the prompt was written for."""
        return self.prompt.model

    @property
    def params(self) -> JsonObject:
        """The model's parameters, such as `temperature`, as the prompt file spells them."""
        return self.prompt.params

    @property
    def tools(self) -> list[Any] | str | None:
        """The tools that the model may call."""
        return self.prompt.tools

    @property
    def response_format(self) -> JsonObject | None:
        """The form that the answer is to have."""
        return self.prompt.response_format
