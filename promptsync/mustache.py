"""Fill in the variables of a Mustache text.

https://mustache.github.io/mustache.5.html but for three things: nothing is escaped for HTML, a
variable that is not there is an error, and functions are not called. Own code because an error
has to name the line, and because filling in costs little more than replacing text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from promptsync.errors import RenderError
from promptsync.mustache_syntax import Part, Section, Variable, parse_mustache
from promptsync.template_errors import MissingNameError, TemplateError
from promptsync.value_text import is_list, to_text

Values = Mapping[str, object]
_NOTHING = object()


class Mustache:
    """A template that was understood once, to be filled in many times.

    `names` are the variables outside of every section, and the sections themselves: names inside
    of one may belong to its items.
    """

    __slots__ = ("_parts", "_pieces", "_slots", "_text", "names")

    def __init__(self, text: str) -> None:
        parts = parse_mustache(text)
        self.names = frozenset(
            each.path[0] for each in parts if not isinstance(each, str) and each.path
        )
        is_flat = all(map(_is_flat, parts))
        # Applications hold thousands of these: a flat template is understood again for an error.
        self._text, self._parts = text, () if is_flat else parts
        self._pieces = [each if isinstance(each, str) else "" for each in parts] if is_flat else []
        self._slots = [
            (index, each.name)
            for index, each in enumerate(parts)
            if is_flat and not isinstance(each, str)
        ]

    def render(self, values: Values) -> str:
        """Return the text. Raises MissingNameError and TemplateError."""
        if self._slots:
            pieces = self._pieces.copy()
            try:
                for index, name in self._slots:
                    value = values[name]
                    pieces[index] = value if type(value) is str else to_text(value)
            except (KeyError, RenderError):
                pass  # said again below, by what knows the line
            else:
                return "".join(pieces)
        said: list[str] = []
        _say(self._parts or parse_mustache(self._text), (values,), said.append)
        return "".join(said)

    def missing(self, values: Values) -> Collection[str]:
        """Return the variables that were not given, by name."""
        return sorted(self.names - values.keys())


def _is_flat(part: Part) -> bool:
    return isinstance(part, str) or (isinstance(part, Variable) and len(part.path) == 1)


def _say(parts: Iterable[Part], stack: tuple[object, ...], say: Callable[[str], None]) -> None:
    for part in parts:
        if isinstance(part, str):
            say(part)
        elif isinstance(part, Variable):
            say(_text(part, stack))
        else:
            _say_section(part, stack, say)


def _text(variable: Variable, stack: tuple[object, ...]) -> str:
    try:
        return to_text(_value(variable, stack))
    except RenderError as error:
        raise TemplateError(
            f"`{variable.name}`: {error.message}", variable.line, error.hint
        ) from error


def _say_section(section: Section, stack: tuple[object, ...], say: Callable[[str], None]) -> None:
    items = _items(section, _value(section, stack))
    if not section.is_inverted:
        for item in items:
            _say(section.parts, (*stack, item), say)
    elif not items:
        _say(section.parts, stack, say)


def _items(section: Section, value: object) -> Collection[object]:
    if is_list(value):
        return tuple(value)
    if callable(value) or isinstance(value, Iterator):
        raise TemplateError(
            f"`{section.name}` is a {type(value).__name__}, which is not called or used up here",
            section.line,
            "pass the list or the value that it gives",
        )
    return (value,) if value else ()


def _value(tag: Variable | Section, stack: tuple[object, ...]) -> object:
    if not tag.path:
        return stack[-1]
    first, *rest = tag.path
    for context in reversed(stack):
        if (value := _member(context, first)) is not _NOTHING:
            break
    else:
        raise MissingNameError(tag.name, tag.line)
    for key in rest:
        if (value := _member(value, key)) is _NOTHING:
            raise MissingNameError(tag.name, tag.line)
    return value


def _member(value: object, key: str) -> object:
    """Return what a value has under a key: of a mapping, a list's number, or a public attribute."""
    if isinstance(value, Mapping):
        return value.get(key, _NOTHING)
    if isinstance(value, Sequence) and key.isdecimal():
        return value[int(key)] if int(key) < len(value) else _NOTHING
    if type(value).__module__ == "builtins" or key.startswith("_"):
        return _NOTHING
    return getattr(value, key, _NOTHING)
