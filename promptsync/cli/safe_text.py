"""Make text from files and services safe to show: on a terminal, in Markdown, in a command."""

from __future__ import annotations

import re

# Longer names come only from registries; nothing here can be called that.
MAX_NAME_SHOWN = 60


def printable(text: str) -> str:
    """Replace control and invisible characters by their escapes.

    Escape sequences would move the cursor or fake output; bidirectional controls reorder it.
    """
    if text.isprintable():
        return text
    return "".join(
        each if each in "\n\t" or each.isprintable() else each.encode("unicode_escape").decode()
        for each in text
    )


def one_line(text: str) -> str:
    """Return text as one printable line."""
    return printable(text).replace("\n", " ").replace("\t", " ")


def shown_name(name: str) -> str:
    """Return a prompt's name on one line, of a length that people read."""
    return shortened(one_line(name), MAX_NAME_SHOWN)


def shortened(text: str, limit: int) -> str:
    """Return the beginning of a text, marked where something is left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def as_argument(name: str) -> str | None:
    """Return a name as a shell takes it, None for one that nobody should paste."""
    if not name.isprintable() or len(name) > MAX_NAME_SHOWN or name.startswith("-"):
        return None
    import shlex  # a hook that finds nothing to say imports nothing to say it

    return shlex.quote(name)


def code_span(text: str) -> str:
    """Return text as Markdown code, in a table too: no markup, mention or emoji comes to life."""
    safe = one_line(text).replace("|", "\\|")
    fence = "`" * (_longest_run_of_backticks(safe) + 1)
    padding = " " if safe.startswith("`") or safe.endswith("`") or not safe else ""
    return f"{fence}{padding}{safe}{padding}{fence}"


def name_span(name: str) -> str:
    """Return a prompt's name as Markdown code."""
    return code_span(shown_name(name))


def code_block(text: str, language: str) -> str:
    """Return text as a fenced block that nothing in it can close."""
    safe = printable(text)
    fence = "`" * max(3, _longest_run_of_backticks(safe) + 1)
    return f"{fence}{language}\n{safe}\n{fence}"


def html_code(text: str) -> str:
    """Return text as code for a line of HTML."""
    import html

    return f"<code>{html.escape(one_line(text))}</code>"


def _longest_run_of_backticks(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
