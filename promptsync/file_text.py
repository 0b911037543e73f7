"""The bytes of a file with prompts as text: UTF-8, a byte order mark dropped, CRLF read as LF."""

from __future__ import annotations

import codecs

from promptsync.errors import Problem, PromptFileError

MAX_BYTES = 1024 * 1024


def decode(data: bytes, path: str, *, max_bytes: int = MAX_BYTES) -> str:
    """Decode a prompt file, or a catalog file, which may be larger.

    Raises PromptFileError for a NUL byte, for what is no UTF-8, and for too many bytes.
    """
    check_size(data, path, max_bytes)
    data = data.removeprefix(codecs.BOM_UTF8)
    if (nul := data.find(b"\0")) >= 0:
        raise _not_text(path, data, nul, "NUL byte")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        problem = f"invalid UTF-8 byte 0x{data[error.start]:02x}"
        raise _not_text(path, data, error.start, problem) from error
    # A second BOM would become the first one when the text is written back.
    text = text.lstrip("\ufeff")
    return text.replace("\r\n", "\n") if "\r" in text else text


def check_size(data: bytes, path: str, max_bytes: int = MAX_BYTES) -> None:
    """Raise PromptFileError for a file that is too large."""
    if len(data) > max_bytes:
        message = f"the file has {len(data):,} bytes; a prompt file has at most {max_bytes:,}"
        raise PromptFileError(Problem(path, 1, message))


def _not_text(path: str, data: bytes, offset: int, problem: str) -> PromptFileError:
    start = data.rfind(b"\n", 0, offset) + 1
    line = data.count(b"\n", 0, offset) + 1
    column = len(data[start:offset].decode(errors="replace")) + 1
    message = f"{problem}; a prompt file is UTF-8 text"
    return PromptFileError(Problem(path, line, message, column, "save the file as UTF-8"))
