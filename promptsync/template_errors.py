"""What the template dialects say is wrong with a text, by its line: rendering names the file."""

from __future__ import annotations


class TemplateError(Exception):
    """A template that cannot be understood or filled in; `line` counts from 1."""

    def __init__(self, message: str, line: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint


class MissingNameError(Exception):
    """A name in a template that no value was given for; `line` counts from 1."""

    def __init__(self, name: str, line: int) -> None:
        super().__init__(name)
        self.name = name
        self.line = line
