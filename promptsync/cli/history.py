"""`promptsync history`: the versions of a prompt, with the commit each came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from promptsync import git_history
from promptsync.catalog import Catalog, select
from promptsync.cli.columns import WIDTH
from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    format_option,
    name_argument,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render_json import to_json
from promptsync.cli.safe_text import one_line, shortened, shown_name
from promptsync.cli.session import Session, open_session
from promptsync.content_hash import short_hash
from promptsync.errors import UsageError
from promptsync.provenance import committed
from promptsync.reading import read_catalog
from promptsync.remote_prompt import RemotePrompt

COLUMNS = ("VERSION", "HASH", "COMMIT", "DATE", "AUTHOR")
MIN_AUTHOR = 8


@cli_command()
@name_argument
@registry_option
@format_option(*TABLE_FORMATS)
def command(*, name: str, registry: str | None, format_: Format) -> int:
    """List the registry's versions of a prompt, newest first."""
    with open_session(registry) as session:
        versions = find_versions(session, read_catalog(session.workspace), name)
        entries = _entries(session, versions)
    if format_ is Format.JSON:
        show(to_json(_document(session, versions[0].name, entries)))
    else:
        show("".join(f"{line}\n" for line in _table(entries)))
    return 0


def find_versions(session: Session, catalog: Catalog, name: str) -> Sequence[RemotePrompt]:
    """Return the versions of a prompt, at least one; it may be named as `select` allows.

    Raises UsageError when the registry has no such prompt.
    """
    try:
        (local_name,) = select(catalog, [name])
        served = catalog.served_name(local_name)
    except UsageError:
        served = name
    versions = session.registry.list_versions(served)
    if not versions:
        raise UsageError(
            f"registry `{session.name}` has no prompt `{shown_name(served)}`",
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
        commit = one_line(self.commit or "-")[:10]
        author = one_line(self.author or "-")
        return (one_line(self.version), short_hash(self.content_hash), commit, date, author)


def _entries(session: Session, versions: Sequence[RemotePrompt]) -> list[_Entry]:
    """Join what the registry says with what git says of the commit behind each version."""
    commits = commits_of(session, versions)
    repository = session.workspace.require_repository()
    entries = []
    for remote in versions:
        commit = commits.get(remote.version)
        told = git_history.author_and_date(repository, commit) if commit else None
        author = remote.author or (told[0] if told else None)
        date = remote.created or (told[1] if told else None)
        entries.append(_Entry(remote.version, remote.content_hash, commit, author, date))
    return entries


def commits_of(session: Session, versions: Sequence[RemotePrompt]) -> dict[str, str]:
    """Return the commit of each version: the one in its stamp, else the first with its content.

    A stamp that names other content is left over from before an edit in the registry. One without
    a commit was written before its content was committed, as the hook asks for.
    """
    found: dict[str, str] = {}
    unknown: list[RemotePrompt] = []
    for remote in versions:
        stamp = remote.stamp
        if stamp and stamp.commit and stamp.content_hash == remote.content_hash:
            found[remote.version] = stamp.commit
        else:
            unknown.append(remote)
    by_hash = _commit_by_hash(session, versions) if unknown else {}
    for remote in unknown:
        if remote.content_hash in by_hash:
            found[remote.version] = by_hash[remote.content_hash]
    return found


def _commit_by_hash(session: Session, versions: Sequence[RemotePrompt]) -> dict[str, str]:
    workspace = session.workspace
    catalog = read_catalog(workspace)
    name = catalog.name_by_served_name.get(versions[0].name)
    stamped = {each.stamp.path for each in versions if each.stamp and each.stamp.path}
    # A stamp is data: what it names may be no path at all.
    paths = {each for each in stamped if each.isprintable() and workspace.roots.name_of(each)}
    if name is not None:
        paths.add(catalog.files[name].path)
    kind = session.registry.kind
    repository = workspace.require_repository()
    # Newest first, so that the oldest commit with some content stays.
    return {
        each.content_hash: each.commit
        for each in (committed(repository, workspace.roots, kind, sorted(paths)) if paths else ())
    }


def _table(entries: Sequence[_Entry]) -> list[str]:
    rows = [COLUMNS, *(entry.row for entry in entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    room = max(WIDTH - sum(widths[:-1]) - 2 * len(widths[:-1]), MIN_AUTHOR)
    return [
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in ((*row[:-1], shortened(row[-1], room)) for row in rows)
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
