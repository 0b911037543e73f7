"""The part of `verify` that compares prompt files; see `verify_bundle` for the other."""

from __future__ import annotations

from collections.abc import Sequence

import click

from promptsync import git
from promptsync.catalog import Catalog, select
from promptsync.cli.options import Format
from promptsync.cli.render import render
from promptsync.cli.report import Report
from promptsync.cli.reporting import make_report
from promptsync.cli.session import Session, open_session, valid_catalog
from promptsync.cli.talk import say
from promptsync.reading import changed_names, read_catalog
from promptsync.workspace import Workspace


def verify_files(
    workspace: Workspace,
    *,
    names: Sequence[str] | None,
    format_: Format,
    staged: bool,
    revision: str | None,
    changed_since: str | None,
    alias: str | None,
    uploaded: bool,
    strict: bool,
    quiet: bool,
) -> int:
    """Compare the chosen prompt files with the registry, show the report, return the exit code."""
    with open_session(workspace.registry.name, revision=revision) as session:
        catalog = valid_catalog(workspace, staged=staged, revision=revision)
        chosen = _chosen(workspace, catalog, names, changed_since, staged=staged, revision=revision)
        if chosen == []:
            if not quiet:
                say("no prompt changed; nothing to compare")
            return 0
        report = make_report(
            session,
            catalog,
            names=chosen,
            alias=None if uploaded else session.alias(alias),
            uploaded=uploaded,
            strict=strict,
            staged=staged,
        )
    _show(report, session, format_, quiet=quiet, staged=staged)
    return int(not report.in_sync)


def _chosen(
    workspace: Workspace,
    catalog: Catalog,
    names: Sequence[str] | None,
    changed_since: str | None,
    *,
    staged: bool,
    revision: str | None,
) -> list[str] | None:
    if names:
        return select(catalog, names)
    if changed_since is not None:
        return list(changed_names(workspace, catalog, changed_since, revision=revision))
    if staged:
        return _changed_by_commit(workspace, catalog)
    return None


def _changed_by_commit(workspace: Workspace, catalog: Catalog) -> list[str]:
    """Return the prompts that the commit in the making changes, composites included."""
    if git.head(workspace.require_repository()) is None:
        return sorted(catalog.prompts)
    before = read_catalog(workspace, revision="HEAD")
    return [
        name
        for name, local in sorted(catalog.prompts.items())
        if name not in before.files or before.files[name].content_hash != local.content_hash
    ]


def _show(report: Report, session: Session, format_: Format, *, quiet: bool, staged: bool) -> None:
    if format_ is not Format.TEXT or not (quiet and report.in_sync):
        click.echo(render(report, format_), nl=False)
    if staged and not report.in_sync:
        say()
        say(
            f"The commit was stopped: registry `{session.name}` does not have these prompts as "
            "staged."
        )
        _say_what_upload_would_miss(report, session)
        say("To commit all the same: git commit --no-verify")


def _say_what_upload_would_miss(report: Report, session: Session) -> None:
    """Explain why an upload would not help where a file holds more than what is staged."""
    unstaged = git.unstaged_paths(session.workspace.require_repository())
    paths = sorted(unstaged & {state.path for state in report.comparison.differing if state.path})
    if paths:
        say(f"Upload takes whole files, and these have unstaged changes: {', '.join(paths)}")
        say("Stage the rest (git add), or put it aside (git stash --keep-index), then upload.")
