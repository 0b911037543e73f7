"""Three-way merge of a prompt file: the base in git, the file here, the registry's edit.

Front matter is merged by its keys, so that edits of neighbouring lines do not collide; the body is
merged by lines. What overlaps is left as git conflict markers, for the tools people have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from promptsync.errors import ConflictError, PromptFileError
from promptsync.front_matter import read_front_matter
from promptsync.front_matter_edit import edit_front_matter
from promptsync.prompt import is_same
from promptsync.prompt_file import FileParts, parse_prompt, split_file

_MISSING = object()


@dataclass(frozen=True, slots=True)
class Sides:
    """One text in three versions."""

    base: str
    local: str
    remote: str


@dataclass(frozen=True, slots=True)
class MergedText:
    """The merged text, and whether it holds conflict markers."""

    text: str
    has_conflict: bool


MergeLines = Callable[[Sides], MergedText]


def merge_prompt_files(sides: Sides, *, path: str, merge_lines: MergeLines) -> MergedText:
    """Merge three versions of a prompt file.

    `merge_lines` merges plain text by lines and marks what overlaps. A result without conflict
    is a valid prompt file. Raises ConflictError where the sides changed into what no marker can
    show, such as text on one side and messages on the other.
    """
    parts = [split_file(text, path) for text in (sides.base, sides.local, sides.remote)]
    front = _merge_front_matter(Sides(*(each.front_matter or "" for each in parts)), merge_lines)
    body = _merge_body(Sides(*(each.body for each in parts)), merge_lines)
    head = "" if all(each.front_matter is None for each in parts) else f"---\n{front.text}---\n"
    gap = "\n" if head and body.text and not _is_tight(parts[1], body.text) else ""
    merged = MergedText(head + gap + body.text, front.has_conflict or body.has_conflict)
    if merged.has_conflict or _is_valid(merged.text, path):
        return merged
    raise ConflictError(
        f"`{path}` cannot be merged: git and the registry changed its structure in different ways",
        hint="take one side: download `--force` for the registry's, upload `--force` for git's",
    )


def merge_values(
    base: Mapping[str, Any], local: Mapping[str, Any], remote: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Merge mappings key by key, nested ones likewise; None when one key changed both ways.

    Keys come in the order of `local`, then what `remote` added.
    """
    merged: dict[str, Any] = {}
    for key in dict.fromkeys([*local, *remote]):
        value = _merge_value(*(side.get(key, _MISSING) for side in (base, local, remote)))
        if value is None:
            return None
        if value[0] is not _MISSING:
            merged[key] = value[0]
    return merged


def _merge_value(base: Any, local: Any, remote: Any) -> tuple[Any] | None:
    """Return the merged value in a tuple, None for a conflict."""
    if is_same(remote, local) or is_same(remote, base):
        return (local,)
    if is_same(base, local):
        return (remote,)
    if isinstance(local, Mapping) and isinstance(remote, Mapping):
        inner = merge_values(base if isinstance(base, Mapping) else {}, local, remote)
        return None if inner is None else (inner,)
    return None


def _merge_front_matter(texts: Sides, merge_lines: MergeLines) -> MergedText:
    local = read_front_matter(texts.local)
    merged = merge_values(read_front_matter(texts.base), local, read_front_matter(texts.remote))
    if merged is None:
        return merge_lines(texts)
    if is_same(merged, local):
        return MergedText(texts.local, has_conflict=False)
    return MergedText(edit_front_matter(texts.local, local, merged), has_conflict=False)


def _merge_body(sides: Sides, merge_lines: MergeLines) -> MergedText:
    if sides.base == sides.local:
        return MergedText(sides.remote, has_conflict=False)
    if sides.remote in (sides.base, sides.local):
        return MergedText(sides.local, has_conflict=False)
    return merge_lines(sides)


def _is_tight(parts: FileParts, body: str) -> bool:
    """Tell whether a file has no blank line below its front matter, and needs none."""
    front = parts.front_matter
    return (
        front is not None
        and parts.body_line == front.count("\n") + len(("---", "---", "body"))
        and not body.startswith("\n")
    )


def _is_valid(text: str, path: str) -> bool:
    try:
        parse_prompt(text, path=path, name="merged")
    except PromptFileError:
        return False
    return True
