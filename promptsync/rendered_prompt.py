"""A prompt with its variables filled in, ready to be said to a model. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptsync.light_dataclass import dataclass
from promptsync.prompt import JsonObject, Message


@dataclass(frozen=True, slots=True)
class RenderedPrompt:
    """What is said to a model, and how. `str()` of a text prompt is its text.

    `params` are spelled as in the prompt file, `tools` is a list as OpenAI has it. What held no
    variable is the loaded prompt's own: change a copy of it.
    """

    name: str
    content: str | tuple[Message, ...]
    model: str | None
    params: JsonObject
    tools: list[Any] | None
    response_format: JsonObject | None

    @property
    def text(self) -> str | None:
        """The text, None for a chat prompt."""
        return self.content if isinstance(self.content, str) else None

    @property
    def messages(self) -> Sequence[Message]:
        """The messages; a text prompt is one of the user, as most models want it."""
        return (Message("user", self.content),) if isinstance(self.content, str) else self.content

    def __str__(self) -> str:
        """Return the text; a chat prompt is shown as `repr` does, for it is no text."""
        return self.content if isinstance(self.content, str) else repr(self)

    def __repr__(self) -> str:
        """Name the prompt. What is said stays out of it: values get into logs."""
        kind = "characters" if isinstance(self.content, str) else "messages"
        return f"<RenderedPrompt {self.name}, {len(self.content)} {kind}>"
