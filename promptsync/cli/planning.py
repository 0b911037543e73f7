"""From a plan to the decision to apply it: show, check, ask."""

from __future__ import annotations

from collections.abc import Iterable

import click

from promptsync.cli.options import Format
from promptsync.cli.render_plan import render_plan
from promptsync.cli.talk import confirm, say
from promptsync.errors import ConflictError, PromptsyncError
from promptsync.plan import Plan


def show_plan(plan: Plan, format_: Format, *, result: bool) -> None:
    """Show a plan: as the result on stdout, or as talk before it is applied."""
    if result:
        click.echo(render_plan(plan, format_), nl=False)
    elif format_ is Format.TEXT:
        click.echo(render_plan(plan, format_), nl=False, err=True)


def ready_to_apply(
    plan: Plan, *, yes: bool, dry_run: bool, force: bool, checksum: str | None
) -> bool:
    """Check a plan against what was reviewed and the safety limit, then ask.

    Raises ConflictError when the plan is not the reviewed one, UsageError when it is unsafe or
    nobody can be asked.
    """
    if checksum is not None and checksum != plan.checksum:
        raise ConflictError(
            f"the plan has the checksum {plan.checksum}, not {checksum}: something moved since "
            "it was reviewed",
            hint="review the plan above and run the command with its checksum",
        )
    if dry_run or not plan.changes:
        return False
    if not force and checksum is None:
        plan.raise_if_unsafe()
    if confirm(f"{plan.direction.value.capitalize()} this?", yes=yes or checksum is not None):
        return True
    say("nothing was done")
    return False


def worst_exit_code(plan: Plan, errors: Iterable[PromptsyncError]) -> int:
    """Return 4 when the registry failed, 3 when something waits for a person, else 0."""
    codes = [error.exit_code for error in errors]
    if plan.refusals:
        codes.append(ConflictError.exit_code)
    return max(codes, default=0)
