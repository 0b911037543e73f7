"""Foreign files as JSON values: YAML, JSON, and front matter above a body.

Every error says the line. YAML is read as strictly as front matter is: no anchors, no tags, no
key twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from promptsync import front_matter, front_matter_writer
from promptsync.errors import PromptFileError
from promptsync.formats.conversion import Note, wrong
from promptsync.front_matter import FrontMatterError
from promptsync.prompt import Json

# `${env:NAME}` and `${env:NAME:default}` of Prompty; promptfoo's `{{ env.NAME }}` and `$NAME`.
_ENVIRONMENT = re.compile(r"\$\{env:|\{\{\s*env\.|^\$[A-Z_]+$|^\$\{[A-Z_]+\}$", re.IGNORECASE)
_SECRET_KEY = re.compile(
    r"api[-_]?key|secret|passw|credential|authorization|bearer|cookie|access[-_]?token",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping read from a file, with what it takes to say on which line something is wrong."""

    values: Mapping[str, Any]
    path: str
    text: str
    first_line: int = 1

    def line_of(self, *key: str | int) -> int:
        """Return the line of a key in the file, the first one where that cannot be told."""
        try:
            return front_matter.line_of(self.text, *key) + self.first_line - 1
        except FrontMatterError:  # JSON that is no YAML
            return self.first_line

    def wrong(self, message: str, *key: str | int) -> PromptFileError:
        """Return the error for what a key holds."""
        return wrong(self.path, message, self.line_of(*key))

    def get_text(self, *key: str | int) -> str | None:
        """Return a text, None for an absent or empty one. Raises PromptFileError for others."""
        value = self._get(key)
        if value is not None and not isinstance(value, str):
            raise self._must_be("text", key)
        return value or None

    def get_mapping(self, *key: str | int) -> dict[str, Any]:
        """Return a mapping, empty for an absent one. Raises PromptFileError for others."""
        value = self._get(key)
        if value is not None and not isinstance(value, dict):
            raise self._must_be("a mapping", key)
        return dict(value or {})

    def get_list(self, *key: str | int) -> list[Any]:
        """Return a list, empty for an absent one. Raises PromptFileError for others."""
        value = self._get(key)
        if value is not None and not isinstance(value, list):
            raise self._must_be("a list", key)
        return list(value or [])

    def _get(self, key: tuple[str | int, ...]) -> Any:
        value: Any = self.values
        for step in key:
            if isinstance(value, list) and isinstance(step, int):
                value = value[step]
            elif isinstance(value, Mapping):
                value = value.get(step)
            else:
                return None
        return value

    def _must_be(self, expected: str, key: tuple[str | int, ...]) -> PromptFileError:
        return self.wrong(f"`{'.'.join(map(str, key))}` must be {expected}", *key)


def read_yaml(text: str, path: str, first_line: int = 1) -> Json:
    """Read YAML. Raises PromptFileError with the line."""
    try:
        return front_matter.read_yaml(text)
    except FrontMatterError as error:
        # It speaks of front matter, which these files need not have.
        message = error.message.replace("front matter", "the YAML")
        raise wrong(path, message, error.line + first_line - 1, error.column) from error


def write_yaml(values: Mapping[str, Any], name: str) -> str:
    """Write a mapping as YAML. Raises PromptFileError for what YAML cannot hold."""
    try:
        return front_matter_writer.write_front_matter(values)
    except FrontMatterError as error:
        raise wrong(name, error.message.replace("front matter", "the YAML")) from error


def read_json(text: str, path: str) -> Json:
    """Read JSON, in which no key stands twice. Raises PromptFileError with the line."""
    try:
        value: Json = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        reason = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise wrong(path, f"invalid JSON: {reason}", error.lineno, error.colno) from error
    except _TwiceError as error:
        read_yaml(text, path)  # which knows the line
        raise wrong(path, str(error)) from error
    except ValueError as error:
        raise wrong(path, f"invalid JSON: {error}") from error
    except RecursionError as error:
        raise wrong(path, _TOO_DEEP) from error
    if _is_deep(value):
        raise wrong(path, _TOO_DEEP)
    return value


_TOO_DEEP = f"the JSON is nested deeper than {front_matter.MAX_DEPTH} levels"


def _is_deep(value: Json) -> bool:
    level = [value]
    for _ in range(front_matter.MAX_DEPTH):
        level = [
            inner
            for each in level
            if isinstance(each, (dict, list))
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
    return any(isinstance(each, (dict, list)) for each in level)


class _TwiceError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise _TwiceError(f"key `{twice[:40]}` stands twice")
    return members


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"`{text}` is no number of JSON")


def read_any(text: str, path: str) -> Json:
    """Read JSON or YAML, whichever the name of the file or its first character says."""
    is_json = path.endswith(".json") or text.lstrip().startswith(("{", "["))
    return read_json(text, path) if is_json else read_yaml(text, path)


def require_mapping(value: Json, path: str, text: str) -> Document:
    """Return a document. Raises PromptFileError for a list, a text or nothing."""
    if not isinstance(value, dict):
        found = "nothing" if value is None else f"a {type(value).__name__}"
        raise wrong(path, f"a mapping of keys to values is expected, and there is {found}")
    return Document(value, path, text)


def split_front_matter(text: str, path: str, opening: re.Pattern[str]) -> tuple[Document, str]:
    """Cut a file into its front matter and its body, both as they are.

    `opening` matches what may stand before and on the first fence. Raises PromptFileError when
    the front matter is not closed, or wrong.
    """
    found = opening.match(text)
    if found is None:
        return Document({}, path, ""), text
    closing = re.compile(r"^(?:---|\+\+\+)[ \t]*$\n?", re.MULTILINE).search(text, found.end())
    first_line = text.count("\n", 0, found.end()) + 1
    if closing is None:
        raise wrong(path, "front matter is not closed by a line `---`", max(first_line - 1, 1))
    front = text[found.end() : closing.start()]
    values = read_yaml(front, path, first_line)
    if values is not None and not isinstance(values, dict):
        raise wrong(path, "front matter must be a mapping of keys to values", first_line)
    return Document(values or {}, path, front, first_line), text[closing.end() :]


def without_secrets(
    values: Mapping[str, Any], notes: list[Note], field: str = "metadata"
) -> dict[str, Any]:
    """Return values without what comes from the environment or looks like a secret.

    Each one left out is named by its key, never by its value; `field` is what they are about.
    """
    left_out: list[str] = []
    kept: dict[str, Any] = _public(dict(values), "", left_out)
    notes += [
        Note(field, f"`{key}` is not imported: it is a secret, or comes from the environment")
        for key in left_out
    ]
    return kept


def _public(value: Any, where: str, left_out: list[str]) -> Any:
    if isinstance(value, dict):
        members = {}
        for key, member in value.items():
            inner = f"{where}.{key}" if where else key
            if _is_secret(key, member):
                left_out.append(inner)
            else:
                members[key] = _public(member, inner, left_out)
        return members
    if isinstance(value, list):
        left_out += [f"{where}.{index}" for index, each in enumerate(value) if _is_secret("", each)]
        return [_public(each, where, left_out) for each in value if not _is_secret("", each)]
    return value


def _is_secret(key: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return bool(_ENVIRONMENT.search(value) or _SECRET_KEY.search(key))
