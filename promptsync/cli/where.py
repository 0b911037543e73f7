"""`promptsync where`: the commit and file behind a content hash."""

from __future__ import annotations

import json
import re

import click

from promptsync import git
from promptsync.cli.errors import printable
from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    format_option,
    registry_option,
)
from promptsync.cli.restore import MIN_DIGITS
from promptsync.cli.session import Session, open_session
from promptsync.errors import UsageError
from promptsync.provenance import Origin, in_catalog, in_history, in_remote
from promptsync.reading import read_catalog


@cli_command()
@click.argument("content_hash", metavar="HASH")
@registry_option
@format_option(*TABLE_FORMATS)
def command(*, content_hash: str, registry: str | None, format_: Format) -> int:
    """Name the commit and the file that content came from, in git and in the registry."""
    digits = content_hash.removeprefix("sha256:").lower()
    if not re.fullmatch(rf"[0-9a-f]{{{MIN_DIGITS},64}}", digits):
        raise UsageError(
            f"`{content_hash[:80]}` is no content hash",
            hint=f"give at least {MIN_DIGITS} of its hex digits, with or without `sha256:`",
        )
    with open_session(registry) as session:
        origins = _search(session, digits)
    if not origins:
        raise UsageError(
            f"nothing here has the content hash {content_hash}",
            hint="fetch the branch it was uploaded from, and try again",
        )
    _show(session, origins, format_)
    return 0


def _search(session: Session, digits: str) -> list[Origin]:
    repository = session.workspace.require_repository()
    kind = session.registry.kind
    history = list(in_history(repository, session.workspace.roots, kind, digits))
    committed = {(origin.path, origin.content_hash) for origin in history}
    uncommitted = [
        origin
        for origin in in_catalog(read_catalog(session.workspace), digits)
        if (origin.path, origin.content_hash) not in committed
    ]
    return [*uncommitted, *history, *in_remote(session.registry.list_prompts(), digits)]


def _show(session: Session, origins: list[Origin], format_: Format) -> None:
    if format_ is Format.JSON:
        rows = [_row(session, origin) for origin in origins]
        click.echo(json.dumps({"schema": 1, "origins": rows}, ensure_ascii=False, indent=2))
        return
    for content_hash in dict.fromkeys(origin.content_hash for origin in origins):
        click.echo(content_hash)
        for origin in origins:
            if origin.content_hash == content_hash:
                click.echo(printable(f"  {_sentence(session, origin)}"))


def _sentence(session: Session, origin: Origin) -> str:
    where = origin.path or f"`{origin.name}`"
    if origin.version is not None:
        source = f"from {where}" if origin.path else "without a stamp"
        commit = f" at commit {origin.commit[:10]}" if origin.commit else ""
        return (
            f"registry `{session.name}`: `{origin.name}` version {origin.version}, {source}{commit}"
        )
    if origin.commit is None:
        return f"{where}, not committed"
    told = git.author_and_date(session.workspace.require_repository(), origin.commit)
    by = f" by {told[0]}, {told[1][:10]}" if told else ""
    return f"{where} since commit {origin.commit[:10]}{by}"


def _row(session: Session, origin: Origin) -> dict[str, str | None]:
    return {
        "content_hash": origin.content_hash,
        "name": origin.name,
        "path": origin.path,
        "commit": origin.commit,
        "registry": session.name if origin.version else None,
        "version": origin.version,
    }
