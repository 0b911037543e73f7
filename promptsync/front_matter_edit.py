"""Change values in YAML front matter and leave the rest as its author wrote it.

A round trip through a YAML library would re-indent lists, align comments anew and lose some of
them; here what is not changed keeps its bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from promptsync.front_matter import FrontMatterError, compose, read_front_matter
from promptsync.front_matter_writer import write_front_matter, write_inline
from promptsync.prompt import Json, is_same


def edit_front_matter(text: str, stated: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Return `text` edited so that it reads as `wanted`; `stated` is what it reads as now.

    Entries that say the same keep their bytes, comments and order. YAML too unusual for that is
    written anew: the values decide, not the looks. Raises FrontMatterError for values that reading
    would refuse.
    """
    try:
        edited = (
            _edit_mapping(text, stated, wanted) if stated else text + write_front_matter(wanted)
        )
        if is_same(read_front_matter(edited), dict(wanted)):
            return edited
    except FrontMatterError:
        pass
    return write_front_matter(wanted)


def _edit_mapping(text: str, stated: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Edit a block mapping; `text` is its lines, at any indentation."""
    root = _block_mapping(text)
    indent = root.start_mark.column
    starts = [key.start_mark.index - indent for key, _ in root.value]
    pieces = [text[: starts[0]]]
    aside = ""
    for (key, _), start, end in zip(root.value, starts, [*starts[1:], len(text)], strict=True):
        pieces.append(aside)
        entry, aside = _without_aside(text[start:end], indent)
        if key.value in wanted:
            pieces.append(_edit_entry(entry, key.value, stated[key.value], wanted[key.value]))
    added = {key: value for key, value in wanted.items() if key not in stated}
    return "".join((*pieces, _indented(write_front_matter(added), indent), aside))


def _edit_entry(entry: str, key: str, old: Json, new: Json) -> str:
    if is_same(old, new):
        return entry
    root = _block_mapping(entry)
    node = root.value[0][1]
    if isinstance(old, Mapping) and isinstance(new, Mapping) and new and not node.flow_style:
        first_line, _, members = entry.partition("\n")
        return f"{first_line}\n{_edit_mapping(members, old, new)}"
    if _is_inline(node, new) and "\n" not in (inline := write_inline(new)):
        return entry[: node.start_mark.index] + inline + entry[node.end_mark.index :]
    written = _indented(write_front_matter({key: new}), root.start_mark.column)
    if isinstance(node, yaml.SequenceNode) and not node.flow_style:
        # PyYAML writes the dashes of a list below its key; keep them where they were.
        first_line, _, items = written.partition("\n")
        return f"{first_line}\n{_indented(items, node.start_mark.column - root.start_mark.column)}"
    return written


def _block_mapping(text: str) -> yaml.MappingNode:
    node = compose(text)
    if not isinstance(node, yaml.MappingNode) or node.flow_style:
        raise FrontMatterError("only a mapping in block style can be edited")
    return node


def _is_inline(node: Any, new: Json) -> bool:
    """Tell whether the new value can stand exactly where the old one stands."""
    if not isinstance(node, yaml.ScalarNode):
        return bool(node.flow_style)
    is_empty = node.start_mark.index == node.end_mark.index
    return not is_empty and node.style not in {"|", ">"} and not isinstance(new, (dict, list))


def _without_aside(entry: str, indent: int) -> tuple[str, str]:
    """Cut off the blank lines and comments after an entry: they say something about the next."""
    lines = entry.split("\n")[:-1]
    count = len(lines)
    while _is_aside(lines[count - 1], indent):
        count -= 1
    kept = sum(len(line) + 1 for line in lines[:count])
    return entry[:kept], entry[kept:]


def _is_aside(line: str, indent: int) -> bool:
    # Deeper down a `#` may be text of a literal block.
    content = line.lstrip(" ")
    return not content or (content.startswith("#") and len(line) - len(content) <= indent)


_LINE_START = re.compile(r"^(?=.)", re.MULTILINE)


def _indented(text: str, columns: int) -> str:
    return _LINE_START.sub(" " * columns, text)
