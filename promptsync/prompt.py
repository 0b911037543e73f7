"""A prompt: what is said to a model, and how. Values only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum

from promptsync.light_dataclass import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    # One recursive type for what YAML, JSON and every registry can carry. `Any` stands for the
    # inner values: the recursive form makes each read a chain of isinstance checks and catches
    # nothing here.
    Json: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any] | None
    JsonObject: TypeAlias = Mapping[str, Any]
else:  # importing typing costs 3 ms; `typing.get_type_hints`, as of web frameworks, needs names
    Any = Json = object
    JsonObject = Mapping

# Who speaks in a chat prompt.
ROLES = ("system", "developer", "user", "assistant", "tool")
# Vendors know a few more, which stand in front matter: OpenAI's older one, and Gemini's.
VENDOR_ROLES = (*ROLES, "function", "model")


class Template(Enum):
    """The dialect of the variables in a prompt; with NONE, braces are plain text."""

    MUSTACHE = "mustache"
    JINJA2 = "jinja2"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat prompt.

    `role` is who speaks: system, developer, user, assistant or tool, or a vendor's own. `content`
    is text, or a list of parts as the model vendors define them (text, image_url, …). `extra` holds
    what some roles add: `name`, `tool_calls`, `tool_call_id`.
    """

    role: str
    content: str | list[Any]
    extra: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A prompt as git or a registry holds it.

    `content` is text (a text prompt) or messages (a chat prompt). `params` are spelled as in the
    prompt file; `tools` is a list as OpenAI has it, or text where a template makes the list.
    `inputs` maps a variable to its `type`, `description` and `example`. A `partial` is only taken
    in by others. `registry_options` maps a registry kind to what only that service holds, such as
    Braintrust's `parser`. Mappings and lists are those that were given: change a copy of them.
    """

    name: str
    content: str | tuple[Message, ...]
    title: str | None = None
    description: str | None = None
    model: str | None = None
    params: JsonObject = field(default_factory=dict)
    tools: list[Any] | str | None = None
    response_format: JsonObject | None = None
    template: Template = Template.MUSTACHE
    tags: tuple[str, ...] = ()
    metadata: JsonObject = field(default_factory=dict)
    partial: bool = False
    inputs: JsonObject = field(default_factory=dict)
    registry_options: Mapping[str, JsonObject] = field(default_factory=dict)

    @property
    def is_chat(self) -> bool:
        """Whether the prompt is a list of messages rather than one text."""
        return not isinstance(self.content, str)

    def served_name(self, kind: str) -> str:
        """Return the name this prompt has in registries of that kind: `name`, or a stated one."""
        options = self.registry_options.get(kind, {})
        return str(options.get("slug") or options.get("name") or self.name)


def texts_of(prompt: Prompt) -> Iterator[str]:
    """Yield every text of a prompt, those in the parts of messages too, such as an image's URL."""
    if isinstance(prompt.content, str):
        yield prompt.content
        return
    for message in prompt.content:
        yield from _texts_in(message.content)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(part)


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are equal as JSON has it: 1 is 1.0, but true is not 1."""
    if one != other:
        return False
    if isinstance(one, Mapping):
        return all(is_same(member, other[key]) for key, member in one.items())
    if isinstance(one, (list, tuple)):
        return all(map(is_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool)


# Keys of a registry's table that say where a prompt lives, not how it behaves.
NAMING_KEYS = frozenset({"slug", "name"})
