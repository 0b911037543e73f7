"""Mustache text -> its parts, with the lines they stand on.

After https://mustache.github.io/mustache.5.html. Includes are expanded long before (composition),
so one that is left over, `{{> name}}`, is literal text.
"""

from __future__ import annotations

import re
from sys import intern
from typing import NamedTuple, TypeAlias

from promptsync.template_errors import TemplateError

MAX_NESTING = 64

_OPEN, _CLOSE = "{{", "}}"
# Compiled when they are needed: both take 0.2 ms, as long as to import a small module, and most
# templates have plain names and no sections.
_REST_OF_LINE = r"[ \t]*(?:\r?\n|\Z)"
_NAME = r"\.|[^\s.{}\"']+(?:\.[^\s.{}\"']+)*"
_SIGILS = frozenset("#^/!>=&{")
_BLOCK_WORDS = frozenset({"if", "each", "unless", "with", "else"})


class Variable(NamedTuple):
    """A tag that a value takes the place of. `path` is empty for `{{.}}`."""

    name: str
    path: tuple[str, ...]
    line: int


class Section(NamedTuple):
    """What is said for each item of a value, or where `is_inverted` only if there is nothing."""

    name: str
    path: tuple[str, ...]
    line: int
    is_inverted: bool
    parts: tuple[Part, ...]


Part: TypeAlias = str | Variable | Section


def parse_mustache(text: str) -> tuple[Part, ...]:
    """Cut a template into literal text, variables and sections. Raises TemplateError."""
    return _Parser(text).parse()


class _Opened(NamedTuple):
    """A section whose end is not reached; `parts` are those around it."""

    name: str
    line: int
    is_inverted: bool
    parts: list[Part]


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.line = 1
        self.counted_to = 0
        self.open, self.close = _OPEN, _CLOSE
        self.parts: list[Part] = []
        self.opened: list[_Opened] = []

    def parse(self) -> tuple[Part, ...]:
        while (start := self.text.find(self.open, self.position)) >= 0:
            self._read_tag(start)
        self._add_text(len(self.text))
        if self.opened:
            last = self.opened[-1]
            raise TemplateError(f"the section `{last.name}` is not closed", last.line)
        return _joined(self.parts)

    def _read_tag(self, start: int) -> None:
        self.line += self.text.count("\n", self.counted_to, start)
        self.counted_to = start
        inside = start + len(self.open)
        sigil = self.text[inside : inside + 1]
        sigil = sigil if sigil in _SIGILS else ""
        close = {"{": "}", "=": "="}.get(sigil, "") + self.close
        end = self.text.find(close, inside + len(sigil))
        if end < 0:
            raise self._error(f"`{self._shown(start)}` is not closed by `{close}`")
        words = self.text[inside + len(sigil) : end].strip()
        end += len(close)
        if sigil in ("", "&", "{"):
            self._add_text(start)
            self.parts.append(self._variable(words))
            self.position = end
        elif sigil == ">":
            self._add_include(start, end)
        else:
            self._skip_tag(start, end)
            self._obey(sigil, words)

    def _variable(self, words: str) -> Variable:
        name = self._name(words)
        if name == "." and all(each.is_inverted for each in self.opened):
            raise self._error("`.` stands for an item, and here is no section that has items")
        # The same names come in many prompts, and are held as long as those.
        return Variable(intern(name), _path(name), self.line)

    def _add_include(self, start: int, end: int) -> None:
        if self.open != _OPEN:
            raise self._error(f"`{self._shown(start)}`: an include is written `{{{{> name}}}}`")
        self._add_text(start)
        self.parts.append(self.text[start:end])
        self.position = end

    def _skip_tag(self, start: int, end: int) -> None:
        """Leave out a tag that says nothing, with its line where it is alone there."""
        newline = self.text.rfind("\n", self.position, start)
        line_start = max(newline + 1, self.position)
        begins_line = line_start == 0 or self.text[line_start - 1] == "\n"
        rest = re.compile(_REST_OF_LINE).match(self.text, end)
        if rest and begins_line and not self.text[line_start:start].strip(" \t"):
            start, end = line_start, rest.end()
        self._add_text(start)
        self.position = end

    def _obey(self, sigil: str, words: str) -> None:
        if sigil == "=":
            self._set_delimiters(words)
        elif sigil == "/":
            self._close_section(words)
        elif sigil != "!":
            self._open_section(self._name(words), is_inverted=sigil == "^")

    def _set_delimiters(self, words: str) -> None:
        both = words.split()
        if len(both) != 2 or "=" in words:  # noqa: PLR2004  an opening and a closing one
            raise self._error("delimiters are set by two of them, such as `{{=<% %>=}}`")
        self.open, self.close = both

    def _open_section(self, name: str, *, is_inverted: bool) -> None:
        if len(self.opened) == MAX_NESTING:
            raise self._error(f"sections are nested deeper than {MAX_NESTING}")
        self.opened.append(_Opened(name, self.line, is_inverted, self.parts))
        self.parts = []

    def _close_section(self, name: str) -> None:
        if not self.opened:
            raise self._error(f"the section `{name}` is closed, but was not opened")
        if self.opened[-1].name != name:
            last = self.opened[-1]
            raise self._error(
                f"the section `{name}` is closed before `{last.name}`, opened on line {last.line}"
            )
        last = self.opened.pop()
        parts = _joined(self.parts)
        self.parts = last.parts
        self.parts.append(Section(last.name, _path(last.name), last.line, last.is_inverted, parts))

    def _name(self, words: str) -> str:
        if words.isidentifier() or re.fullmatch(_NAME, words):
            return words
        first, *rest = words.split() or [""]
        if first in _BLOCK_WORDS:
            write = (
                f"{{{{#{rest[0] if rest else 'name'}}}}} … {{{{/{rest[0] if rest else 'name'}}}}}"
            )
            raise self._error(f"mustache knows no `{first}`", f"write {write}")
        raise self._error(
            f"`{words[:40]}` is no name of a variable",
            "for braces that are meant literally set other delimiters, or `template: none`",
        )

    def _add_text(self, end: int) -> None:
        if end > self.position:
            self.parts.append(self.text[self.position : end])

    def _shown(self, start: int) -> str:
        return self.text[start : start + 40].partition("\n")[0]

    def _error(self, message: str, hint: str | None = None) -> TemplateError:
        return TemplateError(message, self.line, hint)


def _path(name: str) -> tuple[str, ...]:
    return () if name == "." else tuple(map(intern, name.split(".")))


def _joined(parts: list[Part]) -> tuple[Part, ...]:
    """Join literal texts that stand side by side."""
    joined: list[Part] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        else:
            joined.append(part)
    return tuple(joined)
