"""Composite prompts: expand includes, and say who includes whom.

`{{> name}}` takes in the text of another text prompt, in every template dialect. With a backslash
before it, it is literal; of several backslashes one is taken off.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from promptsync.prompt import Message, Prompt

MAX_EXPANDED = 1024 * 1024

_INCLUDE = re.compile(r"(\\*)\{\{>\s*([A-Za-z0-9_.-]+)\s*\}\}")


class CompositionError(Exception):
    """An include that cannot be expanded; `include` is the name the directive asks for."""

    def __init__(self, message: str, include: str) -> None:
        super().__init__(message)
        self.message = message
        self.include = include


def expand(prompt: Prompt, catalog: Mapping[str, Prompt]) -> Prompt:
    """Return the prompt with every include replaced by the text of its partial.

    Raises CompositionError for a missing partial, a chat prompt used as one, a cycle (naming the
    chain) and a result over 1 MiB.
    """
    if not has_directive(prompt):
        return prompt
    return _map_text(prompt, lambda text: _expand_text(text, catalog, (prompt.name,)))


def has_directive(prompt: Prompt) -> bool:
    """Tell whether a prompt holds an include directive, escaped or not."""
    return any("{{>" in text and _INCLUDE.search(text) for text in _texts(prompt))


def includes_of(prompt: Prompt) -> tuple[str, ...]:
    """Return the names a prompt includes itself, in order, each once."""
    names = (
        found.group(2)
        for text in _texts(prompt)
        for found in _INCLUDE.finditer(text)
        if not found.group(1)
    )
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
    return _map_text(prompt, lambda text: _INCLUDE.sub(r"\\\g<0>", text))


def line_of_include(text: str, name: str) -> int:
    """Return the line of a file on which a name is included, 1 when it is not there."""
    for found in _INCLUDE.finditer(text):
        if found.group(2) == name and not found.group(1):
            return text.count("\n", 0, found.start()) + 1
    return 1


def _expand_text(text: str, catalog: Mapping[str, Prompt], chain: tuple[str, ...]) -> str:
    def replacement(found: re.Match[str]) -> str:
        backslashes, name = found.groups()
        return found.group(0)[1:] if backslashes else _partial_text(name, catalog, chain)

    expanded = _INCLUDE.sub(replacement, text)
    if len(expanded) > MAX_EXPANDED:
        raise CompositionError("the expanded prompt is larger than 1 MiB", chain[-1])
    return expanded


def _partial_text(name: str, catalog: Mapping[str, Prompt], chain: tuple[str, ...]) -> str:
    partial = catalog.get(name)
    if name in chain:
        raise CompositionError(f"includes go in a circle: {_shown((*chain, name))}", name)
    if partial is None:
        raise CompositionError(
            f"there is no prompt `{name}` to include: {_shown((*chain, name))}", name
        )
    if not isinstance(partial.content, str):
        raise CompositionError(
            f"`{name}` is a chat prompt; only a text prompt can be included", name
        )
    return _expand_text(partial.content, catalog, (*chain, name))


def _shown(chain: tuple[str, ...]) -> str:
    return " -> ".join(chain)


def _texts(prompt: Prompt) -> Iterator[str]:
    if isinstance(prompt.content, str):
        yield prompt.content
        return
    for message in prompt.content:
        if isinstance(message.content, str):
            yield message.content


def _map_text(prompt: Prompt, change: Callable[[str], str]) -> Prompt:
    if isinstance(prompt.content, str):
        return replace(prompt, content=change(prompt.content))
    return replace(prompt, content=tuple(_map_message(each, change) for each in prompt.content))


def _map_message(message: Message, change: Callable[[str], str]) -> Message:
    if not isinstance(message.content, str):
        return message
    return replace(message, content=change(message.content))
