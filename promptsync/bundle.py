"""The bundle: all prompts that one registry serves, in one JSON file, for images without git.

Reading one needs no git and no YAML. It holds no secret, and nothing in it is volatile: the same
commit makes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptsync.config import RegistryConfig, read_registry
from promptsync.content_hash import content_hash
from promptsync.errors import UsageError
from promptsync.prompt import Prompt
from promptsync.prompt_location import BUNDLE_NAME
from promptsync.prompt_schema import check, content_values, to_content, to_prompt, to_values
from promptsync.status import LocalPrompt

if TYPE_CHECKING:
    from promptsync.catalog import Catalog

FILE_NAME = BUNDLE_NAME
SCHEMA = 1

AGAIN = "make it again with `promptsync bundle`"


class MissingBundleError(UsageError):
    """There is no such file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What an application is deployed with.

    `prompts` are expanded: their includes are part of their text, and `prompt` is `expanded`.
    `commit` is the one that holds them, None for a work tree that differs from its HEAD.
    """

    registry: RegistryConfig
    prompts: tuple[LocalPrompt, ...]
    commit: str | None = None
    repository: str | None = None
    created_from: str = "work_tree"

    def catalog(self, kind: str) -> Catalog:
        """Return the prompts as a registry of some kind would serve them."""
        from promptsync.catalog import Catalog  # noqa: PLC0415  who reads one prompt needs none

        files = {each.prompt.name: _hashed_for(kind, each) for each in self.prompts}
        return Catalog(files, (), kind)


def _hashed_for(kind: str, local: LocalPrompt) -> LocalPrompt:
    return _local_prompt(local.expanded, local.path, local.file_sha256, kind)


def _local_prompt(prompt: Prompt, path: str, file_sha256: str, kind: str) -> LocalPrompt:
    return LocalPrompt(
        prompt=prompt,
        expanded=prompt,
        content_hash=content_hash(prompt, kind),
        path=path,
        file_sha256=file_sha256,
    )


def write_bundle(bundle: Bundle) -> str:
    """Return the text of a bundle: prompts by name, keys in a fixed order, one final line end."""
    registry = bundle.registry
    alias = {} if registry.alias is None else {"alias": registry.alias}
    document = {
        "schema": SCHEMA,
        "commit": bundle.commit,
        "repository": bundle.repository,
        "created_from": bundle.created_from,
        "registry": {
            "name": registry.name,
            "kind": registry.kind,
            **alias,
            **dict(sorted(registry.options.items())),
        },
        "prompts": [
            _entry(each, registry.kind)
            for each in sorted(bundle.prompts, key=lambda each: each.prompt.name)
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _entry(local: LocalPrompt, kind: str) -> dict[str, Any]:
    prompt = local.expanded
    return {
        "name": prompt.name,
        "served_name": prompt.served_name(kind),
        "path": local.path,
        "content_hash": local.content_hash,
        "file_sha256": local.file_sha256,
        "prompt": to_values(prompt) | content_values(prompt.content),
    }


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
        self._entries = {_text(each, "name"): each for each in document["prompts"]}
        if len({each.lower() for each in self._entries}) < len(document["prompts"]):
            raise ValueError("two prompts have one name")

    @property
    def names(self) -> Collection[str]:
        """The names of the prompts, as the bundle says them."""
        return self._entries.keys()

    def prompt(self, name: str) -> LocalPrompt:
        """Return a prompt, its hash computed anew.

        Raises UsageError for one that is not there, or that its hash does not fit.
        """
        if name not in self._entries:
            raise UsageError(f"the bundle `{self.path}` has no prompt `{name}`", hint=AGAIN)
        try:
            return _prompt(self._entries[name], self.registry.kind, self.path)
        except _MALFORMED as error:
            raise _no_bundle(self.path, error) from error


_MALFORMED = (AttributeError, KeyError, TypeError, ValueError, RecursionError)


def _no_bundle(path: str, error: Exception) -> UsageError:
    return UsageError(f"`{path}` is no bundle: {_what(error)}", hint=AGAIN)


def read_bundle(text: str | bytes, *, path: str) -> Bundle:
    """Read a bundle and compute its hashes anew.

    Raises UsageError for what is no bundle, and for a prompt that its hash does not fit.
    """
    file = read_bundle_file(text, path=path)
    return Bundle(
        registry=file.registry,
        prompts=tuple(map(file.prompt, file.names)),
        commit=file.commit,
        repository=file.repository,
        created_from=file.created_from,
    )


def read_bundle_file(text: str | bytes, *, path: str) -> BundleFile:
    """Read a bundle but for its prompts. Raises UsageError for what is no bundle."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"`{path}` is not JSON: {error}", hint=AGAIN) from error
    if not isinstance(document, dict) or "prompts" not in document:
        raise UsageError(f"`{path}` is no bundle", hint=AGAIN)
    if document.get("schema") != SCHEMA:
        raise UsageError(
            f"`{path}` does not have schema {SCHEMA}, the one that this promptsync reads",
            hint=AGAIN,
        )
    try:
        return BundleFile(document, path)
    except _MALFORMED as error:
        raise _no_bundle(path, error) from error


def _prompt(entry: Mapping[str, Any], kind: str, path: str) -> LocalPrompt:
    name, values = _text(entry, "name"), entry["prompt"]
    if problem := next(check(values), None):
        raise ValueError(f"`{name}`: {problem.message}")
    content = to_content(values["text"] if "text" in values else values["messages"])
    prompt = to_prompt(values, name=name, content=content)
    local = _local_prompt(prompt, _text(entry, "path"), _text(entry, "file_sha256"), kind)
    stated = (entry["name"], entry["served_name"], entry["content_hash"])
    if stated != (prompt.name, prompt.served_name(kind), local.content_hash):
        raise UsageError(
            f"`{path}`: `{name}` is not what its hash says; the bundle was changed after it was "
            "written",
            hint=AGAIN,
        )
    return local


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values[key]
    if not isinstance(value, str) or not value:
        raise TypeError(f"`{key}` must be text")
    return value


def _text_or_none(values: Mapping[str, Any], key: str) -> str | None:
    return None if values[key] is None else _text(values, key)


def _what(error: Exception) -> str:
    return f"there is no `{error.args[0]}`" if isinstance(error, KeyError) else str(error)


def load_bundle(path: Path) -> Bundle:
    """Read a bundle from a file. Raises UsageError."""
    return read_bundle(_bytes_of(path), path=str(path))


def open_bundle(path: Path) -> BundleFile:
    """Read a bundle from a file, but for its prompts. Raises UsageError."""
    return read_bundle_file(_bytes_of(path), path=str(path))


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MissingBundleError(f"there is no bundle `{path}`", hint=AGAIN) from error
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror}") from error


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle in one step: a kill leaves the old file or the new one. Raises UsageError."""
    from promptsync.file_writer import write_text  # noqa: PLC0415  reading never needs it

    write_text(path.parent, path.name, write_bundle(bundle))
