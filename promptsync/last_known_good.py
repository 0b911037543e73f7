"""What a registry served last, kept on disk for the time when it does not answer.

It changes only what is served in an outage: nothing here raises, and what cannot be read is as
good as absent. Prompts may be confidential, so only this user may read the files.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from promptsync.config import user_cache_folder
from promptsync.content_hash import content_hash
from promptsync.file_replacement import replace_private_file
from promptsync.prompt_schema import read_whole, whole_values
from promptsync.remote_prompt import RemotePrompt, Stamp

FORMAT = 1

_LOGGER = logging.getLogger("promptsync")
_OTHERS_MAY_WRITE = 0o002


def default_folder() -> Path:
    """Return where prompts are kept when the application names no folder."""
    return user_cache_folder() / "loaded"


class LastKnownGood:
    """The prompts of one registry, one file for each name and alias or version.

    `registry_key` is that of `registry_identity`. Without a folder nothing is kept. What cannot
    be read is logged when the caller says `tell`: until then it may hold a lock that a handler of
    the log waits for.
    """

    def __init__(self, folder: Path | None, registry_key: str) -> None:
        self._kind, _, digest = registry_key.partition(":")
        self._key = registry_key
        self._folder = folder and folder / f"{self._kind}-{digest[:20]}"
        self._trouble: tuple[str, Path, str] | None = None
        self._has_told = False

    def read(self, name: str, alias: str | None, version: str | None) -> RemotePrompt | None:
        """Return what the registry served for this question last, None for nothing to rely on."""
        if self._folder is None:
            return None
        file = self._folder / _file_name(name, alias, version)
        try:
            document = json.loads(_trusted_bytes(file))
            return self._prompt(document, self._question(name, alias, version))
        except FileNotFoundError:
            return None
        except _UNREADABLE as error:
            reason = _reason(error)
            self._trouble = ("`%s` is left alone: it cannot be read as a prompt: %s", file, reason)
            return None

    def write(
        self, name: str, alias: str | None, version: str | None, remote: RemotePrompt
    ) -> None:
        """Keep what the registry served now. A file that says so already is not touched."""
        if self._folder is None:
            return
        file = self._folder / _file_name(name, alias, version)
        try:
            document = {**self._question(name, alias, version), **_document(remote)}
            data = json.dumps(document).encode()
            if _bytes_of(file) != data:
                replace_private_file(file, data)
        except _UNWRITABLE as error:
            reason = _reason(error)
            message = "`%s` cannot be kept for an outage: %s; loads go on without"
            self._trouble = (message, file, reason)
            self.tell()

    def tell(self) -> None:
        """Log the first trouble, once; the next file would say the same."""
        if self._trouble is not None and not self._has_told:
            self._has_told = True
            _LOGGER.warning(*self._trouble)

    def _question(self, name: str, alias: str | None, version: str | None) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "registry": self._key,
            "name": name,
            "alias": alias,
            "asked_version": version,
        }

    def _prompt(self, document: Mapping[str, Any], question: Mapping[str, Any]) -> RemotePrompt:
        for key, value in question.items():
            if document[key] != value:
                raise ValueError(f"its `{key}` is another one")
        kept = document["kept"]
        if document["checksum"] != _checksum(kept):
            raise ValueError("it was changed after it was written")
        prompt = read_whole(kept["prompt"], name=kept["prompt"]["name"])
        if content_hash(prompt, self._kind) != kept["content_hash"]:
            raise ValueError("its content is not what its hash says")
        return RemotePrompt(
            prompt=prompt,
            version=str(kept["version"]),
            content_hash=kept["content_hash"],
            stamp=Stamp.from_json(kept["stamp"]),
            created=kept["created"],
            author=kept["author"],
            service_ids=kept["service_ids"],
        )


_UNWRITABLE = (OSError, TypeError, ValueError, RecursionError)
_UNREADABLE = (*_UNWRITABLE, AttributeError, KeyError, IndexError)


def _document(remote: RemotePrompt) -> dict[str, Any]:
    kept = {
        "version": remote.version,
        "content_hash": remote.content_hash,
        "created": remote.created,
        "author": remote.author,
        "service_ids": dict(remote.service_ids),
        "stamp": remote.stamp.to_json() if remote.stamp else None,
        "prompt": whole_values(remote.prompt),
    }
    return {"kept": kept, "checksum": _checksum(kept)}


def _checksum(kept: object) -> str:
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _file_name(name: str, alias: str | None, version: str | None) -> str:
    question = json.dumps([name, alias, version]).encode()
    # For people: a name of any length, case and alphabet is safe through the digest behind it.
    shown = re.sub(r"[^A-Za-z0-9_-]", "_", name[:60])
    return f"{shown}-{hashlib.sha256(question).hexdigest()[:20]}-{FORMAT}.json"


def _trusted_bytes(file: Path) -> bytes:
    """Return what a file holds that nobody else can have written. Raises OSError and ValueError."""
    with file.open("rb") as opened:
        status = os.fstat(opened.fileno())
        # Whoever shares a machine shall not decide what an application says in an outage.
        if hasattr(os, "geteuid") and (
            status.st_uid not in (0, os.geteuid()) or status.st_mode & _OTHERS_MAY_WRITE
        ):
            raise ValueError("other users may write it")
        return opened.read()


def _bytes_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
