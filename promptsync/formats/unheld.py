"""What no other format has, or one of them has no place for: named, never dropped silently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from promptsync.formats.conversion import Note, listed
from promptsync.prompt import Prompt


def unheld(prompt: Prompt, format_title: str, fields: Iterable[str] = ()) -> Iterator[Note]:
    """Yield a note for each of the fields that holds something, and for what nobody else has."""
    for name in fields:
        if value := getattr(prompt, name):
            what = f": {listed(map(str, value))}" if isinstance(value, Mapping | tuple) else ""
            said = f"`{name}` has no place in {format_title}{what}"
            yield Note(name, said)
    if prompt.registry_options:
        said = f"about one registry, and nothing to other tools: {listed(prompt.registry_options)}"
        yield Note("registry_options", said)
    if prompt.partial:
        yield Note("partial", f"`partial` has no meaning in {format_title}")
