"""Store a prompt in Braintrust, look at what was stored, and learn how its metadata is kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import Enum

from promptsync.content_hash import content_hash
from promptsync.errors import (
    MovedError,
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.prompt import JsonObject, Prompt
from promptsync.registries.base import ANY_VERSION
from promptsync.registries.braintrust_api import LOOK_SECONDS, BraintrustApi
from promptsync.registries.braintrust_fields import KIND, make_body, read_prompt
from promptsync.registries.http_errors import LostAnswerError
from promptsync.remote_prompt import RemotePrompt, Stamp


class Way(Enum):
    """How a prompt is stored so that the service keeps its metadata, and with it the stamp."""

    PUT = "PUT /v1/prompt"
    INSERT = "POST /insert-functions"
    WITHOUT_METADATA = "it keeps none"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Write:
    """One prompt to be stored; `version` is the one it replaces."""

    api: BraintrustApi
    prompt: Prompt
    stamp: Stamp | None
    body: JsonObject
    version: str | None

    @property
    def name(self) -> str:
        """The name that Braintrust serves it under."""
        return self.prompt.served_name(KIND)

    def store(self, way: Way) -> RemotePrompt:
        """Store it once and return what the service reads back."""
        try:
            self._send(way)
        except (LostAnswerError, RegistryAnswerError) as lost:
            return self._look_for(lost)
        stored = self._look()
        if stored is None:
            raise RegistryAnswerError(f"Braintrust accepted `{self.name}`, but does not have it")
        return stored

    def keeps_metadata(self, stored: RemotePrompt) -> bool:
        """Tell whether the stamp, and each key of the metadata, came back."""
        return stored.stamp == self.stamp and (
            stored.prompt.metadata.keys() >= self.prompt.metadata.keys()
        )

    def keeps_content(self, stored: RemotePrompt) -> bool:
        """Tell whether the content came back as it was sent."""
        return stored.content_hash == content_hash(self.prompt, KIND)

    def _send(self, way: Way) -> None:
        match way:
            case Way.PUT:
                self.api.put(self.body)
            case Way.INSERT:
                self.api.insert(self.body)
            case Way.WITHOUT_METADATA:
                self.api.put({key: self.body[key] for key in self.body if key != "metadata"})

    def _look_for(self, lost: RegistryError) -> RemotePrompt:
        """Return what was stored although the answer was lost, or say that nobody knows."""
        stored = self._look(LOOK_SECONDS)
        if stored is not None and self._is_mine(stored):
            return stored
        if isinstance(lost, RegistryAnswerError):
            raise lost
        raise self._unknown(lost) from lost

    def _look(self, within: float | None = None) -> RemotePrompt | None:
        try:
            found = self.api.find(self.name, within=within)
        except RegistryError as error:
            # Whatever it was, it must not look as if nothing had been sent.
            raise self._unknown(error) from error
        return read_prompt(found) if found else None

    def _unknown(self, error: RegistryError) -> RegistryUnavailableError:
        return RegistryUnavailableError(
            f"`{self.name}` may not be stored: {error.message}",
            hint="run the same command again: it goes on where this one stopped",
        )

    def _is_mine(self, stored: RemotePrompt) -> bool:
        is_new = stored.version != self.version
        return self.keeps_content(stored) and (is_new or self.keeps_metadata(stored))


class PromptWriter:
    """Stores prompts; remembers which way keeps their metadata, to make no version in vain."""

    def __init__(self) -> None:
        self._way: Way | None = None
        self._learning = threading.Lock()

    def save(
        self, api: BraintrustApi, prompt: Prompt, stamp: Stamp | None, replaces: str | None
    ) -> RemotePrompt:
        """Store a prompt and return what the service reads back.

        There is no compare-and-swap: a write between this reading and the PUT goes unnoticed.
        """
        existing = api.find(prompt.served_name(KIND))
        current = read_prompt(existing) if existing else None
        if replaces not in (ANY_VERSION, current.version if current else None):
            raise MovedError(prompt.name, current)
        write = _Write(
            api=api,
            prompt=prompt,
            stamp=stamp,
            body=make_body(
                prompt, project_id=api.route.project_id or "", stamp=stamp, existing=existing
            ),
            version=current.version if current else None,
        )
        if "metadata" not in write.body:
            return write.store(Way.PUT)
        if self._way is None:
            with self._learning:
                if self._way is None:
                    return self._save_and_learn(write)
        return write.store(self._way)

    def _save_and_learn(self, write: _Write) -> RemotePrompt:
        stored = None
        try:
            stored = write.store(Way.PUT)
        except RegistryRefusedError as error:
            if "metadata" not in error.message:
                raise
        if stored is not None and write.keeps_metadata(stored):
            self._way = Way.PUT
            return stored
        if stored is not None and not write.keeps_content(stored):
            # Somebody else was faster, or the service rewrites prompts: this teaches nothing.
            return stored
        return self._insert_and_learn(write, stored)

    def _insert_and_learn(self, write: _Write, stored: RemotePrompt | None) -> RemotePrompt:
        if stored is not None:
            write = replace(write, version=stored.version)
        try:
            inserted = write.store(Way.INSERT)
        except RegistryRefusedError:
            self._way = Way.WITHOUT_METADATA
            return stored or write.store(self._way)
        self._way = Way.INSERT if write.keeps_metadata(inserted) else Way.WITHOUT_METADATA
        return inserted
