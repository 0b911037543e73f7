"""Store a prompt in Opik: a new version where content differs, else only what can be changed."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

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
from promptsync.registries.http_errors import LostAnswerError
from promptsync.registries.opik_api import CONFLICT, LOOK_SECONDS, id_of
from promptsync.registries.opik_body import (
    has_version_of,
    make_details,
    make_version,
    structure_of,
)
from promptsync.registries.opik_fields import KIND, read_prompt
from promptsync.registries.opik_identity import Identity
from promptsync.registries.opik_limits import find_unsupported
from promptsync.registries.opik_listing import version_of
from promptsync.registries.opik_project import OpikProject, prompt_id_of
from promptsync.registries.opik_tags import PREFIX, holds_title, write_tags
from promptsync.remote_prompt import RemotePrompt, Stamp

_VERSION, _VARIANT = 0x7 << 76, 0b10 << 62


@dataclass(frozen=True, slots=True)
class Stored:
    """A prompt as it is there: whole as Opik sent it, and its latest version as a remote prompt.

    A prompt that was made without a text has no version.
    """

    container: JsonObject
    remote: RemotePrompt | None

    @classmethod
    def of(cls, found: JsonObject | None) -> Stored | None:
        """Read what was found, if anything was."""
        if found is None:
            return None
        version = version_of(found, None)
        return cls(found, read_prompt(found, version) if version else None)


@dataclass(frozen=True, slots=True)
class OpikWriter:
    """Stores one prompt in a project."""

    project: OpikProject
    prompt: Prompt
    stamp: Stamp | None

    @property
    def name(self) -> str:
        """The name that Opik serves it under."""
        return self.prompt.served_name(KIND)

    def save(self, replaces: str | None) -> RemotePrompt:
        """Store the prompt and return what the service reads back.

        There is no compare-and-swap: a write between the first reading and ours goes unnoticed,
        except that two cannot create one name.
        """
        was = self.project.known_id(self.name)
        there = self._look()
        current = there.remote if there else None
        if replaces not in (ANY_VERSION, current.version if current else None):
            raise MovedError(self.name, current)
        is_other = there is not None and was not in (None, id_of(there.container))
        if is_other and replaces != ANY_VERSION:
            # Deleted and made anew since it was read, so that equal numbers mean nothing.
            raise MovedError(self.name, current)
        if there is None and (taken := self.project.taken(self.name)):
            raise RegistryRefusedError(str(taken))
        if there is None:
            return self._create(replaces)
        return self._update(there)

    def _create(self, replaces: str | None) -> RemotePrompt:
        prompt_id = _new_id()
        body = {
            "id": prompt_id,
            **make_details(self.prompt),
            **self._version(prompt_id),
            "template_structure": structure_of(self.prompt),
            "project_id": self.project.id(),
        }
        try:
            self._write(lambda: self.project.api.create_prompt(body), self._is_stored)
        except RegistryRefusedError as error:
            if error.status != CONFLICT:
                raise
            return self._meet(Stored.of(self.project.find_bare(self.name)), replaces, error)
        return self._read_back()

    def _meet(
        self, there: Stored | None, replaces: str | None, error: RegistryRefusedError
    ) -> RemotePrompt:
        """Go on where the name turned out to be taken."""
        if taken := self.project.taken(self.name):
            raise RegistryRefusedError(str(taken), status=CONFLICT) from error
        if there is None:
            raise error
        if replaces != ANY_VERSION and there.remote is not None:
            raise MovedError(self.name, there.remote) from error
        return self._update(there)

    def _update(self, there: Stored) -> RemotePrompt:
        if there.remote is not None and self._keeps_version(there.remote):
            self._tag(there)
        else:
            self._append(there)
        self._describe(there)
        return self._read_back()

    def _keeps_version(self, current: RemotePrompt) -> bool:
        """Tell whether the latest version says all of this, but for what tags can add."""
        title = self.prompt.title or ""
        return (
            current.content_hash == content_hash(self.prompt, KIND)
            and has_version_of(current.prompt, self.prompt)
            and (title == (current.prompt.title or "") or (title != "" and holds_title(title)))
            and (self.stamp is not None or current.stamp is None)
        )

    def _append(self, there: Stored) -> None:
        structure = there.container.get("template_structure")
        if structure not in (None, structure_of(self.prompt)):
            unsupported = find_unsupported(self.prompt, there.remote)
            raise RegistryRefusedError(
                unsupported[0] if unsupported else f"`{self.name}` is a {structure} prompt in Opik"
            )
        body = {
            "name": self.name,
            "project_id": self.project.id(),
            "version": self._version(id_of(there.container)),
        }
        before = there.remote.version if there.remote else None
        self._write(
            lambda: self._create_version(body, id_of(there.container)),
            lambda stored: stored.version != before and self._is_stored(stored),
        )

    def _version(self, prompt_id: str) -> JsonObject:
        identity = Identity(self.project.name, self.name, prompt_id)
        return make_version(self.prompt, self.stamp, identity.to_json())

    def _create_version(self, body: JsonObject, prompt_id: str) -> None:
        if prompt_id_of(self.project.api.create_version(body)) != prompt_id:
            raise RegistryAnswerError(
                f"Opik stored `{self.name}` as a version of another prompt of that name",
                hint="run the same command again to plan anew",
            )

    def _tag(self, there: Stored) -> None:
        """Say by tags what metadata of the version does not."""
        version, current = version_of(there.container, None), there.remote
        if version is None or current is None:
            return
        has_title = self.prompt.title == current.prompt.title
        if self.stamp == current.stamp and has_title:
            return
        tags = [each for each in version.get("tags") or () if isinstance(each, str)]
        foreign = [each for each in tags if not each.startswith(PREFIX)]
        own = write_tags(self.stamp, self.prompt.title)
        merge = len(foreign) == len(tags)
        wanted = own if merge else [*foreign, *own]
        self._write(
            lambda: self.project.api.tag_version(id_of(version), wanted, merge=merge),
            lambda stored: stored.stamped_hash == (self.stamp and self.stamp.content_hash),
        )

    def _describe(self, there: Stored) -> None:
        """Store what all versions share, where it differs from what was there."""
        details = make_details(self.prompt)
        found = there.container
        same = set(details["tags"]) == set(found.get("tags") or ())
        if same and details.get("description") == (found.get("description") or None):
            return
        self._write(
            lambda: self.project.api.update_prompt(id_of(found), details),
            lambda stored: (
                stored.prompt.description == (self.prompt.description or None)
                and set(stored.prompt.tags) == set(self.prompt.tags)
            ),
        )

    def _write(self, write: Callable[[], object], is_done: Callable[[RemotePrompt], bool]) -> None:
        """Write once; where the answer is lost, look whether it was done."""
        try:
            write()
        except (LostAnswerError, RegistryAnswerError) as lost:
            try:
                there = self._look(LOOK_SECONDS)
            except RegistryError as error:
                # Whatever it was, it must not look as if nothing had been sent.
                raise self._unknown(error) from error
            if there is not None and there.remote is not None and is_done(there.remote):
                return
            if isinstance(lost, RegistryAnswerError):
                raise
            raise self._unknown(lost) from lost

    def _is_stored(self, stored: RemotePrompt) -> bool:
        same = stored.content_hash == content_hash(self.prompt, KIND)
        return same and stored.stamp == self.stamp

    def _look(self, within: float | None = None) -> Stored | None:
        return Stored.of(self.project.find(self.name, within=within))

    def _read_back(self) -> RemotePrompt:
        try:
            there = self._look()
        except RegistryError as error:
            raise self._unknown(error) from error
        if there is None or there.remote is None:
            raise RegistryAnswerError(f"Opik accepted `{self.name}`, but does not have it")
        return there.remote

    def _unknown(self, error: RegistryError) -> RegistryUnavailableError:
        return RegistryUnavailableError(
            f"`{self.name}` may not be stored: {error.message}",
            hint="run the same command again: it goes on where this one stopped",
        )


def _new_id() -> str:
    """Return an id for a prompt that is to be made: Opik takes UUIDs of version 7."""
    moment = time.time_ns() // 1_000_000 << 80
    chance = secrets.randbits(12) << 64 | secrets.randbits(62)
    return str(uuid.UUID(int=moment | _VERSION | _VARIANT | chance))
