"""The body of a prompt file: role markers and escapes, text to content and back.

A marker is a line that is exactly `# system:` or another role. A content line that looks like a
marker, or like the start of a git conflict, is written with one backslash more than it has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from promptsync.prompt import Message

ROLES = ("system", "developer", "user", "assistant", "tool")

_ROLE_LINE = r"# (?:system|developer|user|assistant|tool):"
_MARKER = re.compile(rf"^({_ROLE_LINE})$", re.MULTILINE)
_CONFLICT_START = r"<{7}(?: .*)?"
_TO_ESCAPE = re.compile(rf"^(?=\\*(?:{_ROLE_LINE}|{_CONFLICT_START})$)", re.MULTILINE)
_ESCAPED = re.compile(rf"^\\(?=\\*(?:{_ROLE_LINE}|{_CONFLICT_START})$)", re.MULTILINE)
_CONFLICT = re.compile(rf"^{_CONFLICT_START}$", re.MULTILINE)


class MarkupError(Exception):
    """What is wrong with a body, and on which of its lines, counted from 1."""

    def __init__(self, message: str, line: int, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


def find_conflict(text: str) -> int | None:
    """Return the line of the first git conflict marker, None when there is none."""
    found = _CONFLICT.search(text) if "<<<<<<<" in text else None
    return text.count("\n", 0, found.start()) + 1 if found else None


def read_body(body: str) -> str | tuple[Message, ...]:
    """Parse a body, without its front matter and the blank line after it. Raises MarkupError."""
    markers = list(_MARKER.finditer(body))
    if not markers:
        return _unescaped(_without_final_newline(body))
    before = body[: markers[0].start()]
    if before.strip():
        line = len(before) - len(before.lstrip())
        raise MarkupError(
            f"text before the first marker `{markers[0].group(1)}`",
            before.count("\n", 0, line) + 1,
            hint="move it below a marker such as `# system:`",
        )
    ends = [marker.start() for marker in markers[1:]]
    messages = [
        Message(_role(marker), _content(body[_after(body, marker) : end], followed=True))
        for marker, end in zip(markers, ends, strict=False)
    ]
    last = markers[-1]
    return (*messages, Message(_role(last), _content(body[_after(body, last) :], followed=False)))


def write_body(content: str | Sequence[Message]) -> str:
    """Write content as a body that `read_body` turns into the same content.

    Only for content that `can_hold` accepts.
    """
    if isinstance(content, str):
        return escaped(content) + "\n"
    return "\n".join(f"# {each.role}:\n\n{escaped(str(each.content))}\n" for each in content)


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


def escaped(text: str) -> str:
    """Add one backslash to each line that would otherwise be read as a marker."""
    return _TO_ESCAPE.sub(r"\\", text) if "# " in text or "<<<<<<<" in text else text


def _unescaped(text: str) -> str:
    return _ESCAPED.sub("", text) if "\\" in text else text


def _is_file_text(text: str) -> bool:
    # A prompt file is UTF-8 with LF: reading turns CRLF into LF and refuses NUL.
    if "\r\n" in text or "\0" in text:
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _role(marker: re.Match[str]) -> str:
    return marker.group(1)[2:-1]


def _after(body: str, marker: re.Match[str]) -> int:
    return min(marker.end() + 1, len(body))


def _content(segment: str, *, followed: bool) -> str:
    """Take off the structural blank line after a marker, the line end, and the one before the next."""
    content = _without_final_newline(segment.removeprefix("\n"))
    return _unescaped(_without_final_newline(content) if followed else content)


def _without_final_newline(text: str) -> str:
    return text.removesuffix("\n")
