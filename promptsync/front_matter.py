"""YAML front matter: text to JSON values and back, safe against hostile input.

YAML is YAML 1.1 as PyYAML reads it, with two differences: dates stay text (JSON has none), and
anchors, aliases, tags and repeated keys are errors, because a reviewer cannot see what they mean.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.reader import ReaderError

from promptsync.prompt import Json

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64
MAX_INTEGER_DIGITS = 255

_TOO_DEEP = f"front matter is nested deeper than {MAX_DEPTH} levels"

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
            raise _at(event, _TOO_DEEP)
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
        raise _at(node, _TOO_DEEP)
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


class _Dumper(yaml.SafeDumper):
    """PyYAML's own emitter: libyaml's writes emoji as escapes and texts with one on one line."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write equal values out twice instead of as an anchor, which reading refuses."""
        return True


# YAML 1.1 takes them for line ends, and normalises some.
_FOREIGN_LINE_END = re.compile("[\r\x85\u2028\u2029]")


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # A literal block keeps the line breaks a reviewer wants to see. PyYAML falls back to quotes
    # by itself where a block cannot hold the text, such as spaces before a line break.
    style = "|" if "\n" in value else None
    if _FOREIGN_LINE_END.search(value):
        style = '"'
    return dumper.represent_scalar(_TEXT, value, style=style)


_Dumper.add_representer(str, _represent_text)


def write_front_matter(values: Mapping[str, Json]) -> str:
    """Write a mapping as YAML, keys in the given order. Reading it gives the mapping back.

    Raises FrontMatterError for values that reading would refuse.
    """
    if not values:
        return ""
    try:
        json.dumps(values, ensure_ascii=False, allow_nan=False).encode()
        text = _dump(dict(values), width=100)
    except UnicodeEncodeError as error:
        raise FrontMatterError("a value is not valid Unicode text") from error
    except ValueError as error:
        raise FrontMatterError("a number is infinite or not a number") from error
    except RecursionError as error:
        raise FrontMatterError(_TOO_DEEP) from error
    # After a text that ends with blank lines PyYAML closes the document, which `---` does here.
    if text.endswith("\n...\n"):
        text = text.removesuffix("...\n")
    read_front_matter(text)
    return text


def write_inline(value: Json) -> str:
    """Write one value as it can stand after a key on the same line, where it has a single line."""
    return (
        _dump(value, width=math.inf, default_flow_style=True).removesuffix("\n...\n").rstrip("\n")
    )


def write_quoted(text: str) -> str:
    """Write text in double quotes on one line, which holds any text in any place."""
    node = yaml.ScalarNode(_TEXT, text, style='"')
    written: str = yaml.serialize(node, Dumper=_Dumper, allow_unicode=True, width=math.inf)
    return written.rstrip("\n")


def _dump(value: Json, **options: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, **options)
    return text
