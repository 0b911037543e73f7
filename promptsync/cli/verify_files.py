"""The part of `verify` that compares prompt files; see `verify_bundle` for the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync import git
from promptsync.catalog import Catalog
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.render import render
from promptsync.cli.report import Report, some_names
from promptsync.cli.reporting import make_report
from promptsync.cli.session import chosen_names, open_session, valid_catalog
from promptsync.cli.talk import say
from promptsync.comparison import Comparison
from promptsync.reading import read_catalog
from promptsync.status import PromptState
from promptsync.workspace import Workspace

if TYPE_CHECKING:
    from promptsync.cli.verify_request import VerifyRequest
    from promptsync.listing import Listing
    from promptsync.remote_edit import TwoTexts


def verify_files(workspace: Workspace, asked: VerifyRequest, listing: Listing | None) -> int:
    """Compare the chosen prompt files with the registry, show the report, return the exit code.

    A `listing` that has begun says that everything is chosen.
    """
    catalog, chosen = None, None
    if listing is None:
        catalog = valid_catalog(workspace, staged=asked.staged, revision=asked.rev)
        chosen = _chosen(workspace, catalog, asked)
        if not chosen:
            _show_nothing_to_compare(workspace, asked.format_, quiet=asked.quiet)
            return 0
    with open_session(
        asked.registry,
        revision=asked.rev,
        timeout=asked.timeout,
        workspace=workspace,
        listing=listing,
    ) as session:
        report = make_report(
            session,
            catalog or valid_catalog(workspace, revision=asked.rev),
            names=chosen,
            alias=asked.alias,
            uploaded=asked.uploaded,
            strict=asked.strict,
            staged=asked.staged,
        )
        if not (asked.quiet and asked.format_ is Format.TEXT and report.in_sync):
            show(render(report, asked.format_))
    if asked.staged and not report.in_sync:
        _explain_stop(workspace, report)
    return int(not report.in_sync)


def _chosen(workspace: Workspace, catalog: Catalog, asked: VerifyRequest) -> list[str] | None:
    if asked.staged and not (asked.names or asked.changed_since):
        return _changed_by_commit(workspace, catalog)
    return chosen_names(workspace, catalog, asked.names, asked.changed_since, revision=asked.rev)


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


def _show_nothing_to_compare(workspace: Workspace, format_: Format, *, quiet: bool) -> None:
    """Say so, or write an empty report, without opening the registry."""
    registry = workspace.registry
    if format_ is Format.TEXT:
        if not quiet:
            say("no prompt changed; nothing to compare")
        return
    report = Report(
        registry=registry.name,
        kind=registry.kind,
        address=registry.kind,
        comparison=Comparison(states=()),
        read_texts=_no_texts,
    )
    show(render(report, format_))


def _no_texts(_: PromptState) -> TwoTexts:
    raise ValueError("an empty report has no prompt to show")


def _explain_stop(workspace: Workspace, report: Report) -> None:
    say()
    say(
        f"The commit was stopped: registry `{report.registry}` does not have these prompts as "
        "staged."
    )
    unstaged = git.unstaged_paths(workspace.require_repository())
    differing = report.comparison.differing
    paths = sorted(unstaged & {state.local.file for state in differing if state.local})
    if paths:
        # An upload would not help where a file holds more than what is staged.
        say(f"Upload takes whole files, and these have unstaged changes: {some_names(paths)}")
        say("Stage the rest (git add), or put it aside (git stash --keep-index), then upload.")
    say("To commit all the same: git commit --no-verify")
