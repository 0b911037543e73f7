"""Fill in the variables of a prompt. Roles are parsed before, so that no value makes a message.

Filled in is every text of the messages, also within parts such as an image's URL, and the texts
in `params`, `tools` and `response_format`, as Braintrust's SDK does it. Keys, roles, the model and
what messages have beside their content, such as `tool_calls`, are left as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, Protocol, TypeAlias

from promptsync.errors import MissingVariableError, RenderError
from promptsync.mustache import Mustache
from promptsync.prompt import Message, Prompt, Template
from promptsync.rendered_prompt import RenderedPrompt
from promptsync.template_errors import MissingNameError, TemplateError

Values: TypeAlias = Mapping[str, object]
_Fill: TypeAlias = Callable[[Values], Any]

# What a text has to hold for there to be anything to fill in.
_TAGS = {Template.MUSTACHE: ("{{",), Template.JINJA2: ("{{", "{%", "{#"), Template.NONE: ()}


class Renderer:
    """A prompt whose templates are understood: `compile_prompt` makes it.

    `variables` are the names that have to be given: of Mustache those outside of every section,
    and the sections, for names inside of one may belong to its items; of Jinja2 all that are
    looked up.
    """

    def __init__(self, prompt: Prompt, where: str) -> None:
        texts = _Texts(prompt.template, where)
        self.prompt, self.where = prompt, where
        content = prompt.content
        self._content = texts.fill(content, "its text") if isinstance(content, str) else None
        self._messages = [] if isinstance(content, str) else list(texts.messages(content))
        self._params = texts.fill(prompt.params, "`params`")
        self._response_format = texts.fill(prompt.response_format, "`response_format`")
        self._tools = texts.tools(prompt.tools)
        self.variables = texts.variables

    def __reduce__(self) -> tuple[type[Renderer], tuple[Prompt, str]]:
        """Travel to other processes as the prompt: what was understood is not for pickles."""
        return Renderer, (self.prompt, self.where)

    def render(self, variables: Values) -> RenderedPrompt:
        """Return the prompt with its variables filled in; what else is given is not used.

        Raises MissingVariableError, and RenderError for a value that cannot be said.
        """
        prompt = self.prompt
        content: str | tuple[Message, ...]
        if isinstance(prompt.content, str):
            content = self._content(variables) if self._content else prompt.content
        else:
            content = tuple(
                [
                    Message(message.role, fill(variables), message.extra) if fill else message
                    for message, fill in self._messages
                ]
            )
        return RenderedPrompt(
            prompt.name,
            content,
            prompt.model,
            self._params(variables) if self._params else prompt.params,
            self._tools(variables) if self._tools else None,
            self._response_format(variables) if self._response_format else prompt.response_format,
        )


def compile_prompt(prompt: Prompt, *, where: str) -> Renderer:
    """Understand the templates of an expanded prompt, once. `where` is its file, for errors.

    Raises RenderError, with file and line, for a template that is wrong.
    """
    return Renderer(prompt, where)


class Dialect(Protocol):
    """A text that was understood; `names` have to be given."""

    names: frozenset[str]

    def render(self, values: Values) -> str:
        """Return the text. Raises MissingNameError and TemplateError."""
        ...

    def missing(self, values: Values) -> Collection[str]:
        """Return the variables that were not given."""
        ...


def understand(text: str, template: Template) -> Dialect | None:
    """Understand one text, None where there is nothing to fill in. Raises TemplateError."""
    if not any(tag in text for tag in _TAGS[template]):
        return None
    if template is Template.MUSTACHE:
        return Mustache(text)
    from promptsync.jinja import Jinja  # imports Jinja2

    return Jinja(text)


class _Texts:
    """The texts of one prompt; `dialects` are those that were understood."""

    def __init__(self, template: Template, where: str) -> None:
        self.template, self.where = template, where
        self.dialects: list[Dialect] = []

    @property
    def variables(self) -> frozenset[str]:
        # Most prompts have one text with variables, and thousands of prompts are held.
        names = [each.names for each in self.dialects]
        return names[0] if len(names) == 1 else frozenset[str]().union(*names)

    def messages(self, messages: Iterable[Message]) -> Iterable[tuple[Message, _Fill | None]]:
        for number, message in enumerate(messages, 1):
            yield message, self.fill(message.content, f"message {number}, {message.role}")

    def tools(self, tools: list[Any] | str | None) -> _Fill | None:
        """Return what makes the list of tools: a text of them is filled in, then read as JSON."""
        if not tools:
            return None
        fill = self.fill(tools, "`tools`")
        if fill is None:
            return partial(_always, self._tools_in(tools))
        return lambda values: self._tools_in(fill(values))

    def fill(self, value: Any, place: str) -> _Fill | None:
        """Return what fills in a JSON value, None where there is nothing to fill in."""
        if isinstance(value, str):
            return self._fill_text(value, place)
        if isinstance(value, Mapping):
            fills = {key: self.fill(each, f"{place}, `{key}`") for key, each in value.items()}
            return _members(value, fills) if any(fills.values()) else None
        if isinstance(value, (list, tuple)):
            listed = [self.fill(each, f"{place}, part {n}") for n, each in enumerate(value, 1)]
            return _items(value, listed) if any(listed) else None
        return None

    def _fill_text(self, text: str, place: str) -> _Fill | None:
        try:
            dialect = understand(text, self.template)
        except TemplateError as error:
            raise self._error(error, place) from error
        if dialect is None:
            return None
        self.dialects.append(dialect)

        def fill(values: Values) -> str:
            try:
                return dialect.render(values)
            except MissingNameError as error:
                raise self._missing(error, place, values) from error
            except TemplateError as error:
                raise self._error(error, place) from error

        return fill

    def _tools_in(self, tools: list[Any] | str) -> list[Any]:
        if isinstance(tools, list):
            return tools
        try:
            read = json.loads(tools)
        except ValueError as error:
            raise RenderError(f"{self.where}: `tools` is no JSON: {error}") from error
        if not isinstance(read, list):
            raise RenderError(f"{self.where}: `tools` is no list")
        return read

    def _error(self, error: TemplateError, place: str) -> RenderError:
        message = f"{self.where}: {error.message} (line {error.line} of {place})"
        return RenderError(message, hint=error.hint)

    def _missing(self, error: MissingNameError, place: str, values: Values) -> MissingVariableError:
        from difflib import get_close_matches  # what finds all does not need it

        first, given = error.name, [*map(str, values)]
        others = {name for each in self.dialects for name in each.missing(values)}
        names = (first, *sorted(others - {first, first.partition(".")[0]}))
        near = (get_close_matches(name, given, n=1) for name in names)
        spellings = dict.fromkeys(name for found in near for name in found)
        were = _are(spellings, "was", "were")
        spelling = f"; {_listed(spellings)} {were} given" if spellings else ""
        line = f"line {error.line} of {place}"
        return MissingVariableError(
            f"{self.where}: the variable{_are(names, '', 's')} {_listed(names)} "
            f"{_are(names, 'is', 'are')} not given "
            f"({_are(names, '', f'`{first}`: ')}{line}){spelling}",
            variables=names,
            hint="every variable needs a value; None is said as nothing",
        )


def _listed(names: Iterable[str]) -> str:
    *others, last = [f"`{each}`" for each in names]
    return f"{', '.join(others)} and {last}" if others else last


def _are(names: Collection[str], one: str, several: str) -> str:
    return one if len(names) == 1 else several


def _always(value: Any, _: Values) -> Any:
    return value


def _members(value: Mapping[str, Any], fills: Mapping[str, _Fill | None]) -> _Fill:
    def fill(values: Values) -> dict[str, Any]:
        return {key: make(values) if (make := fills[key]) else each for key, each in value.items()}

    return fill


def _items(items: Iterable[Any], fills: Iterable[_Fill | None]) -> _Fill:
    pairs = list(zip(items, fills, strict=True))

    def fill(values: Values) -> list[Any]:
        return [make(values) if make else each for each, make in pairs]

    return fill
