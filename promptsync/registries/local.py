"""The embedded registry: prompts in SQLite by default, or in PostgreSQL. No account, no network."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from promptsync.content_hash import content_hash
from promptsync.errors import MovedError, RegistryRefusedError
from promptsync.prompt import Prompt
from promptsync.registries.base import ANY_VERSION, AskNames
from promptsync.registries.local_database import Database
from promptsync.registries.local_documents import (
    KIND,
    as_served,
    find_unsupported,
    read_document,
    read_stamp,
    write_document,
    write_stamp,
)
from promptsync.registries.local_errors import RUN_AGAIN, LostRaceError
from promptsync.registries.local_tables import (
    ALIASES,
    PROMPTS,
    VERSIONS,
    aliased_versions,
    aliases_of,
    has_alias,
    head_of,
    latest_versions,
    versions_of,
)
from promptsync.registry_config import ALIAS_RULE, is_alias
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt

if TYPE_CHECKING:
    from promptsync.experiment import Experiment

if TYPE_CHECKING:
    from promptsync.registries.local_syncs import DatabaseSyncs

DEFAULT_URL = "sqlite:///.promptsync/registry.db"

# Every database takes this many values in one query.
_BATCH = 500

# Nine digits: every one of them is an integer to PostgreSQL.
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


class LocalRegistry:
    """Prompts in a database of one's own.

    Versions are numbered from 1, appended, and never changed. Reading a database that does not
    exist yet finds an empty registry and creates nothing. A relative path of a SQLite file
    starts at `folder`, or else at the working directory of this moment. `author` is who uploads.
    A question takes at most `each` seconds.
    """

    kind = KIND
    can_rename = True

    def __init__(
        self,
        url: str = DEFAULT_URL,
        author: str | None = None,
        *,
        folder: Path | None = None,
        each: float | None = None,
    ) -> None:
        self._database = Database(url, folder=folder or Path.cwd(), each=each)
        self._author = author

    @property
    def address(self) -> str:
        """Where this registry is, for people: no credentials in it."""
        return self._database.address

    @property
    def missing_part(self) -> str | None:
        """What is missing of a registry where nothing was ever stored, or all was removed."""
        if (file := self._database.missing_file) is not None:
            return f"there is no file `{file}`"
        return None if self._database.has_tables else "it has no tables of promptsync"

    def list_prompts(
        self,
        *,
        wanted: AskNames | None = None,  # noqa: ARG002  one query finds them all
    ) -> Iterable[RemotePrompt]:
        """Yield the latest version of each prompt, by name."""
        return map(_remote_prompt, self._database.rows(latest_versions()))

    def get_prompt(
        self,
        name: str,
        *,
        version: str | None = None,
        alias: str | None = None,
        details: bool = True,  # noqa: ARG002  they come along
    ) -> RemotePrompt | None:
        """Return one prompt, latest unless `version` or `alias` say which; None if none fits."""
        row = self._find_version(name, version, alias)
        return _remote_prompt(row) if row else None

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Return several prompts, latest or where an alias points."""
        for some in _batches(names):
            if alias is None:
                query = latest_versions().where(PROMPTS.c.name.in_(some))
            else:
                query = aliased_versions(some, alias)
            yield from map(_remote_prompt, self._database.rows(query))

    def list_versions(self, name: str) -> Sequence[RemotePrompt]:
        """Return every version of a prompt, newest first."""
        return [_remote_prompt(row) for row in self._database.rows(versions_of(name))]

    def save_prompt(
        self, prompt: Prompt, stamp: Stamp | None, *, replaces: str | None = ANY_VERSION
    ) -> RemotePrompt:
        """Append a version and return what the database reads back.

        Of two writers at the same moment one is refused, unless both store the same content and
        may replace any version.
        """
        served = _checked(prompt)
        while True:
            head = self._find_head(served.name)
            if replaces not in (ANY_VERSION, None if head is None else str(head.number)):
                raise MovedError(served.name, None if head is None else _remote_prompt(head))
            try:
                return self._append(served, write_stamp(stamp), self._author, head)
            except LostRaceError:
                winner = self.get_prompt(served.name)
                if winner is not None and replaces not in (ANY_VERSION, winner.version):
                    raise MovedError(served.name, winner) from None
                if winner is None or winner.content_hash != content_hash(served, KIND):
                    raise

    def edit_prompt(
        self, name: str, change: Callable[[Prompt], Prompt], author: str | None = None
    ) -> RemotePrompt:
        """Store a changed prompt as a person does in a web page: the stamp stays what it was.

        Refused if somebody else stored a version meanwhile.
        """
        head = self._find_head(name)
        if head is None:
            raise self._no_prompt(name)
        changed = replace(as_served(change(_remote_prompt(head).prompt)), name=name)
        return self._append(_checked(changed), head.stamp, author, head)

    def delete_prompt(self, name: str) -> None:
        """Remove a prompt, its versions and aliases for good.

        A prompt stored under that name later starts at version 1 again.
        """
        if self._find_version(name):
            with self._database.writing() as connection:
                connection.execute(delete(PROMPTS).where(PROMPTS.c.name == name))

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version of a prompt; of several at the same moment the last one wins.

        Who loses a race for the alias's row tries again.
        """
        if not is_alias(alias):
            raise RegistryRefusedError(
                f"{alias[:40]!r} is no name of an alias", hint=f"an alias is {ALIAS_RULE}"
            )
        while True:
            try:
                self._point(name, alias, version)
            except LostRaceError:
                continue
            return

    def _point(self, name: str, alias: str, version: str) -> None:
        target = self._find_version(name, version)
        if target is None:
            raise RegistryRefusedError(
                f"there is no version {version} of `{name}` in {self.address}",
                hint="`promptsync history` lists the versions of a prompt",
            )
        key = {"prompt_id": target.prompt_id, "alias": alias}
        with self._database.writing() as connection:
            connection.execute(delete(ALIASES).filter_by(**key))
            connection.execute(insert(ALIASES).values(**key, number=target.number))

    def list_aliases(self, names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what the aliases of some prompts point at: name -> alias -> version."""
        found: dict[str, dict[str, str]] = {}
        for some in _batches(names):
            for row in self._database.rows(aliases_of(some)):
                found.setdefault(row.name, {})[row.alias] = str(row.number)
        return found

    def rename_prompt(self, name: str, new_name: str) -> None:
        """Give a prompt another name; versions and aliases stay with it."""
        head, other = self._find_version(name), self._find_any_case(new_name)
        if head is None:
            raise self._no_prompt(name)
        if other is not None and other.prompt_id != head.prompt_id:
            raise RegistryRefusedError(
                f"there is a prompt `{other.name}` in {self.address} already",
                hint="give the other one another name, or delete it first",
            )
        _checked(replace(_remote_prompt(head).prompt, name=new_name))
        renamed = {"name": new_name, "caseless_name": new_name.lower()}
        is_this = {"id": head.prompt_id, "name": name}
        with self._database.writing() as connection:
            done = connection.execute(update(PROMPTS).filter_by(**is_this).values(**renamed))
            if done.rowcount == 0:
                raise self._no_prompt(name)

    def list_experiments(self, name: str) -> Sequence[Experiment]:  # noqa: ARG002
        """Return none: a database of prompts runs no experiments."""
        return ()

    def unsupported(
        self,
        prompt: Prompt,
        *,
        replaces: RemotePrompt | None = None,  # noqa: ARG002  any version may have any type
    ) -> list[str]:
        """Say what of this prompt cannot be stored, a sentence each."""
        return find_unsupported(prompt)

    @property
    def syncs(self) -> DatabaseSyncs | None:
        """Where a database that several computers share keeps their syncs apart."""
        from promptsync.registries.local_syncs import DatabaseSyncs  # only for sync

        return DatabaseSyncs(self._database) if self._database.is_shared else None

    def close(self) -> None:
        """Give back connections."""
        self._database.close()

    def _no_prompt(self, name: str) -> RegistryRefusedError:
        return RegistryRefusedError(
            f"there is no prompt `{name}` in {self.address}",
            hint="`promptsync status --all` lists the names",
        )

    def _find_version(
        self, name: str, version: str | None = None, alias: str | None = None
    ) -> Row[Any] | None:
        query = versions_of(name).limit(1)
        if version is not None:
            if not _VERSION.fullmatch(version):
                return None
            query = query.where(VERSIONS.c.number == int(version))
        if alias is not None:
            query = query.where(has_alias(alias))
        return next(iter(self._database.rows(query)), None)

    def _find_any_case(self, name: str) -> Row[Any] | None:
        return next(iter(self._database.rows(head_of(name))), None)

    def _find_head(self, name: str) -> Row[Any] | None:
        head = self._find_any_case(name)
        if head is not None and head.name != name:
            raise RegistryRefusedError(
                f"`{name}` and the stored prompt `{head.name}` differ only in case",
                hint="rename one of them",
            )
        return head

    def _append(
        self, prompt: Prompt, stamp: str | None, author: str | None, head: Row[Any] | None
    ) -> RemotePrompt:
        """Store the version that follows `head`. Raises LostRaceError if somebody else did."""
        number = head.number + 1 if head else 1
        version = {
            "number": number,
            "document": write_document(prompt),
            "stamp": stamp,
            "author": author,
            "created": _now(),
        }
        with self._database.writing() as connection:
            prompt_id = head.prompt_id if head else _insert_prompt(connection, prompt.name)
            connection.execute(insert(VERSIONS).values(prompt_id=prompt_id, **version))
        stored = self.get_prompt(prompt.name, version=str(number))
        if stored is None:
            raise LostRaceError(
                f"somebody else deleted `{prompt.name}` as it was stored", hint=RUN_AGAIN
            )
        return stored


def _checked(prompt: Prompt) -> Prompt:
    if unsupported := find_unsupported(prompt):
        raise RegistryRefusedError(f"this prompt cannot be stored: {'; '.join(unsupported)}")
    return as_served(prompt)


def _insert_prompt(connection: Connection, name: str) -> int:
    connection.execute(insert(PROMPTS).values(name=name, caseless_name=name.lower()))
    return int(connection.execute(select(PROMPTS.c.id).filter_by(name=name)).scalar_one())


def _batches(names: Collection[str]) -> Iterator[list[str]]:
    every = list(names)
    return (every[start : start + _BATCH] for start in range(0, len(every), _BATCH))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _remote_prompt(row: Row[Any]) -> RemotePrompt:
    return make_remote_prompt(
        read_document(row.document, name=row.name),
        kind=KIND,
        version=str(row.number),
        stamp=read_stamp(row.stamp),
        created=row.created,
        author=row.author,
    )
