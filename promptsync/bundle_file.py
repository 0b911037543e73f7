"""Read a bundle, and of its prompts only those that somebody asks for.

An application waits for this when it starts: it needs no git, no YAML and no catalog.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from promptsync.bundled_prompt import BundledPrompt
from promptsync.content_hash import content_hash
from promptsync.errors import UsageError
from promptsync.file_search import read_file
from promptsync.loaded_prompt import Source
from promptsync.prompt import Prompt
from promptsync.prompt_schema import read_whole
from promptsync.registry_config import read_registry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

SCHEMA = 1

AGAIN = "make it again with `promptsync bundle`"


class MissingBundleError(UsageError):
    """There is no such file."""


class BundleFile:
    """A bundle whose prompts are checked one by one, when somebody asks for them."""

    def __init__(self, document: Mapping[str, Any], path: str) -> None:
        table = dict(document["registry"])
        name = _text(table, "name")
        del table["name"]
        self.path = path
        self.registry = read_registry(name, table, path)
        self.commit = _text_or_none(document, "commit")
        self.repository = _text_or_none(document, "repository")
        self.created_from = _text(document, "created_from")
        self._entries: dict[str, Mapping[str, Any]] = {
            _text(each, "name"): each for each in document["prompts"]
        }
        if len({each.lower() for each in self._entries}) < len(document["prompts"]):
            raise ValueError("two prompts have one name")

    @property
    def names(self) -> Collection[str]:
        """The names of the prompts, as the bundle says them."""
        return self._entries.keys()

    def prompt(self, name: str) -> BundledPrompt:
        """Return a prompt by its name or its served name, its hash computed anew.

        Raises UsageError for one that is not there, or that its hash does not fit.
        """
        try:
            return self._checked(self._entry(name))
        except _MALFORMED as error:
            raise _no_bundle(self.path, error) from error

    def _entry(self, name: str) -> Mapping[str, Any]:
        if name in self._entries:
            return self._entries[name]
        for each in self._entries.values():
            if each.get("served_name") == name:
                return each
        raise UsageError(f"the bundle `{self.path}` has no prompt `{name}`", hint=AGAIN)

    def _checked(self, entry: Mapping[str, Any]) -> BundledPrompt:
        prompt, kind = _prompt(entry), self.registry.kind
        found = BundledPrompt(
            prompt=prompt,
            content_hash=content_hash(prompt, kind),
            source=Source.BUNDLE,
            path=_text(entry, "path"),
            file_sha256=_text(entry, "file_sha256"),
            commit=self.commit,
        )
        stated = (entry["name"], entry["served_name"], entry["content_hash"])
        if stated != (prompt.name, prompt.served_name(kind), found.content_hash):
            raise UsageError(
                f"`{self.path}`: `{entry['name']}` is not what its hash says; the bundle was "
                "changed after it was written",
                hint=AGAIN,
            )
        return found


_MALFORMED = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


def _no_bundle(path: str, error: Exception) -> UsageError:
    return UsageError(f"`{path}` is no bundle: {_what(error)}", hint=AGAIN)


def read_bundle_file(text: str | bytes, *, path: str) -> BundleFile:
    """Read a bundle but for its prompts. Raises UsageError for what is no bundle."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{path}` is not JSON: {error}", hint=AGAIN) from error
    if not isinstance(document, dict) or "prompts" not in document:
        raise UsageError(f"`{path}` is no bundle", hint=AGAIN)
    if document.get("schema") != SCHEMA:
        _refuse_schema(document.get("schema"), path)
    try:
        return BundleFile(document, path)
    except _MALFORMED as error:
        raise _no_bundle(path, error) from error


def _refuse_schema(schema: object, path: str) -> NoReturn:
    if isinstance(schema, int) and schema > SCHEMA:
        raise UsageError(
            f"`{path}` has schema {schema}: a newer promptsync wrote it, and this one reads "
            f"schema {SCHEMA}",
            hint="install that promptsync here, or make the bundle with this one",
        )
    raise UsageError(
        f"`{path}` does not have schema {SCHEMA}, the one that this promptsync reads", hint=AGAIN
    )


def _prompt(entry: Mapping[str, Any]) -> Prompt:
    name = _text(entry, "name")
    try:
        return read_whole(entry["prompt"], name=name)
    except ValueError as error:
        raise ValueError(f"`{name}`: {error}") from error


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if not isinstance(value, str) or not value:
        raise TypeError(f"`{key}` must be text")
    return value


def _text_or_none(values: Mapping[str, Any], key: str) -> str | None:
    return None if values[key] is None else _text(values, key)


def _what(error: Exception) -> str:
    return f"there is no `{error.args[0]}`" if isinstance(error, KeyError) else str(error)


def open_bundle(path: str, data: bytes | None = None) -> BundleFile:
    """Read a bundle but for its prompts, from its file unless `data` is given. Raises UsageError.

    Raises MissingBundleError where there is no such file.
    """
    return read_bundle_file(bytes_of(path) if data is None else data, path=path)


def bytes_of(path: str) -> bytes:
    """Return what a bundle's file holds. Raises UsageError."""
    try:
        return read_file(path)
    except FileNotFoundError as error:
        raise MissingBundleError(f"there is no bundle `{path}`", hint=AGAIN) from error
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror}") from error
