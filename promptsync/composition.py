"""Composite prompts: expand includes, and say who includes whom.

`{{> name}}` takes in the text of another text prompt, in every template dialect. With a backslash
before it, it is literal; of several backslashes one is taken off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from promptsync.prompt import Message, Prompt

MAX_EXPANDED = 1024 * 1024
MAX_NESTING = 64

# The lookbehind keeps the search of a long run of backslashes linear.
_INCLUDE = re.compile(r"(?<!\\)(\\*)\{\{>\s*([A-Za-z0-9_.-]+)\s*\}\}")


class CompositionError(Exception):
    """An include that cannot be expanded.

    `include` is the name in the prompt's own text that leads to it, at whatever depth.
    """

    def __init__(self, message: str, include: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.include = include
        self.hint = hint


def expand(prompt: Prompt, catalog: Mapping[str, Prompt]) -> Prompt:
    """Return the prompt with every include replaced by the text of its partial.

    Raises CompositionError for a missing partial, a chat prompt used as one, a cycle (naming the
    chain), includes nested deeper than 64 and a result over 1,048,576 characters.
    """
    if not has_directive(prompt):
        return prompt
    expansion = _Expansion(catalog)
    return _map_text(prompt, lambda text: expansion.own_text(text, prompt.name))


def has_directive(prompt: Prompt) -> bool:
    """Tell whether a prompt holds an include directive, escaped or not."""
    return any("{{>" in text and _INCLUDE.search(text) for text in _texts(prompt))


def includes_of(prompt: Prompt) -> tuple[str, ...]:
    """Return the names a prompt includes itself, in order, each once."""
    names = (name for text in _texts(prompt) for name in _included_names(text))
    return tuple(dict.fromkeys(names))


def partials_of(prompt: Prompt, catalog: Mapping[str, Prompt]) -> tuple[str, ...]:
    """Return the names of all partials below a prompt, at any depth, each once."""
    found: dict[str, None] = {}
    to_visit = list(includes_of(prompt))
    while to_visit:
        name = to_visit.pop()
        if name not in found and name in catalog:
            found[name] = None
            to_visit.extend(includes_of(catalog[name]))
    return tuple(found)


def escape_includes(prompt: Prompt) -> Prompt:
    """Return remote content as a prompt file has to say it: every directive literal."""
    if not has_directive(prompt):
        return prompt
    return _map_text(prompt, escape_text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file's text as it stands there: its own words, or an include of `partial`."""

    raw: str
    partial: str | None = None


def pieces_of(text: str) -> Iterator[Piece]:
    """Cut a file's text at its includes: own words, an include, own words, and so on to the end.

    Own words come first, last and between two includes, empty where there are none.
    """
    start = 0
    for found in _INCLUDE.finditer(text):
        if not found.group(1):
            yield Piece(text[start : found.start()])
            yield Piece(found.group(), found.group(2))
            start = found.end()
    yield Piece(text[start:])


def escape_text(text: str) -> str:
    """Return text as a file has to say it: every directive literal."""
    return _INCLUDE.sub(r"\\\g<0>", text) if "{{>" in text else text


def unescape_text(own_words: str) -> str:
    """Return own words of a file, without an include, as expanding gives them."""
    return _INCLUDE.sub(lambda found: found.group()[1:], own_words)


def near_name(name: str, names: Iterable[str]) -> str | None:
    """Return the name that a missing partial may have now, None where none is like it."""
    import difflib  # what finds nothing wrong does not need it

    return next(iter(difflib.get_close_matches(name, list(names), n=1)), None)


def line_of_include(text: str, name: str) -> int:
    """Return the line of a file on which a name is included, 1 when it is not there."""
    for found in _INCLUDE.finditer(text):
        if found.group(2) == name and not found.group(1):
            return text.count("\n", 0, found.start()) + 1
    return 1


@dataclass(slots=True)
class _Expansion:
    """The expansion of one prompt.

    Each partial is expanded once, and its length is counted before it is taken in: a few files
    that include each other many times over cost neither time nor memory.
    """

    catalog: Mapping[str, Prompt]
    text_by_name: dict[str, str] = field(default_factory=dict)
    size: int = 0

    def own_text(self, text: str, name: str) -> str:
        expanded = self._expanded(text, (name,))
        self.size += len(expanded)
        if self.size > MAX_EXPANDED:
            raise CompositionError(_TOO_LARGE, next(_included_names(text), name))
        return expanded

    def _expanded(self, text: str, chain: tuple[str, ...]) -> str:
        size = len(text)

        def replacement(found: re.Match[str]) -> str:
            nonlocal size
            backslashes, name = found.groups()
            taken_in = found.group(0)[1:] if backslashes else self._partial(name, chain)
            size += len(taken_in) - len(found.group(0))
            if size > MAX_EXPANDED:
                raise CompositionError(_TOO_LARGE, (*chain, name)[1])
            return taken_in

        return _INCLUDE.sub(replacement, text)

    def _partial(self, name: str, chain: tuple[str, ...]) -> str:
        if name in chain:
            raise _error("includes go in a circle", chain, name)
        if (known := self.text_by_name.get(name)) is not None:
            return known
        if (partial := self.catalog.get(name)) is None:
            near = near_name(name, self.catalog)
            hint = f"did you mean `{near}`?" if near else None
            raise _error(f"there is no prompt `{name}` to include", chain, name, hint=hint)
        if not isinstance(partial.content, str):
            raise _error(
                f"`{name}` is a chat prompt; only a text prompt can be included", chain, name
            )
        if len(chain) > MAX_NESTING:
            raise CompositionError(f"includes are nested deeper than {MAX_NESTING}", chain[1])
        expanded = self._expanded(partial.content, (*chain, name))
        self.text_by_name[name] = expanded
        return expanded


_TOO_LARGE = f"with its includes the prompt has more than {MAX_EXPANDED:,} characters"


def _error(
    problem: str, chain: tuple[str, ...], name: str, *, hint: str | None = None
) -> CompositionError:
    shown = " -> ".join((*chain, name))
    return CompositionError(f"{problem}: {shown}", (*chain, name)[1], hint=hint)


def _included_names(text: str) -> Iterator[str]:
    if "{{>" not in text:
        return iter(())
    return (found.group(2) for found in _INCLUDE.finditer(text) if not found.group(1))


def _texts(prompt: Prompt) -> Iterator[str]:
    if isinstance(prompt.content, str):
        yield prompt.content
        return
    for message in prompt.content:
        if isinstance(message.content, str):
            yield message.content
        else:
            yield from (part["text"] for part in message.content if _is_text_part(part))


def _map_text(prompt: Prompt, change: Callable[[str], str]) -> Prompt:
    if isinstance(prompt.content, str):
        return replace(prompt, content=change(prompt.content))
    return replace(prompt, content=tuple(_map_message(each, change) for each in prompt.content))


def _map_message(message: Message, change: Callable[[str], str]) -> Message:
    if isinstance(message.content, str):
        return replace(message, content=change(message.content))
    parts = [
        {**part, "text": change(part["text"])} if _is_text_part(part) else part
        for part in message.content
    ]
    return replace(message, content=parts)


def _is_text_part(part: Any) -> bool:
    return isinstance(part, Mapping) and isinstance(part.get("text"), str)
