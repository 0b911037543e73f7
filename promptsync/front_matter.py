"""YAML front matter: text to JSON values, safe against hostile input.

YAML is YAML 1.1 as PyYAML reads it, with two differences: dates stay text (JSON has none), and
anchors, aliases, tags and repeated keys are errors, because a reviewer cannot see what they mean.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError

from promptsync.prompt import Json

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 255

TOO_DEEP = f"front matter is nested deeper than {MAX_DEPTH} levels"

# libyaml's parser, five times as fast; wheels bring it, some builds from source do not.
_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FrontMatterError(Exception):
    """What is wrong with the YAML, and where: `line` and `column` count from 1 within it."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class _Loader(_BaseLoader):  # type: ignore[misc]  # chosen at run time
    yaml_implicit_resolvers = {  # noqa: RUF012  the name and form PyYAML reads
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
    }

    def resolve(self, kind: type, value: str, implicit: tuple[bool, bool]) -> str:
        """Return the tag of a node; PyYAML asks up to eight regular expressions for each."""
        if kind is yaml.ScalarNode and implicit[0] and len(value) <= _SHORT:
            return _plain_tag(value)
        tag: str = super().resolve(kind, value, implicit)
        return tag


# Keys and short values come again in every file.
_SHORT = 40


@lru_cache(maxsize=4096)
def _plain_tag(value: str) -> str:
    tag: str = _BaseLoader.resolve(_Loader, yaml.ScalarNode, value, (True, False))
    return tag


def read_front_matter(text: str) -> dict[str, Any]:
    """Parse YAML into a mapping of JSON values. Raises FrontMatterError."""
    node = compose(text)
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterError("front matter must be a mapping of keys to values")
    return _mapping(node, 1)


def read_yaml(text: str) -> Json:
    """Parse YAML into any JSON value, by the same rules. Raises FrontMatterError."""
    node = compose(text)
    return None if node is None else value_of(node, 0)


def line_of(text: str, *path: str | int) -> int:
    """Return the line of the key at `path` within valid front matter, 1 when it is not there."""
    return lines_of(text, [path])[0]


def lines_of(text: str, paths: Iterable[tuple[str | int, ...]]) -> list[int]:
    """Return the line of each path, as `line_of` does, reading the text once."""
    root = compose(text)
    return [_line(root, path) for path in paths]


def _line(node: yaml.Node | None, path: tuple[str | int, ...]) -> int:
    line = 1
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = [(each, each) for each in node.value[step : step + 1]]
        elif isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
        else:
            break
        if not found:
            break
        line = found[0][0].start_mark.line + 1
        node = found[0][1]
    return line


def compose(text: str, *, max_length: int = MAX_BYTES) -> yaml.Node | None:
    """Parse YAML into nodes, which know where they stand. Raises FrontMatterError."""
    if len(text) > max_length:
        raise FrontMatterError(f"front matter is larger than {max_length // 1024} KiB")
    try:
        if _needs_care(text):
            _check_events(text)
        loader = _Loader(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _translated(error) from error
    except ReaderError as error:
        at = text.find(chr(error.character))
        message = f"invalid YAML: character U+{error.character:04X} must be escaped in quotes"
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        raise FrontMatterError(message, line, column) from error
    return node


# libyaml's composer recurses in C and overflows the stack on a few 10,000 levels, so nesting is
# bounded from above before it runs. Each level costs a bracket, or a column of structure at the
# start of a line; a byte order mark and YAML 1.1's other line ends are allowed there too.
_STRUCTURE = re.compile(rf"[-?:\s\ufeff]{{{MAX_DEPTH}}}")

# Anchors, aliases and tags start with one of these, after anything but a word.
_INDICATOR = re.compile(r"[&*!](?<!\w.)")


def _needs_care(text: str) -> bool:
    return bool(
        text.count("[") + text.count("{") > MAX_DEPTH
        or _INDICATOR.search(text)
        or _STRUCTURE.search(text)
    )


def _check_events(text: str) -> None:
    """Refuse deep nesting, anchors, aliases and tags: events come without recursion."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _at(event, TOO_DEEP)
        if getattr(event, "anchor", None) is not None:
            raise _at(event, "anchors and aliases are not allowed in front matter")
        if (tag := getattr(event, "tag", None)) is not None:
            raise _at(event, f"the tag `{tag[:60]}` is not allowed in front matter")


_TAG = "tag:yaml.org,2002:"
_TEXT = f"{_TAG}str"
_CONSTRUCTOR = SafeConstructor()
_SCALARS: dict[str, Callable[[yaml.ScalarNode], Json]] = {
    f"{_TAG}null": _CONSTRUCTOR.construct_yaml_null,
    f"{_TAG}bool": _CONSTRUCTOR.construct_yaml_bool,
    f"{_TAG}int": _CONSTRUCTOR.construct_yaml_int,
    f"{_TAG}float": _CONSTRUCTOR.construct_yaml_float,
}


def value_of(node: yaml.Node, depth: int = 1) -> Json:
    """Return the JSON value that a node stands for. Raises FrontMatterError."""
    if node.tag == _TEXT:
        text: str = node.value
        return text
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    if depth >= MAX_DEPTH:
        raise _at(node, TOO_DEEP)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, depth + 1)
    return [value_of(each, depth + 1) for each in node.value]


def _mapping(node: yaml.MappingNode, depth: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, value in node.value:
        if key.tag != _TEXT:
            raise _at(key, f"a key must be text; put {_shown(key)} in quotes")
        if key.value in members:
            raise _at(key, f"key {_shown(key)} stands twice")
        members[key.value] = value_of(value, depth)
    return members


def _scalar(node: yaml.ScalarNode) -> Json:
    if node.tag not in _SCALARS or not _is_plain_number(node):
        raise _at(node, f"{_shown(node)} has no equivalent in JSON; put text in quotes")
    return _SCALARS[node.tag](node)


def _is_plain_number(node: yaml.ScalarNode) -> bool:
    """Refuse `.inf`, `.nan`, and YAML 1.1's base 60, which reads `12:30` as 750."""
    if node.tag == f"{_TAG}int":
        return ":" not in node.value and len(node.value) <= MAX_INTEGER_DIGITS
    if node.tag == f"{_TAG}float":
        try:
            return math.isfinite(float(node.value.replace("_", "")))
        except ValueError:
            return False
    return True


def _shown(node: yaml.Node) -> str:
    return f"`{node.value[:40]}`" if isinstance(node, yaml.ScalarNode) else "it"


def _at(place: Any, message: str) -> FrontMatterError:
    return _at_mark(place.start_mark, message)


def _translated(error: yaml.MarkedYAMLError) -> FrontMatterError:
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    return _at_mark(error.problem_mark or error.context_mark, f"invalid YAML: {reason}")


def _at_mark(mark: Any, message: str) -> FrontMatterError:
    return FrontMatterError(message, mark.line + 1, mark.column + 1)
