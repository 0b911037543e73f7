"""Messages for formats whose messages are a role and a text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from promptsync.formats.conversion import Note, listed
from promptsync.prompt import Message, Prompt

_SHORT = re.compile(r"[\w .-]{1,64}")


def _no_media(_: Mapping[str, Any]) -> str | None:
    return None


@dataclass(slots=True)
class PlainMessages:
    """What a format can hold of messages: which roles, and text alone.

    `write_part` writes a part that is no text, such as an image; None where the format cannot.
    With `trims` the format drops empty lines around a message; `keeps` are the members of a
    message besides role and content that it has a place for, as short texts.
    """

    format_title: str
    roles: Collection[str]
    default_role: str
    write_part: Callable[[Mapping[str, Any]], str | None] = _no_media
    trims: bool = False
    keeps: Collection[str] = ()
    notes: list[Note] = field(default_factory=list)

    def of(self, prompt: Prompt) -> list[Message]:
        """Return the messages of a prompt; what is left out or changed is in `notes`."""
        if isinstance(prompt.content, str):
            message = (
                f"{self.format_title} has no text prompts: it is one `{self.default_role}` message"
            )
            self.notes.append(Note("content", message, is_lost=False))
            return [Message(self.default_role, self._trimmed(prompt.content, 1))]
        return list(self._kept(prompt.content))

    def _kept(self, messages: tuple[Message, ...]) -> Iterator[Message]:
        for number, message in enumerate(messages, start=1):
            role = self._role(message, number)
            if role is None:
                continue
            kept = {key: each for key, each in message.extra.items() if self._keeps(key, each)}
            if left_out := [key for key in message.extra if key not in kept]:
                self._lose(f"{listed(left_out)} of message {number}")
            yield Message(role, self._trimmed(self._text(message, number), number), kept)

    def _keeps(self, key: str, value: object) -> bool:
        return key in self.keeps and isinstance(value, str) and _SHORT.fullmatch(value) is not None

    def _role(self, message: Message, number: int) -> str | None:
        if message.role in self.roles:
            return message.role
        if message.role == "developer" and "system" in self.roles:
            said = f"message {number}: the role `developer` becomes `system`"
            self.notes.append(Note("content", said, is_lost=False))
            return "system"
        self._lose(f"message {number}, whose role is `{message.role}`,")
        return None

    def _text(self, message: Message, number: int) -> str:
        if isinstance(message.content, str):
            return message.content
        texts = []
        for part in message.content:
            text = self._part(part)
            if text is None:
                kind = part.get("type", "part") if isinstance(part, Mapping) else "part"
                self._lose(f"the `{kind}` in message {number}")
            else:
                texts.append(text)
        return "\n".join(texts)

    def _trimmed(self, text: str, number: int) -> str:
        trimmed = text.strip("\n") if self.trims else text
        if trimmed != text:
            said = f"{self.format_title} drops the empty lines around message {number}"
            self.notes.append(Note("content", said))
        return trimmed

    def _part(self, part: Any) -> str | None:
        if not isinstance(part, Mapping):
            return None
        if part.get("type") == "text" and isinstance(part.get("text"), str):
            return str(part["text"])
        return self.write_part(part)

    def _lose(self, what: str) -> None:
        self.notes.append(Note("content", f"{what} has no place in {self.format_title}"))


_ROLES = {"human": "user", "ai": "assistant", "model": "assistant"}


def to_message(value: Any) -> Message | None:
    """Read a message as JSON has it, None for what is none.

    Accepts `{"role", "content", …}` of OpenAI and LangSmith, `{"type": "human", "content"}` and
    `["human", "…"]` of LangChain.
    """
    match value:
        case [str(role), str(text)]:
            return Message(_ROLES.get(role, role), text)
        case {"data": dict(data), **outer}:
            return to_message({**outer, **data})
        case {"role": str()} | {"type": str()}:
            return _read_members(value)
    return None


def _read_members(value: Mapping[str, Any]) -> Message | None:
    members = dict(value)
    role = members.pop("role" if "role" in members else "type")
    content = members.pop("content", None)
    if not isinstance(role, str) or not isinstance(content, str | list | None):
        return None
    return Message(_ROLES.get(role, role), "" if content is None else content, members)


def to_json(messages: tuple[Message, ...]) -> list[dict[str, Any]]:
    """Return messages as JSON has them."""
    return [{"role": each.role, "content": each.content, **each.extra} for each in messages]


def json_text(value: object) -> str:
    """Return a JSON document for people to read."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
