"""`promptsync history`: the versions of a prompt, with the commit each came from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from promptsync import git
from promptsync.catalog import Catalog
from promptsync.cli.errors import printable
from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    format_option,
    name_argument,
    registry_option,
)
from promptsync.cli.session import Session, open_session
from promptsync.content_hash import short_hash
from promptsync.errors import UsageError
from promptsync.reading import read_catalog
from promptsync.remote_prompt import RemotePrompt

COLUMNS = ("VERSION", "HASH", "COMMIT", "AUTHOR", "DATE")


@cli_command()
@name_argument
@registry_option
@format_option(*TABLE_FORMATS)
def command(*, name: str, registry: str | None, format_: Format) -> int:
    """List the registry's versions of a prompt, newest first."""
    with open_session(registry) as session:
        versions = find_versions(session, read_catalog(session.workspace), name)
        entries = [_entry(session, each) for each in versions]
    if format_ is Format.JSON:
        click.echo(json.dumps(_document(session, name, entries), ensure_ascii=False, indent=2))
    else:
        click.echo("\n".join(map(printable, _table(entries))))
    return 0


def find_versions(session: Session, catalog: Catalog, name: str) -> Sequence[RemotePrompt]:
    """Return the versions of a prompt named locally or as served. Raises UsageError."""
    served = catalog.served_name(name) if name in catalog.prompts else name
    versions = session.registry.list_versions(served)
    if not versions:
        raise UsageError(
            f"registry `{session.name}` has no prompt `{served}`",
            hint="`promptsync status --all` lists the names",
        )
    return versions


@dataclass(frozen=True, slots=True)
class _Entry:
    version: str
    content_hash: str
    commit: str | None
    author: str | None
    date: str | None

    @property
    def row(self) -> tuple[str, ...]:
        date = (self.date or "-")[:16].replace("T", " ")
        commit = (self.commit or "-")[:10]
        return (self.version, short_hash(self.content_hash), commit, self.author or "-", date)


def _entry(session: Session, remote: RemotePrompt) -> _Entry:
    """Join what the registry says with what git says of the commit in the stamp.

    A stamp that names other content is left over from before an edit in the registry.
    """
    stamp = remote.stamp
    commit = stamp.commit if stamp and stamp.content_hash == remote.content_hash else None
    repository = session.workspace.require_repository()
    told = git.author_and_date(repository, commit) if commit else None
    author = remote.author or (told[0] if told else None)
    return _Entry(
        remote.version,
        remote.content_hash,
        commit,
        author,
        remote.created or (told[1] if told else None),
    )


def _table(entries: Sequence[_Entry]) -> list[str]:
    rows = [COLUMNS, *(entry.row for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _document(session: Session, name: str, entries: Sequence[_Entry]) -> dict[str, Any]:
    return {
        "schema": 1,
        "registry": session.name,
        "name": name,
        "versions": [
            {
                "version": each.version,
                "content_hash": each.content_hash,
                "commit": each.commit,
                "author": each.author,
                "date": each.date,
            }
            for each in entries
        ],
    }
