"""Make what a service said fit to be shown: no secret, nobody's address, one short line."""

from __future__ import annotations

import re
from collections.abc import Collection

from promptsync.errors import RegistryAnswerError

SHOWN_CHARACTERS = 200

# What is shorter protects nothing, and would be cut out of ordinary words.
_SECRET_CHARACTERS = 4

# More than anybody reads, and a bound on the work below.
_READ_CHARACTERS = 20_000

_HIDDEN: tuple[tuple[re.Pattern[str], str], ...] = (
    # Braintrust ends its texts with [user_email=…] [user_org=…] [timestamp=…] [request_id=…].
    (re.compile(r"\[\w{1,40}=[^\]]*(?:\]|$)"), ""),
    (re.compile(r"(?<=://)[^/\s@]{1,500}@"), ""),
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\b(?:sk|bt-st)-[\w-]{8,}"), "***"),
    (
        re.compile(
            r"\b(api[-_]?key|[\w-]{0,40}token|secret|password|signature)(\"?\s?[=:]\s?)[^\s&,;}]+",
            re.IGNORECASE,
        ),
        r"\1\2***",
    ),
    (re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), "<e-mail>"),
)


def redact(text: str, secrets: Collection[str] = ()) -> str:
    """Return a service's text without secrets, addresses and control characters, shortened."""
    text = text[:_READ_CHARACTERS]
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SECRET_CHARACTERS:
            text = text.replace(secret, "***")
    for pattern, replacement in _HIDDEN:
        text = pattern.sub(replacement, text)
    return shorten(text)


def shorten(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """Return a text on one line, of at most so many characters, all of them printable."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    line = " ".join(printable.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def unknown_prompt(service: str, name: object) -> RegistryAnswerError:
    """Return the error for a prompt that makes no sense, named as far as its name does."""
    which = f"the prompt `{shorten(name, 80)}`" if isinstance(name, str) else "a prompt"
    return RegistryAnswerError(
        f"{service} sent {which} in a shape that promptsync does not know",
        hint="a newer promptsync may know it",
    )
