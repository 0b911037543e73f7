"""Prompts in the formats of other tools: what each can hold, and what it cannot, by name.

Pure functions of texts. `import_prompts` reads a file, `export_prompt` writes one and reads it
back: what comes back differently without a note about it gets one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from promptsync.composition import escape_includes
from promptsync.errors import PromptFileError, UsageError
from promptsync.formats import (
    dotprompt,
    dotprompt_writing,
    github,
    langsmith,
    promptfoo,
    promptfoo_writing,
    prompty,
    prompty_writing,
)
from promptsync.formats.conversion import Exported, Imported, Note, Source
from promptsync.prompt import Prompt, is_same
from promptsync.prompt_schema import content_values, to_values

__all__ = ["FORMATS", "Exported", "Format", "Imported", "Note", "Source", "export_prompt"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format: how people call it, how its files are read and written.

    With `has_partials` its `{{> name}}` means what an include means here.
    """

    name: str
    title: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source], tuple[Imported, ...]]
    write: Callable[[Prompt], Exported]
    has_partials: bool = False


def _ends_in(*suffixes: str) -> Callable[[Source], bool]:
    return lambda source: source.path.lower().endswith(suffixes)


# In the order in which they are asked whether a file is theirs.
FORMATS = {
    each.name: each
    for each in (
        Format("prompty", "Prompty", _ends_in(".prompty"), prompty.read, prompty_writing.write),
        Format(
            "dotprompt",
            "dotprompt",
            _ends_in(".prompt"),
            dotprompt.read,
            dotprompt_writing.write,
            has_partials=True,
        ),
        Format(
            "github",
            ".prompt.yml",
            _ends_in(".prompt.yml", ".prompt.yaml"),
            github.read,
            github.write,
        ),
        Format(
            "promptfoo", "promptfoo", promptfoo.recognises, promptfoo.read, promptfoo_writing.write
        ),
        Format("langsmith", "a chat array", langsmith.recognises, langsmith.read, langsmith.write),
    )
}


def recognise(source: Source) -> Format | None:
    """Return the format of a file by its name, else by what it says; None when neither tells."""
    return next((each for each in FORMATS.values() if each.recognises(source)), None)


def import_prompts(source: Source, format_: Format) -> tuple[Imported, ...]:
    """Read the prompts of a file as prompt files have to say them.

    Raises PromptFileError. A name is empty where neither the file nor its path gives one.
    """
    imported = format_.read(source)
    if format_.has_partials:
        return imported
    return tuple(replace(each, prompt=escape_includes(each.prompt)) for each in imported)


def export_prompt(prompt: Prompt, format_: Format) -> Exported:
    """Write an expanded prompt. Raises UsageError for one that the format cannot hold."""
    try:
        exported = format_.write(prompt)
        (back,) = format_.read(Source(exported.text, exported.file_name))
    except PromptFileError as error:
        reason = error.problems[0].message
        raise UsageError(f"`{prompt.name}` cannot be {format_.title}: {reason}") from error
    named = {note.field for note in (*exported.notes, *back.notes)}
    unnamed = (
        Note(field, f"`{field}` reads back differently from {format_.title}")
        for field in changed_fields(prompt, back.prompt)
        if field not in named
    )
    return replace(exported, notes=(*exported.notes, *unnamed))


def changed_fields(one: Prompt, other: Prompt) -> list[str]:
    """Return the fields in which two prompts differ, as JSON has it: 1 is 1.0."""
    before, after = _fields(one), _fields(other)
    return [field for field in before if not is_same(before[field], after[field])]


def _fields(prompt: Prompt) -> dict[str, Any]:
    values = to_values(prompt)
    own = ("name", "title", "description", "model", "params", "tools", "response_format")
    fields = {field: values.get(field) for field in (*own, "tags", "metadata", "inputs", "partial")}
    options = {kind: dict(table) for kind, table in prompt.registry_options.items() if table}
    content = content_values(prompt.content)
    return fields | {
        "template": prompt.template.value,
        "content": content,
        "registry_options": options,
    }
