"""A prompt file: Markdown with front matter, to a Prompt and back.

`parse_prompt(format_prompt(prompt)) == prompt` for every prompt whose text is valid Unicode.
`update_text` changes an existing file as little as possible: what says the same stays byte for
byte, comments included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from promptsync import front_matter, prompt_schema
from promptsync.errors import Problem, PromptFileError
from promptsync.front_matter import FrontMatterError, read_front_matter
from promptsync.message_markup import (
    MarkupError,
    can_hold,
    find_conflict,
    read_body,
    write_body,
)
from promptsync.prompt import Message, Prompt
from promptsync.prompt_schema import SchemaError

MAX_BYTES = 1024 * 1024
MAX_NAME = 255
NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_NAME}}}")

ReadFrontMatter = Callable[[str], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class FileParts:
    """A prompt file cut in two; `body_line` is the line its body starts on."""

    front_matter: str | None
    body: str
    body_line: int


def decode(data: bytes, path: str) -> str:
    """Decode a prompt file: UTF-8, a BOM dropped, CRLF read as LF.

    Raises PromptFileError for anything else, and for files over 1 MiB.
    """
    if len(data) > MAX_BYTES:
        size = f"{len(data) / MAX_BYTES:.1f} MiB"
        raise _wrong(path, f"the file has {size}; a prompt file has at most 1 MiB")
    if (nul := data.find(b"\0")) >= 0:
        raise _wrong(path, "NUL byte; a prompt file is UTF-8 text", *_position(data, nul))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = _position(data, error.start)
        raise _wrong(path, f"invalid UTF-8 byte 0x{data[error.start]:02x}", *at) from error
    return text.replace("\r\n", "\n") if "\r" in text else text


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


def parse_prompt(
    text: str, *, path: str, name: str, read: ReadFrontMatter = read_front_matter
) -> Prompt:
    """Parse a decoded prompt file. `name` is the one its path gives; `name:` in the file wins.

    Raises PromptFileError, with every problem of the front matter at once.
    """
    if (line := find_conflict(text)) is not None:
        raise PromptFileError(
            Problem(
                path,
                line,
                "unresolved conflict marker",
                rule="PS002",
                hint="keep the text you want and delete the lines `<<<<<<<`, `=======` and "
                "`>>>>>>>`; a marker that belongs to the prompt is written `\\<<<<<<<`",
            )
        )
    parts = split_file(text, path)
    values = _front_matter_values(parts, path, read)
    content = _content(parts, values, path)
    prompt = prompt_schema.to_prompt(values, name=name, content=content)
    if not NAME.fullmatch(prompt.name):
        raise _wrong(
            path,
            f"`{prompt.name[:60]}` is not a valid name: letters, digits, `_`, `.` and `-`, "
            f"at most {MAX_NAME}",
            _line(parts, "name"),
            hint="rename the file, or add `name:` to its front matter",
        )
    return prompt


def format_prompt(prompt: Prompt, *, path_name: str | None = None) -> str:
    """Write a prompt as a new prompt file.

    `path_name` is the name the path gives: `name:` is written only where they differ. Raises
    PromptFileError for text that is not valid Unicode.
    """
    values = prompt_schema.to_values(prompt)
    if prompt.name == path_name:
        del values["name"]
    return _join(values, _write_front_matter(values, prompt.name), prompt.content, prompt.name)


def update_text(text: str, prompt: Prompt, *, path: str, path_name: str) -> str:
    """Return the file's text changed so that it parses to `prompt`, everything else untouched."""
    old = parse_prompt(text, path=path, name=path_name)
    if old == prompt:
        return text
    parts = split_file(text, path)
    values = prompt_schema.to_values(prompt)
    stated = _front_matter_values(parts, path, read_front_matter)
    if prompt.name == path_name and "name" not in stated:
        del values["name"]
    if (style := _single_message_role(stated, prompt)) is not None:
        values["role"] = style
    if values == stated:
        front = parts.front_matter
    elif parts.front_matter is None:
        front = _write_front_matter(values, path)
    else:
        from promptsync.front_matter_edit import edit_front_matter  # noqa: PLC0415  ruamel is slow

        front = edit_front_matter(parts.front_matter, stated, values)
    if _body_content(old.content, stated) == _body_content(prompt.content, values):
        head = "" if front is None else f"---\n{front}---\n"
        return head + text[len(text) - len(_rest(text, parts)) :]
    return _join(values, front or "", prompt.content, path)


def _rest(text: str, parts: FileParts) -> str:
    if parts.front_matter is None:
        return text
    return text[len("---\n") + len(parts.front_matter) + len("---\n") :]


def _body_content(content: object, values: Mapping[str, Any]) -> object:
    return (content, values.get("role"), "messages" in values, "text" in values)


def _single_message_role(stated: Mapping[str, Any], prompt: Prompt) -> str | None:
    """Keep the way a file says that it is one message: `role:` in its front matter."""
    if "role" not in stated or isinstance(prompt.content, str) or len(prompt.content) != 1:
        return None
    return prompt.content[0].role if can_hold(prompt.content) else None


def _join(values: Mapping[str, Any], front: str, content: object, path: str) -> str:
    if "messages" in values or "text" in values:
        body = ""
    elif "role" in values and isinstance(content, tuple):
        body = write_body(content[0].content)
    else:
        body = write_body(content)  # type: ignore[arg-type] # a Prompt holds nothing else
    # Text that begins with `---` or a blank line needs the front matter to be told from it.
    if not front and not body.startswith(("---\n", "\n")) and body != "---\n":
        return body
    return f"---\n{front}---\n" + (f"\n{body}" if body else "")


def _write_front_matter(values: Mapping[str, Any], path: str) -> str:
    try:
        return front_matter.write_front_matter(values)
    except FrontMatterError as error:
        raise _wrong(path, error.message) from error


def _front_matter_values(parts: FileParts, path: str, read: ReadFrontMatter) -> dict[str, Any]:
    if not parts.front_matter:
        return {}
    try:
        values = read(parts.front_matter)
    except FrontMatterError as error:
        raise _wrong(path, error.message, error.line + 1, error.column) from error
    if errors := list(prompt_schema.check(values)):
        raise PromptFileError(tuple(_schema_problem(each, parts, path) for each in errors))
    return values


def _schema_problem(error: SchemaError, parts: FileParts, path: str) -> Problem:
    return Problem(path, _line(parts, *error.key), error.message, hint=error.hint, rule="PS003")


def _content(parts: FileParts, values: Mapping[str, Any], path: str) -> str | tuple[Message, ...]:
    elsewhere = next((key for key in ("messages", "text") if key in values), None)
    if elsewhere:
        if parts.body.strip():
            raise _wrong(path, f"both `{elsewhere}:` and a body", parts.body_line)
        return prompt_schema.to_content(values[elsewhere])
    try:
        content = read_body(parts.body)
    except MarkupError as error:
        raise _wrong(
            path, error.message, parts.body_line + error.line - 1, hint=error.hint
        ) from error
    if "role" not in values:
        return content
    if not isinstance(content, str):
        raise _wrong(path, "both `role:` and role markers", _line(parts, "role"))
    return (Message(values["role"], content),)


def _line(parts: FileParts, *key: str | int) -> int:
    return front_matter.line_of(parts.front_matter, *key) + 1 if parts.front_matter else 1


def _position(data: bytes, offset: int) -> tuple[int, int]:
    start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, offset) + 1, offset - start + 1


def _wrong(
    path: str, message: str, line: int = 1, column: int = 1, *, hint: str | None = None
) -> PromptFileError:
    return PromptFileError(Problem(path, line, message, column, hint))
