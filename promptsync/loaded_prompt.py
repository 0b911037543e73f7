"""A prompt as an application gets it, and where exactly that came from. Values only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from promptsync.content_hash import short_hash
from promptsync.light_dataclass import dataclass, field
from promptsync.prompt import JsonObject, Message, Prompt
from promptsync.rendered_prompt import RenderedPrompt
from promptsync.rendering import Renderer, compile_prompt


class Source(StrEnum):
    """Where the prompt of a load was taken from.

    MEMORY is what this process was served before, DISK what a registry served last to any process
    of this user. BUNDLE and FILE are what the application was deployed with.
    """

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
    `registry` is the registry's name in the configuration or the bundle, and `kind` its kind, such
    as "mlflow". `service_ids` are the service's own ids of this version, which traces link to. Two
    are equal whatever their `service_ids` and `renderer`, the templates as `render` understood
    them.
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
    # The templates, understood once: copies that say another source share it.
    renderer: Renderer | None = field(default=None, repr=False, compare=False)

    @property
    def variables(self) -> frozenset[str]:
        """The names that `render` has to be given.

        Names inside a Mustache section may belong to its items, and are not among them.
        """
        return self._understood().variables

    def render(self, /, **variables: object) -> RenderedPrompt:
        """Return the prompt with its variables filled in; what else is given is not used.

        They are filled into messages, params, tools and the response format. No value makes a
        message. Raises MissingVariableError, and RenderError for a value that cannot be said.
        """
        return self._understood().render(variables)

    def openai(self, /, **variables: object) -> dict[str, Any]:
        """Return the arguments of OpenAI's `client.chat.completions.create`, variables filled in.

        `create(**prompt.openai(name="Ada"))`. A text prompt is one message of the user. Raises as
        `render` does, and UsageError for params that no request can carry.
        """
        from promptsync.openai_arguments import openai_arguments  # not for others

        return openai_arguments(self.render(**variables), where=self._where())

    def anthropic(self, /, **variables: object) -> dict[str, Any]:
        """Return the arguments of Anthropic's `client.messages.create`, variables filled in.

        Messages of the system become `system`, tools and params what Anthropic calls them. Raises
        as `render` does, and UsageError for what cannot be carried over or without `max_tokens`.
        """
        from promptsync.anthropic_arguments import anthropic_arguments  # likewise

        return anthropic_arguments(self.render(**variables), where=self._where())

    def __repr__(self) -> str:
        """Say which prompt this is, and where it came from. No text: values get into logs."""
        facts = [
            f"version {self.version}" if self.version else "",
            f"alias {self.alias}" if self.alias else "",
            f"{'fallback ' if self.is_fallback else ''}from {self.source.value}",
            short_hash(self.content_hash),
        ]
        return f"<LoadedPrompt {self.name}, {', '.join(filter(None, facts))}>"

    def _where(self) -> str:
        return _where(self.name, self.version, self.path)

    def _understood(self) -> Renderer:
        renderer = self.renderer
        if renderer is None or renderer.prompt is not self.prompt:
            renderer = compile_prompt(self.prompt, where=self._where())
            object.__setattr__(self, "renderer", renderer)
        return renderer

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


def make_loaded_prompt(
    prompt: Prompt,
    *,
    content_hash: str,
    source: Source,
    version: str | None = None,
    alias: str | None = None,
    commit: str | None = None,
    path: str | None = None,
    registry: str | None = None,
    kind: str | None = None,
    is_fallback: bool = False,
    reason: str | None = None,
    service_ids: Mapping[str, str] | None = None,
) -> LoadedPrompt:
    """Build a loaded prompt whose templates are understood. Raises RenderError for wrong ones.

    `dataclasses.replace` makes copies, with another source for example, that share them.
    """
    where = _where(prompt.name, version, path)
    return LoadedPrompt(
        prompt=prompt,
        content_hash=content_hash,
        source=source,
        version=version,
        alias=alias,
        commit=commit,
        path=path,
        registry=registry,
        kind=kind,
        is_fallback=is_fallback,
        reason=reason,
        service_ids=service_ids or {},
        renderer=compile_prompt(prompt, where=where),
    )


def _where(name: str, version: str | None, path: str | None) -> str:
    """Return what errors call a prompt: its file, or its name and version in the registry."""
    return path or " ".join(filter(None, (f"`{name}`", version)))
