"""A stamp in the tags of a version, which are all that can be changed of one.

A version that somebody else wrote, or whose stamp is out of date, is not stored again: Opik's own
client writes a version whenever metadata differs, and both would take turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptsync.remote_prompt import Stamp

PREFIX = "promptsync:"

# A limit of the service.
TAG_CHARACTERS = 100

_HASH = re.compile(r"promptsync:(sha256:[0-9a-f]{64})")
_FIELDS = ("path", "file_sha256", "commit", "repository")


@dataclass(frozen=True, slots=True)
class Tagged:
    """What the tags of a version say in promptsync's name."""

    stamp: Stamp | None = None
    title: str | None = None


_NOTHING = Tagged()


def read_tags(tags: Iterable[str]) -> Tagged:
    """Read a stamp and a title leniently: two that contradict each other are none."""
    own = [each for each in tags if each.startswith(PREFIX)]
    if not own:
        return _NOTHING
    hashes = [match[1] for each in own if (match := _HASH.fullmatch(each))]
    values = {field: _value(own, field) for field in (*_FIELDS, "title")}
    title = values.pop("title")
    if len(hashes) != 1:
        return Tagged(None, title)
    path, file_sha256 = values["path"], values["file_sha256"]
    has_file = path is not None or file_sha256 is not None
    stamp = Stamp(
        content_hash=hashes[0],
        # The path of a file may be too long for a tag.
        path=path or "" if has_file else None,
        file_sha256=file_sha256 or "" if has_file else None,
        # Without the path nobody knows which file of that commit is meant.
        commit=values["commit"] if path else None,
        repository=values["repository"],
    )
    return Tagged(stamp, title)


def _value(tags: Sequence[str], field: str) -> str | None:
    start = f"{PREFIX}{field}:"
    found = [each.removeprefix(start) for each in tags if each.startswith(start)]
    return found[0] if len(found) == 1 else None


def write_tags(stamp: Stamp | None, title: str | None) -> list[str]:
    """Return the tags that say so; a part that is too long for a tag is left out."""
    tags = [] if stamp is None else [PREFIX + stamp.content_hash]
    if stamp is not None:
        values = {field: getattr(stamp, field) for field in _FIELDS}
        tags += [f"{PREFIX}{field}:{value}" for field, value in values.items() if value]
    if title:
        tags.append(f"{PREFIX}title:{title}")
    return [each for each in tags if len(each) <= TAG_CHARACTERS]


def holds_title(title: str) -> bool:
    """Tell whether a title fits into a tag."""
    return len(f"{PREFIX}title:{title}") <= TAG_CHARACTERS
