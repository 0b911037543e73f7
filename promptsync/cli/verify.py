"""`promptsync verify`: prove that git and the registry agree, with an exit code."""

from __future__ import annotations

from pathlib import Path

import click

from promptsync.cli.options import (
    ALL_FORMATS,
    Format,
    alias_option,
    changed_since_option,
    cli_command,
    format_option,
    grouped,
    names_argument,
    quiet_option,
    registry_option,
)
from promptsync.cli.verify_request import VerifyRequest
from promptsync.early_verify import begin_listing, is_nothing_staged
from promptsync.errors import PromptsyncError, RegistryError
from promptsync.workspace import open_workspace


@cli_command()
@names_argument
@registry_option
@format_option(*ALL_FORMATS)
@click.option("--staged", is_flag=True, help="Compare the staged content, for a pre-commit hook.")
@click.option("--rev", metavar="REV", help="Compare the files of this commit.")
@changed_since_option
@alias_option
@click.option(
    "--uploaded", is_flag=True, help="Any version with the content is enough, for branches."
)
@click.option("--strict", is_flag=True, help="Fail for prompts that only the registry has.")
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Compare a bundle instead of files.",
)
@click.option("--warn-only", is_flag=True, help="Say what differs, and exit 0 whatever happens.")
@click.option(
    "--allow-unreachable",
    is_flag=True,
    help="Warn, and exit 0, when the registry cannot be asked.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Give up on a request after so many seconds.",
)
@quiet_option
@grouped(asked=VerifyRequest)
def command(
    *, bundle: Path | None, warn_only: bool, allow_unreachable: bool, asked: VerifyRequest
) -> int:
    """Prove that git and the registry agree.

    Exit 0 in sync, 1 different, 2 wrong files or usage, 4 registry not asked.
    """
    asked.check(bundle)
    if bundle is not None:
        from promptsync.cli.verify_bundle import verify_bundle

        return verify_bundle(
            bundle, asked, warn_only=warn_only, allow_unreachable=allow_unreachable
        )
    try:
        code = _verify_files(asked)
    except PromptsyncError as error:
        if warn_only or (allow_unreachable and isinstance(error, RegistryError)):
            return _warn(error, asked.format_)
        if asked.staged and asked.format_ is Format.TEXT:
            return _stop_commit(error)
        raise
    return 0 if warn_only else code


def _verify_files(asked: VerifyRequest) -> int:
    early = click.get_current_context().obj
    workspace = early.workspace if early else open_workspace(Path.cwd(), asked.registry)
    is_for_text = asked.format_ is Format.TEXT and not asked.names
    if asked.staged and is_for_text and is_nothing_staged(workspace):
        return 0
    listing = early.listing if early else None
    if not (listing or asked.names or asked.changed_since or asked.staged):
        listing = begin_listing(workspace, complete=asked.strict, timeout=asked.timeout)
    # The comparison and everything below it is only imported for a commit that needs it, and
    # while the registry's first answer travels.
    from promptsync.cli.verify_files import verify_files

    return verify_files(workspace, asked, listing)


def _warn(error: PromptsyncError, format_: Format) -> int:
    from promptsync.cli.errors import report_error
    from promptsync.cli.talk import say

    report_error(error, as_json=format_ is Format.JSON)
    say("\nwarning: the prompts were not checked")
    return 0


def _stop_commit(error: PromptsyncError) -> int:
    from promptsync.cli.errors import report_error
    from promptsync.cli.talk import say

    code = report_error(error, as_json=False)
    say("\nThe commit was stopped: the staged prompts could not be checked.")
    say("To commit all the same: git commit --no-verify")
    return code
