"""The bundle: all prompts that one registry serves, in one JSON file, for images without git.

Reading one needs no git and no YAML. It holds no secret, and nothing in it is volatile: the same
commit makes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsync.catalog import Catalog
from promptsync.config import RegistryConfig, read_registry
from promptsync.content_hash import content_hash
from promptsync.errors import UsageError
from promptsync.prompt import Prompt
from promptsync.prompt_schema import check, content_values, to_content, to_prompt, to_values
from promptsync.status import LocalPrompt

FILE_NAME = "promptsync-bundle.json"
SCHEMA = 1

AGAIN = "make it again with `promptsync bundle`"


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


def read_bundle(text: str | bytes, *, path: str) -> Bundle:
    """Read a bundle and compute its hashes anew.

    Raises UsageError for what is no bundle, and for a prompt that its hash does not fit.
    """
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
        return _bundle(document, path)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"`{path}` is no bundle: {_what(error)}", hint=AGAIN) from error


def _bundle(document: Mapping[str, Any], path: str) -> Bundle:
    table = dict(document["registry"])
    name = _text(table, "name")
    del table["name"]
    registry = read_registry(name, table, path)
    prompts = tuple(_prompt(each, registry.kind, path) for each in document["prompts"])
    names = [each.prompt.name.lower() for each in prompts]
    if len(set(names)) < len(names):
        raise ValueError("two prompts have one name")
    return Bundle(
        registry=registry,
        prompts=prompts,
        commit=_text_or_none(document, "commit"),
        repository=_text_or_none(document, "repository"),
        created_from=_text(document, "created_from"),
    )


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
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise UsageError(f"there is no bundle `{path}`", hint=AGAIN) from error
    except OSError as error:
        raise UsageError(f"`{path}` cannot be read: {error.strerror}") from error
    return read_bundle(data, path=str(path))


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle in one step: a kill leaves the old file or the new one. Raises UsageError."""
    from promptsync.file_writer import write_text  # noqa: PLC0415  reading never needs it

    write_text(path.parent, path.name, write_bundle(bundle))
