"""What a prompt may be called."""

from __future__ import annotations

import re

MAX_NAME = 255
NAME = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_NAME}}}")

_MAX_FILE_NAME = 255
_SHOWN = 59
_SUFFIX = ".md"

# https://learn.microsoft.com/windows/win32/fileio/naming-a-file, with or without an extension
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul"}
    | {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}
)


def told_name(wanted: str) -> str:
    """Return what somebody took for a name, its beginning where it is too long to be one."""
    return wanted if len(wanted) <= MAX_NAME else f"{wanted[:_SHOWN]}…"


def unsafe_reason(name: str) -> str | None:
    """Return why a name of foreign data cannot become that of a file, None where it can."""
    if not NAME.fullmatch(name):
        return "names have letters, digits, `_`, `.` and `-`, at most 255 of them"
    if name.startswith(".") or name.endswith(".") or ".." in name:
        return "it starts or ends with a dot, or has two in a row"
    if name.split(".", maxsplit=1)[0].lower() in _RESERVED:
        return "Windows reserves it"
    if name.lower() == "readme":
        return "a README is not a prompt"
    if len(name) > _MAX_FILE_NAME - len(_SUFFIX):
        return f"file systems hold file names of at most {_MAX_FILE_NAME} characters"
    return None
