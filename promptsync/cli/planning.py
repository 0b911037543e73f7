"""What `upload` and `download` share: show a plan, check it, ask, and tell how it went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptsync.cli.errors import repeat_options, show_error
from promptsync.cli.next_command import Given
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.render_plan import render_plan
from promptsync.cli.render_plan_text import render_plan_text
from promptsync.cli.talk import confirm, say
from promptsync.errors import ConflictError, PromptsyncError
from promptsync.plan import Plan

DIFFERS = 1
# More would push the first one off the screen.
MAX_ERRORS_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was said of a plan before it was there: the options with these names.

    `force` passes over the safety limit too; `plan_checksum` is that of the plan that was reviewed.
    """

    yes: bool
    dry_run: bool
    force: bool
    plan_checksum: str | None


def is_to_be_applied(plan: Plan, format_: Format, given: Given, consent: Consent) -> bool:
    """Show a plan, as the result where nothing will follow, and find out whether to apply it.

    Raises ConflictError when the plan is not the reviewed one, UsageError when it is unsafe or
    nobody can be asked.
    """
    checksum = consent.plan_checksum
    if consent.dry_run or not plan.changes:
        show(render_plan(plan, format_, given))
        _check(plan, checksum)
        return False
    say(render_plan_text(plan, given))
    _check(plan, checksum)
    if not consent.force and checksum is None:
        plan.raise_if_unsafe()
    if confirm(f"{plan.direction.value} this?", yes=consent.yes or checksum is not None):
        return True
    if format_ is Format.JSON:
        show(render_plan(plan, format_, given))
    say("nothing was done")
    return False


def _check(plan: Plan, checksum: str | None) -> None:
    if checksum is not None and checksum != plan.checksum:
        raise ConflictError(
            f"this plan has the checksum {plan.checksum}, not {checksum}: something moved since "
            "that one was reviewed",
            hint="review this plan, and run the command again with its checksum",
        )


def exit_code_without_apply(plan: Plan, *, dry_run: bool) -> int:
    """Return 0 for a look, 3 when something waits for a person, 1 for a plan that was declined."""
    code = worst_exit_code(plan, [])
    return code or (DIFFERS if plan.changes and not dry_run else 0)


def worst_exit_code(plan: Plan, errors: Iterable[PromptsyncError]) -> int:
    """Return 4 when the registry failed, 3 when something waits for a person, else 0."""
    codes = [error.exit_code for error in errors]
    if plan.refusals:
        codes.append(ConflictError.exit_code)
    return max(codes, default=0)


def show_failures(failures: Sequence[tuple[str, PromptsyncError]], given: Given) -> None:
    """Show what went wrong with some prompts, each error with the name that it is about."""
    for name, error in failures[:MAX_ERRORS_SHOWN]:
        repeat_options(error, given)
        show_error(error, about=name)
    left_out = len(failures) - MAX_ERRORS_SHOWN
    if left_out > 0:
        say(f"… and {left_out} more errors; `--format json` has them all")
