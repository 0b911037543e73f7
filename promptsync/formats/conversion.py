"""What converting a prompt gives: the prompt or the text, and a note for whatever changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NoReturn

from promptsync.errors import Problem, PromptFileError
from promptsync.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a conversion changes; `field` is the field of Prompt that it is about.

    With `is_lost` the other side does not have it at all; else it is only said differently.
    """

    field: str
    message: str
    is_lost: bool = True


@dataclass(frozen=True, slots=True)
class Imported:
    """A prompt of another format."""

    prompt: Prompt
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Exported:
    """A prompt as a file of another format has it."""

    text: str
    file_name: str
    notes: tuple[Note, ...] = ()


def _nothing_beside(reference: str) -> NoReturn:
    raise ValueError(f"`{reference}` is another file, and this text came without one")


@dataclass(frozen=True, slots=True)
class Source:
    """A file of another format: its text, and its path for names and messages.

    `read_beside` returns the text of a file that this one refers to, by the path written in it;
    it raises ValueError with the reason for one that may not be read.
    """

    text: str
    path: str
    read_beside: Callable[[str], str] = _nothing_beside


def wrong(path: str, message: str, line: int = 1, column: int = 1) -> PromptFileError:
    """Return the error for a file that cannot be imported."""
    return PromptFileError(Problem(path, line, message, column))


# Longer lists and longer tags are looked up in the file.
MAX_LISTED = 5
MAX_SHOWN = 40


def listed(names: Iterable[str]) -> str:
    """Write names as a reader takes them in: each once, in backticks, not too many of them."""
    unique = list(dict.fromkeys(names))
    shown = ", ".join(f"`{_shortened(each)}`" for each in unique[:MAX_LISTED])
    left_out = len(unique) - MAX_LISTED
    return f"{shown} and {left_out} more" if left_out > 0 else shown


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"
