"""The bundle: all prompts that one registry serves, in one JSON file, for images without git.

Reading one needs no git and no YAML. It holds no secret, and nothing in it is volatile: the same
commit makes the same bytes.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promptsync.bundle_file import SCHEMA, bytes_of, read_bundle_file
from promptsync.bundled_prompt import BundledPrompt
from promptsync.catalog import Catalog
from promptsync.content_hash import content_hash
from promptsync.file_search import BUNDLE
from promptsync.prompt_schema import whole_values
from promptsync.registry_config import RegistryConfig
from promptsync.status import LocalPrompt

FILE_NAME = BUNDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What an application is deployed with.

    `prompts` are expanded: their includes are part of their text, and `prompt` is `expanded`.
    `registry` is the table of the one that should serve them, without secrets. `commit` is the one
    that holds them, None for a work tree that differs from its HEAD; `repository` is its URL
    without credentials. `created_from` is "commit" or "work_tree".
    """

    registry: RegistryConfig
    prompts: tuple[LocalPrompt, ...]
    commit: str | None = None
    repository: str | None = None
    created_from: str = "work_tree"

    def catalog(self, kind: str) -> Catalog:
        """Return the prompts by name, hashed as for registries of that kind."""
        files = {each.prompt.name: _hashed_for(kind, each) for each in self.prompts}
        return Catalog(files, (), kind)


def _hashed_for(kind: str, local: LocalPrompt) -> LocalPrompt:
    return replace(local, content_hash=content_hash(local.expanded, kind))


def _local_prompt(found: BundledPrompt) -> LocalPrompt:
    return LocalPrompt(
        prompt=found.prompt,
        expanded=found.prompt,
        content_hash=found.content_hash,
        path=found.path,
        file_sha256=found.file_sha256,
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
        "prompt": whole_values(prompt),
    }


def read_bundle(text: str | bytes, *, path: str) -> Bundle:
    """Read a bundle and compute its hashes anew.

    Raises UsageError for what is no bundle, and for a prompt that its hash does not fit.
    """
    file = read_bundle_file(text, path=path)
    return Bundle(
        registry=file.registry,
        prompts=tuple(_local_prompt(file.prompt(name)) for name in file.names),
        commit=file.commit,
        repository=file.repository,
        created_from=file.created_from,
    )


def load_bundle(path: str | os.PathLike[str]) -> Bundle:
    """Read a whole bundle from a file that `promptsync bundle` made, and check every content hash.

    Raises UsageError for a file that is missing, no bundle, or from a newer promptsync.
    """
    shown = os.fspath(path)
    return read_bundle(bytes_of(shown), path=shown)


def save_bundle(path: Path, bundle: Bundle) -> None:
    """Write a bundle in one step: a kill leaves the old file or the new one. Raises UsageError."""
    from promptsync.file_writer import write_text  # reading never needs it

    write_text(path.parent, path.name, write_bundle(bundle))
