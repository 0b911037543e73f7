"""`promptsync verify`: prove that git and the registry agree, with an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from promptsync import git
from promptsync.cli.options import (
    Alias,
    ChangedSince,
    Format,
    Names,
    OutputFormat,
    Quiet,
    RegistryName,
)
from promptsync.errors import PromptsyncError, UsageError
from promptsync.workspace import Workspace, open_workspace


def command(
    names: Names = None,
    registry: RegistryName = None,
    format_: OutputFormat = Format.TEXT,
    staged: Annotated[
        bool, typer.Option("--staged", help="Compare the staged content, for a pre-commit hook.")
    ] = False,
    rev: Annotated[
        str | None, typer.Option("--rev", help="Compare the files of this commit.", metavar="REV")
    ] = None,
    changed_since: ChangedSince = None,
    alias: Alias = None,
    uploaded: Annotated[
        bool,
        typer.Option("--uploaded", help="Any version with the content is enough, for branches."),
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail for prompts that only the registry has.")
    ] = False,
    bundle: Annotated[
        Path | None,
        typer.Option("--bundle", help="Compare a bundle instead of files.", metavar="FILE"),
    ] = None,
    warn_only: Annotated[
        bool, typer.Option("--warn-only", help="Say what differs, and exit 0 whatever happens.")
    ] = False,
    timeout: Annotated[
        float | None,
        typer.Option("--timeout", help="Give up after so many seconds.", metavar="SECONDS"),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Prove that git and the registry agree: exit 0 in sync, 1 different, 4 unreachable."""
    if staged and rev:
        raise UsageError("`--staged` and `--rev` exclude each other")
    if bundle is not None:
        from promptsync.cli.verify_bundle import verify_bundle  # noqa: PLC0415

        return verify_bundle(
            bundle,
            registry=registry,
            alias=alias,
            timeout=timeout,
            warn_only=warn_only,
            format_=format_,
        )
    try:
        workspace = open_workspace(Path.cwd(), registry)
        if staged and not names and _nothing_staged(workspace):
            return 0
        # The comparison and everything below it is only imported for a commit that needs it.
        from promptsync.cli.verify_files import verify_files  # noqa: PLC0415

        code = verify_files(
            workspace,
            names=names,
            format_=format_,
            staged=staged,
            revision=rev,
            changed_since=changed_since,
            alias=alias,
            uploaded=uploaded,
            strict=strict,
            quiet=quiet,
        )
    except PromptsyncError as error:
        if not warn_only:
            raise
        from promptsync.cli.errors import show_error  # noqa: PLC0415

        show_error(error)
        return 0
    return 0 if warn_only else code


def _nothing_staged(workspace: Workspace) -> bool:
    """Tell whether no staged change touches a prompt file, one deleted or renamed included."""
    staged = git.staged_paths(workspace.require_repository())
    return not any(workspace.roots.name_of(path) for path in staged)
