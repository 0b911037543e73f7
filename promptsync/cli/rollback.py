"""`promptsync rollback`: point an alias at the version before the one it points at."""

from __future__ import annotations

import click

from promptsync.cli.next_command import Given
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    cli_command,
    complete_prompt,
    dry_run_option,
    format_option,
    grouped,
    moved_alias_option,
    plan_checksum_option,
    registry_option,
    yes_option,
)
from promptsync.cli.planning import Consent
from promptsync.cli.pointing import carry_out, read_pointings, require_alias, with_commits
from promptsync.cli.report import some_names
from promptsync.cli.safe_text import as_argument
from promptsync.cli.session import open_session
from promptsync.cli.talk import say
from promptsync.plan import Plan
from promptsync.promotion_plan import make_rollback_plan
from promptsync.reading import read_catalog


@cli_command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=complete_prompt)
@registry_option
@format_option(*PLAN_FORMATS)
@moved_alias_option
@yes_option
@dry_run_option
@click.option("--force", is_flag=True, help="Also where that is more than 30 % of many prompts.")
@plan_checksum_option
@grouped(given=Given, consent=Consent)
def command(
    *,
    names: tuple[str, ...],
    format_: Format,
    given: Given,
    consent: Consent,
) -> int:
    """Point an alias at the version before the one it points at.

    That is the newest older version with other content: going back changes what is served.
    The plan names its commit. Files and versions stay as they are.
    """
    with open_session(given.registry) as session:
        moved = require_alias(session, given.alias)
        # A file that is wrong keeps nobody from going back.
        pointings = read_pointings(session, read_catalog(session.workspace), names, moved)
        plan = make_rollback_plan(pointings, registry=session.name, alias=moved)
        named = with_commits(session, plan, pointings)
        code = carry_out(session, named, format_, given, consent)
    if code == 0 and not consent.dry_run:
        _tell_what_git_says(plan, given)
    return code


def _tell_what_git_says(plan: Plan, given: Given) -> None:
    """Say that a file which says something else is promoted again sooner or later."""
    ahead = [
        each for each in plan.changes if each.state.local and each.after != each.state.local_hash
    ]
    if not ahead:
        return
    first, target = ahead[0], ahead[0].target
    version = f" {as_argument(target.version) or 'VERSION'}" if target else ""
    restore = given.repeated(f"promptsync restore {first.name}{version}")
    names = some_names([each.name for each in ahead])
    say(
        f"\nhint: git says otherwise ({names}), and the next promotion or `upload --alias` follows"
        f"\ngit; `{restore}` brings the older text into the file"
    )
