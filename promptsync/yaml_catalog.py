"""A catalog file in YAML: its members with their places, and a value replaced where it stands.

A long text stays the literal block that reviewers like, with the indentation it has; what no block
can hold is written in double quotes. Comments and the looks of everything else stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from promptsync.catalog_member import CatalogError, Member
from promptsync.front_matter import FrontMatterError, compose, read_front_matter, value_of
from promptsync.front_matter_writer import write_front_matter, write_inline, write_quoted
from promptsync.prompt import Json, is_same
from promptsync.splice import Splice

MAX_LENGTH = 16 * 1024 * 1024

# Text that no brace, bracket or comma ends.
_WORDS = re.compile(r"\w[\w ]*")
_HEADER = re.compile(r"[|>][-+0-9]*")


def read_members(text: str) -> list[Member]:
    """Return the members of the mapping that a file holds. Raises CatalogError."""
    try:
        root = compose(text, max_length=MAX_LENGTH)
        if root is None:
            return []
        if not isinstance(root, yaml.MappingNode):
            raise CatalogError("a catalog is a mapping of names and prompts", _start(root))
        # Checks the keys as well: text, and each once.
        values = value_of(root)
    except FrontMatterError as error:
        position = _position(text, error.line, error.column)
        raise CatalogError(error.message.replace("front matter", "a catalog"), position) from error
    if not isinstance(values, dict):
        raise TypeError("a mapping reads as a dict")
    return [
        Member(key.value, values[key.value], _start(key), _start(value), _end(value, text), value)
        for key, value in root.value
    ]


def place_within(_: str, member: Member, keys: Sequence[str | int]) -> int:
    """Return where something within a member starts: as deep as the keys lead."""
    place, node = member.place, member.node
    for step in keys:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            found = [(each, each) for each in node.value[step : step + 1]]
        else:
            break
        if not found:
            break
        place, node = _start(found[0][0]), found[0][1]
    return place


def changes(text: str, wanted: Mapping[str, Json]) -> list[Splice]:
    """Return what turns a catalog into the wanted one; values that stay keep their bytes.

    Raises CatalogError for a new member in a mapping that is written in braces.
    """
    root: Any = compose(text, max_length=MAX_LENGTH)
    if root is None:
        return [Splice(len(text), len(text), _on_a_new_line(text, write_front_matter(wanted)))]
    old = value_of(root)
    if root.flow_style and isinstance(old, dict) and old and old.keys() != wanted.keys():
        raise CatalogError("the mapping is written in braces, and takes no new names", _start(root))
    return list(_Editor(text).changes(root, old, dict(wanted), root))


@dataclass(frozen=True, slots=True)
class _Editor:
    text: str

    def changes(self, node: Any, old: Json, new: Json, inside: Any) -> Iterator[Splice]:
        """Yield what changes the value of a node; `inside` is the collection it stands in."""
        if is_same(old, new):
            return
        if isinstance(old, dict) and isinstance(new, dict) and old.keys() & new.keys():
            if not node.flow_style or old.keys() == new.keys():
                yield from self._mapping_changes(node, old, new)
                return
        elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) > 0:
            for each, before, after in zip(node.value, old, new, strict=True):
                yield from self.changes(each, before, after, node)
            return
        yield Splice(_start(node), _end(node, self.text), self._written(node, new, inside))

    def _mapping_changes(
        self, node: Any, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> Iterator[Splice]:
        ends = [self._line_end(_end(value, self.text)) for _, value in node.value]
        kept = [index for index, (key, _) in enumerate(node.value) if key.value in new]
        for index, (key, value) in enumerate(node.value):
            if index in kept:
                yield from self.changes(value, old[key.value], new[key.value], node)
            elif index < kept[0]:
                yield Splice(_start(key), _start(node.value[index + 1][0]), "")
            else:
                yield Splice(ends[index - 1], ends[index], "")
        if added := {key: value for key, value in new.items() if key not in old}:
            lines = _indented(write_front_matter(added).rstrip("\n"), node.start_mark.column)
            yield Splice(ends[kept[-1]], ends[kept[-1]], f"\n{lines}")

    def _written(self, node: Any, new: Json, inside: Any) -> str:
        """Write a value in the place of a node, in the nicest way that reads as that value."""
        is_in_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
        column = node.start_mark.column if is_in_block else inside.start_mark.column
        before = f"x:\n{' ' * column}" if is_in_block else f"{' ' * column}x: "
        ways = self._ways(node, new, inside)
        nicest = next((each for each in ways if _reads_as(f"{before}{each}\n", new)), None)
        if nicest is None:
            nicest = write_quoted(new) if isinstance(new, str) else write_inline(new)
        # Nothing stands between the colon and a value that is empty.
        return f" {nicest}" if _start(node) == node.end_mark.index else nicest

    def _ways(self, node: Any, new: Json, inside: Any) -> Iterator[str]:
        end = _end(node, self.text)
        if not isinstance(new, str):
            if isinstance(node, yaml.CollectionNode) and not node.flow_style:
                yield _below(write_front_matter({"x": new}), node.start_mark.column)
        elif not inside.flow_style:
            is_last_on_line = not self.text[end : self._line_end(end)].strip()
            if "\n" in new and is_last_on_line and end < len(self.text):
                yield self._block(node, new, inside.start_mark.column)
            if "\n" not in new and getattr(node, "style", None) != '"':
                yield write_inline(new)
        elif _WORDS.fullmatch(new) and not node.style:
            yield write_inline(new)

    def _block(self, node: Any, new: str, column: int) -> str:
        """Write a literal block, with the comment behind its header and the margin it had."""
        is_block = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        old = self.text[_start(node) : _end(node, self.text)] if is_block else "|"
        header, _, lines = old.partition("\n")
        first = next((line for line in lines.split("\n") if line.strip()), "")
        margin = (len(first) - len(first.lstrip(" "))) or column + 2
        indicator = str(margin - column) if new.startswith((" ", "\n")) else ""
        chomping = "" if new.endswith("\n") else "-"
        body = _indented(new.removesuffix("\n"), margin)
        return f"{_HEADER.sub(f'|{indicator}{chomping}', header, count=1)}\n{body}"

    def _line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end


def _reads_as(text: str, value: Json) -> bool:
    try:
        return is_same(read_front_matter(text), {"x": value})
    except FrontMatterError:
        return False


def _below(entry: str, column: int) -> str:
    """Return what stands below the key of an entry, its first line to stand at a column."""
    lines = entry.partition("\n")[2]
    margin = len(lines) - len(lines.lstrip(" "))
    moved = re.sub(rf"^ {{{margin}}}", "", lines, flags=re.MULTILINE) if margin else lines
    return _indented(moved, column).strip("\n")[column:]


def _start(node: Any) -> int:
    return int(node.start_mark.index)


def _end(node: Any, text: str) -> int:
    """Return where a value ends; marks of blocks lie behind the blank lines that follow."""
    if isinstance(node, yaml.ScalarNode):
        if node.style not in ("|", ">"):
            return int(node.end_mark.index)
        block = text[_start(node) : node.end_mark.index]
        lines = block.split("\n")
        while len(lines) > 1 and not lines[-1].strip(" "):
            lines.pop()
        return _start(node) + len("\n".join(lines))
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last, text)


def _position(text: str, line: int, column: int) -> int:
    starts = [0, *(found.end() for found in re.finditer("\n", text))]
    return min(starts[min(line, len(starts)) - 1] + column - 1, len(text))


_LINE_START = re.compile(r"^(?=.)", re.MULTILINE)


def _indented(text: str, columns: int) -> str:
    return _LINE_START.sub(" " * columns, text)


def _on_a_new_line(text: str, addition: str) -> str:
    return addition if not text or text.endswith("\n") else f"\n{addition}"
