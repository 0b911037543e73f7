"""`promptsync where`: the commit and file behind a content hash."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import click

from promptsync import git_history
from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    format_option,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render_json import to_json
from promptsync.cli.safe_text import one_line, shown_name
from promptsync.cli.session import Session, open_session
from promptsync.errors import UsageError
from promptsync.promotion_plan import MIN_DIGITS
from promptsync.provenance import Origin, in_catalog, in_history, in_remote
from promptsync.reading import read_catalog


@cli_command()
@click.argument("content_hash", metavar="HASH")
@registry_option
@format_option(*TABLE_FORMATS)
def command(*, content_hash: str, registry: str | None, format_: Format) -> int:
    """Name the commit, file and version behind a content hash.

    HASH may be shortened to 6 digits or more.
    """
    digits = content_hash.lower().removeprefix("sha256:")
    if not re.fullmatch(rf"[0-9a-f]{{{MIN_DIGITS},64}}", digits):
        raise UsageError(
            f"`{shown_name(content_hash)}` is no content hash",
            hint=f"give at least {MIN_DIGITS} of its hex digits, with or without `sha256:`",
        )
    with open_session(registry) as session:
        origins = _search(session, digits)
        if not origins:
            raise _not_found(session, digits)
        _show(session, origins, format_)
    return 0


def _search(session: Session, digits: str) -> list[Origin]:
    workspace = session.workspace
    repository, kind = workspace.require_repository(), session.registry.kind
    catalog = read_catalog(workspace)
    history = list(in_history(repository, workspace.roots, kind, digits))
    committed = {(origin.path, origin.content_hash) for origin in history}
    uncommitted = [
        origin
        for origin in in_catalog(catalog, digits)
        if (origin.path, origin.content_hash) not in committed
    ]
    files = [*uncommitted, *history]
    remote = list(in_remote(session.registry.list_prompts(), digits))
    # The registry may serve something newer by now: then an older version has it.
    names = {
        catalog.served_name(origin.name) if origin.name in catalog.prompts else origin.name
        for origin in files
    }
    older = _in_versions(session, names - {origin.name for origin in remote}, digits)
    return [*files, *remote, *older]


def _in_versions(session: Session, names: set[str], digits: str) -> Iterator[Origin]:
    for name in sorted(names):
        yield from in_remote(session.registry.list_versions(name), digits)


def _not_found(session: Session, digits: str) -> UsageError:
    hint = "fetch the branch it was uploaded from, and try again"
    if session.workspace.require_repository().is_shallow:
        hint = "this clone lacks history: `git fetch --unshallow`, and try again"
    return UsageError(f"neither git nor registry `{session.name}` has sha256:{digits}", hint=hint)


def _show(session: Session, origins: Sequence[Origin], format_: Format) -> None:
    if format_ is Format.JSON:
        rows = [_row(session, origin) for origin in origins]
        show(to_json({"schema": 1, "origins": rows}))
        return
    lines: list[str] = []
    for content_hash in dict.fromkeys(origin.content_hash for origin in origins):
        same = [origin for origin in origins if origin.content_hash == content_hash]
        lines += [content_hash, *(f"  {_sentence(session, origin)}" for origin in same)]
    show("".join(f"{line}\n" for line in lines))


def _sentence(session: Session, origin: Origin) -> str:
    if origin.version is not None:
        version = f"`{shown_name(origin.name)}` version {one_line(origin.version)}"
        return f"registry `{session.name}`: {version}, {_source(origin)}"
    path = one_line(origin.path or origin.name)
    if origin.commit is None:
        return f"{path}, not committed"
    told = git_history.author_and_date(session.workspace.require_repository(), origin.commit)
    by = f" by {one_line(told[0])}, {told[1][:10]}" if told else ""
    return f"{path} since commit {origin.commit[:10]}{by}"


def _source(origin: Origin) -> str:
    if origin.was_edited:
        return "edited there after the last upload"
    if origin.path is None:
        return "registered by a program" if origin.stamped_hash else "without a stamp"
    commit = f" at commit {one_line(origin.commit)[:10]}" if origin.commit else ""
    return f"uploaded from {one_line(origin.path)}{commit}"


def _row(session: Session, origin: Origin) -> dict[str, str | None]:
    return {
        "content_hash": origin.content_hash,
        "name": origin.name,
        "path": origin.path,
        "commit": origin.commit,
        "registry": session.name if origin.version else None,
        "version": origin.version,
        "stamped_hash": origin.stamped_hash,
    }
