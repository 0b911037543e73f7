"""The body of a prompt file: role markers and escapes, text to content and back.

A marker is a line that is exactly `# system:` or another role. A content line that looks like a
marker, or like a git conflict marker, is written with one backslash more than it has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from promptsync.prompt import ROLES as ROLES  # noqa: PLC0414  the names of markers
from promptsync.prompt import Message

_ROLE_LINE = rf"# (?:{'|'.join(ROLES)}):"
_CONFLICT_LINE = r"(?:<{7}|>{7})(?: .*)?"
# Lookbehinds stand behind the first characters, because `re` finds a literal start fast.
_MARKER = re.compile(rf"# (?<=^# ){_ROLE_LINE[2:]}$", re.MULTILINE)
_CONFLICT = re.compile(rf"^{_CONFLICT_LINE}$", re.MULTILINE)
_TO_ESCAPE = re.compile(rf"^(?=\\*(?:{_ROLE_LINE}|{_CONFLICT_LINE})$)", re.MULTILINE)
_ESCAPED = re.compile(rf"\\(?<=^\\)(?=\\*(?:{_ROLE_LINE}|{_CONFLICT_LINE})$)", re.MULTILINE)


class MarkupError(Exception):
    """What is wrong with a body, and on which of its lines, counted from 1."""

    def __init__(self, message: str, line: int, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def find_conflict(text: str) -> int | None:
    """Return the line of the first git conflict marker, None when there is none."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return None
    found = _CONFLICT.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else None


def read_body(body: str) -> str | tuple[Message, ...]:
    """Parse a body, without its front matter and the blank line after it. Raises MarkupError."""
    before, segments = _cut(body)
    if not segments:
        return _unescaped(body.removesuffix("\n"))
    if before.strip():
        line = before.count("\n", 0, len(before) - len(before.lstrip())) + 1
        marker = segments[0].partition("\n")[0]
        raise MarkupError(
            f"text before the first marker `{marker}`",
            line,
            hint="move it below a marker such as `# system:`",
        )
    last = len(segments) - 1
    return tuple(_read_message(each, is_last=index == last) for index, each in enumerate(segments))


def write_body(content: str | Sequence[Message]) -> str:
    """Write content as a body that `read_body` turns into the same content.

    Only for content that `can_hold` accepts.
    """
    if isinstance(content, str):
        return escaped(content) + "\n"
    last = len(content) - 1
    return "".join(
        _write_message(each, is_last=index == last) for index, each in enumerate(content)
    )


def update_body(body: str, content: str | Sequence[Message]) -> str:
    """Write content as `write_body` does, and keep the bytes of each message that stays as it is.

    Only for a body that `read_body` accepts.
    """
    before, segments = _cut(body)
    if isinstance(content, str) or not segments:
        return write_body(content)
    last, old_last = len(content) - 1, len(segments) - 1
    pieces = [before]
    for index, message in enumerate(content):
        is_last = index == last
        written = _write_message(message, is_last=is_last)
        if index <= old_last and is_last == (index == old_last):
            kept = segments[index]
            written = kept if _read_message(kept, is_last=is_last) == message else written
        pieces.append(written)
    return "".join(pieces)


def can_hold(content: str | Sequence[Message]) -> bool:
    """Tell whether a body can carry this content, or whether front matter has to."""
    if isinstance(content, str):
        return _is_file_text(content)
    return bool(content) and all(
        each.role in ROLES
        and isinstance(each.content, str)
        and not each.extra
        and _is_file_text(each.content)
        for each in content
    )


def _cut(body: str) -> tuple[str, list[str]]:
    """Return what stands before the first marker, and each message from its marker on."""
    starts = [marker.start() for marker in _MARKER.finditer(body)]
    ends = [*starts[1:], len(body)]
    segments = [body[start:end] for start, end in zip(starts, ends, strict=False)]
    return body[: starts[0]] if starts else body, segments


def _read_message(segment: str, *, is_last: bool) -> Message:
    """Take off the marker, the blank line after it, and the one before the next marker."""
    marker, _, rest = segment.partition("\n")
    content = rest.removeprefix("\n").removesuffix("\n")
    if not is_last:
        content = content.removesuffix("\n")
    return Message(marker[2:-1], _unescaped(content))


def _write_message(message: Message, *, is_last: bool) -> str:
    text = f"# {message.role}:\n\n{escaped(str(message.content))}\n"
    return text if is_last else f"{text}\n"


def escaped(text: str) -> str:
    """Add one backslash to each line that would otherwise be read as a marker."""
    if "# " in text or "<<<<<<<" in text or ">>>>>>>" in text:
        return _TO_ESCAPE.sub(r"\\", text)
    return text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub("", text) if "\\" in text else text


def _is_file_text(text: str) -> bool:
    # A prompt file is UTF-8 with LF: reading turns CRLF into LF and refuses NUL.
    if "\0" in text or "\r\n" in f"{text}\n":
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
