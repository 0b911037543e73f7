"""A prompt file: Markdown with front matter, to a Prompt and back.

`parse_prompt(format_prompt(prompt)) == prompt` for every prompt whose text is valid Unicode.
`update_text` changes an existing file as little as possible: what says the same stays byte for
byte, comments included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from promptsync import front_matter, prompt_schema
from promptsync.errors import Problem, PromptFileError
from promptsync.file_text import check_size
from promptsync.front_matter import FrontMatterError, read_front_matter
from promptsync.front_matter_edit import edit_front_matter
from promptsync.front_matter_writer import write_front_matter
from promptsync.message_markup import (
    MarkupError,
    can_hold,
    find_conflict,
    read_body,
    update_body,
    write_body,
)
from promptsync.prompt import Message, Prompt, is_same
from promptsync.prompt_name import MAX_NAME, NAME
from promptsync.prompt_schema import CONTENT_KEYS, content_values

MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class FileParts:
    """A prompt file cut in two; `body_line` is the line its body starts on."""

    front_matter: str | None
    body: str
    body_line: int


def split_file(text: str, path: str) -> FileParts:
    """Cut a file into front matter and body. Raises PromptFileError when `---` is never closed."""
    if not text.startswith("---\n"):
        return FileParts(None, text, 1)
    end = text.find("\n---\n", 3)
    if end < 0:
        if not text.endswith("\n---"):
            raise _wrong(path, "front matter is not closed by a line `---`")
        end = len(text) - len("\n---")
    front, body = text[4 : end + 1], text[end + len("\n---\n") :]
    line = front.count("\n") + 3
    if body.startswith("\n"):
        return FileParts(front, body[1:], line + 1)
    return FileParts(front, body, line)


def parse_prompt(text: str, *, path: str, name: str) -> Prompt:
    """Parse a decoded prompt file. `name` is the one its path gives; `name:` in the file wins.

    Raises PromptFileError, with every problem of the front matter at once.
    """
    if (line := find_conflict(text)) is not None:
        raise _conflict(path, line)
    parts = split_file(text, path)
    values = _front_matter_values(parts, path)
    content = _content(parts, values, path)
    prompt = prompt_schema.to_prompt(values, name=name, content=content)
    if not NAME.fullmatch(prompt.name):
        raise _invalid_name(prompt.name, path, _line(parts, "name") if values.get("name") else 1)
    return prompt


def format_prompt(prompt: Prompt, *, path_name: str | None = None) -> str:
    """Write a prompt as a new prompt file.

    `path_name` is the name the path gives: `name:` is written only where they differ. Raises
    PromptFileError for what a prompt file cannot hold: text that is not valid Unicode, numbers
    that JSON lacks, an invalid name, more than 1 MiB.
    """
    values = prompt_schema.to_values(prompt)
    if prompt.name == path_name:
        del values["name"]
    placed, body = _place(prompt.content, stated={})
    front = _front_matter(values | placed, prompt.name)
    return _readable(_join(front, body), prompt.name, prompt.name)


def update_text(text: str, prompt: Prompt, *, path: str, path_name: str) -> str:
    """Return the file's text changed so that it parses to `prompt`, everything else untouched.

    Raises PromptFileError for text that is no prompt file, and where `format_prompt` does.
    """
    old = parse_prompt(text, path=path, name=path_name)
    parts = split_file(text, path)
    stated = _front_matter_values(parts, path)
    wanted = prompt_schema.changed_values(stated, old, prompt, path_name)
    body = parts.body
    if not is_same(content_values(old.content), content_values(prompt.content)):
        placed, body = _place(prompt.content, stated, body)
        wanted = {key: wanted[key] for key in wanted if key not in CONTENT_KEYS} | placed
    front = parts.front_matter
    if not is_same(stated, wanted):
        front = _front_matter(wanted, path) if front is None else _edit(front, stated, wanted, path)
    if (front, body) == (parts.front_matter, parts.body):
        return text
    is_tight = bool(parts.body) and text.endswith(f"\n---\n{parts.body}")
    return _readable(_join(front, body, is_tight=is_tight), path, path_name)


def _place(
    content: str | tuple[Message, ...], stated: Mapping[str, Any], old_body: str = ""
) -> tuple[dict[str, Any], str]:
    """Choose front matter or body for content: where the file has it, if that can hold it."""
    values = content_values(content)
    if not can_hold(content) or any(stated.get(key) is not None for key in values):
        return values, ""
    if isinstance(content, tuple) and len(content) == 1 and stated.get("role") is not None:
        return {"role": content[0].role}, write_body(str(content[0].content))
    return {}, update_body(old_body, content)


def _join(front: str | None, body: str, *, is_tight: bool = False) -> str:
    if front is None:
        # Without front matter the first line must not look like its start, nor like a BOM.
        if not body.startswith(("---\n", "\ufeff")):
            return body
        front = ""
    blank_line = "" if not body or (is_tight and not body.startswith("\n")) else "\n"
    return f"---\n{front}---\n{blank_line}{body}"


def _front_matter(values: Mapping[str, Any], path: str) -> str | None:
    try:
        return write_front_matter(values) or None
    except FrontMatterError as error:
        raise _wrong(path, error.message) from error


def _edit(front: str, stated: Mapping[str, Any], wanted: Mapping[str, Any], path: str) -> str:
    try:
        return edit_front_matter(front, stated, wanted)
    except FrontMatterError as error:
        raise _wrong(path, error.message) from error


def _readable(text: str, path: str, name: str) -> str:
    """Refuse to write what could not be read back."""
    check_size(text.encode(), path)
    parse_prompt(text, path=path, name=name)
    return text


def _front_matter_values(parts: FileParts, path: str) -> dict[str, Any]:
    if not parts.front_matter:
        return {}
    try:
        values = read_front_matter(parts.front_matter)
    except FrontMatterError as error:
        raise _wrong(path, error.message, error.line + 1, error.column) from error
    if errors := tuple(islice(prompt_schema.check(values), MAX_PROBLEMS)):
        lines = front_matter.lines_of(parts.front_matter, [each.key for each in errors])
        raise PromptFileError(
            tuple(
                Problem(path, line + 1, each.message, hint=each.hint, rule="PS003")
                for each, line in zip(errors, lines, strict=True)
            )
        )
    return values


def _content(parts: FileParts, values: Mapping[str, Any], path: str) -> str | tuple[Message, ...]:
    for key in ("messages", "text"):
        if (stated := values.get(key)) is not None:
            if parts.body.strip():
                raise _wrong(path, f"both `{key}:` and a body", parts.body_line)
            return prompt_schema.to_content(stated)
    try:
        content = read_body(parts.body)
    except MarkupError as error:
        line = parts.body_line + error.line - 1
        raise _wrong(path, error.message, line, hint=error.hint) from error
    if (role := values.get("role")) is None:
        return content
    if not isinstance(content, str):
        raise _wrong(path, "both `role:` and role markers", _line(parts, "role"))
    return (Message(role, content),)


def _line(parts: FileParts, *key: str | int) -> int:
    return front_matter.line_of(parts.front_matter or "", *key) + 1


def _conflict(path: str, line: int) -> PromptFileError:
    hint = (
        "keep the text you want and delete the lines `<<<<<<<`, `=======` and `>>>>>>>`; "
        "a marker that belongs to the prompt is written `\\<<<<<<<`"
    )
    return PromptFileError(
        Problem(path, line, "unresolved conflict marker", rule="PS002", hint=hint)
    )


def _invalid_name(name: str, path: str, line: int) -> PromptFileError:
    message = (
        f"`{name[:60]}` is not a valid name: letters, digits, `_`, `.` and `-`, at most {MAX_NAME}"
    )
    return _wrong(path, message, line, hint="rename the file, or add `name:` to its front matter")


def _wrong(
    path: str, message: str, line: int = 1, column: int = 1, *, hint: str | None = None
) -> PromptFileError:
    return PromptFileError(Problem(path, line, message, column, hint))
