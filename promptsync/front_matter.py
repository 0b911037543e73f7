"""YAML front matter: text to JSON values and back, safe against hostile input.

YAML is YAML 1.1 as PyYAML reads it, with two differences: dates stay text (JSON has none), and
anchors, aliases and repeated keys are errors, because a reviewer cannot see what they mean.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from promptsync.prompt import Json

MAX_BYTES = 256 * 1024
MAX_DEPTH = 64

_BaseLoader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_BaseDumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class FrontMatterError(Exception):
    """What is wrong with the YAML, and where: `line` and `column` count from 1 within it."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


class _Loader(_BaseLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012  the name and form PyYAML reads
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in _BaseLoader.yaml_implicit_resolvers.items()
    }


def read_front_matter(text: str) -> dict[str, Any]:
    """Parse YAML into a mapping of JSON values. Raises FrontMatterError."""
    try:
        node = _compose(text)
        if node is None:
            return {}
        _check_nodes(node, seen=set())
        loader = _Loader("")
        try:
            value = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise _translated(error) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # yaml.YAMLError without a mark: characters YAML does not allow. ValueError: `!!int x`.
        raise FrontMatterError(f"invalid YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(value, dict):
        raise FrontMatterError("front matter must be a mapping of keys to values")
    return value


def line_of(text: str, *path: str | int) -> int:
    """Return the line of the key at `path` within valid front matter, 1 when it is not there."""
    node = _compose(text)
    line = 1
    for step in path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line + 1
            continue
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = [(key, value) for key, value in pairs if key.value == step]
        if not found:
            break
        line = found[0][0].start_mark.line + 1
        node = found[0][1]
    return line


def _compose(text: str) -> yaml.Node | None:
    if len(text) > MAX_BYTES:
        raise FrontMatterError(f"front matter is larger than {MAX_BYTES // 1024} KiB")
    if _may_be_deep(text):
        _check_depth(text)
    loader = _Loader(text)
    try:
        node: yaml.Node | None = loader.get_single_node()
    finally:
        loader.dispose()
    return node


_BLOCK_STRUCTURE = re.compile(r"^[ \t]*(?:[-?:][ \t]+)*", re.MULTILINE)


def _may_be_deep(text: str) -> bool:
    """Bound the nesting from above without parsing.

    libyaml's composer recurses in C and overflows the stack on a few 10,000 levels. Each level
    costs a bracket, or a column at the start of some line.
    """
    if text.count("[") + text.count("{") > MAX_DEPTH:
        return True
    return max(map(len, _BLOCK_STRUCTURE.findall(text))) > MAX_DEPTH


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH:
            mark = event.start_mark
            raise FrontMatterError(
                f"front matter is nested deeper than {MAX_DEPTH} levels",
                mark.line + 1,
                mark.column + 1,
            )


def _check_nodes(node: yaml.Node, seen: set[int]) -> None:
    # The composer resolves an alias to the very node of its anchor: met twice means aliased.
    if id(node) in seen:
        raise _at(node, "anchors and aliases are not allowed in front matter")
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _check_nodes(child, seen)
    elif isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, value in node.value:
            if key.tag != "tag:yaml.org,2002:str":
                raise _at(key, f"key `{_shown(key)}` must be text; put it in quotes")
            if key.value in keys:
                raise _at(key, f"key `{_shown(key)}` stands twice")
            keys.add(key.value)
            _check_nodes(value, seen)
    elif node.tag not in _SCALAR_TAGS or not _is_plain_number(node):
        raise _at(node, f"`{_shown(node)}` has no equivalent in JSON; put text in quotes")
    if node.tag.startswith("!") or node.tag in _FOREIGN_TAGS:
        raise _at(node, f"the tag `{node.tag}` is not allowed in front matter")


_SCALAR_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")
)
_FOREIGN_TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("set", "omap", "pairs"))


def _is_plain_number(node: yaml.Node) -> bool:
    """Refuse `.inf`, `.nan`, and YAML 1.1's base 60, which reads `12:30` as 750."""
    if node.tag.endswith(":int"):
        return ":" not in node.value
    if node.tag.endswith(":float"):
        try:
            return math.isfinite(float(node.value.replace("_", "")))
        except ValueError:
            return False
    return True


def _shown(node: yaml.Node) -> str:
    return str(node.value)[:40]


def _at(node: yaml.Node, message: str) -> FrontMatterError:
    return FrontMatterError(message, node.start_mark.line + 1, node.start_mark.column + 1)


def _translated(error: yaml.MarkedYAMLError) -> FrontMatterError:
    mark = error.problem_mark or error.context_mark
    message = f"invalid YAML: {error.problem or error.context}"
    return (
        FrontMatterError(message, mark.line + 1, mark.column + 1)
        if mark
        else FrontMatterError(message)
    )


class _Dumper(_BaseDumper):
    def ignore_aliases(self, data: Any) -> bool:
        """Write equal values out twice instead of as an anchor, which reading refuses."""
        return True


def _represent_text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # A literal block keeps the line breaks a reviewer wants to see. PyYAML falls back to quotes
    # by itself where a block cannot hold the text, such as spaces before a line break.
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _represent_text)


def write_front_matter(values: Mapping[str, Json]) -> str:
    """Write a mapping as YAML, keys in the given order. Reading it gives the mapping back.

    Raises FrontMatterError for text that no UTF-8 file can hold.
    """
    if not values:
        return ""
    try:
        text: str = yaml.dump(
            dict(values), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
        )
        text.encode()
    except (UnicodeEncodeError, yaml.YAMLError) as error:
        raise FrontMatterError("a value is not valid Unicode text") from error
    return text


def json_values(value: object) -> Iterator[object]:
    """Yield every scalar inside a JSON value."""
    if isinstance(value, Mapping):
        for member in value.values():
            yield from json_values(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from json_values(member)
    else:
        yield value


def is_json(value: object) -> bool:
    """Tell whether a value can be written as JSON: no NaN, no infinity, no foreign type."""
    return all(
        each is None
        or isinstance(each, (str, int))
        or (isinstance(each, float) and math.isfinite(each))
        for each in json_values(value)
    )
