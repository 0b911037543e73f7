"""`promptsync download`: bring edits made in the registry into the prompt files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from promptsync import git
from promptsync.catalog import Catalog, select
from promptsync.cli.errors import error_json
from promptsync.cli.next_command import Given
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    alias_option,
    cli_command,
    dry_run_option,
    format_option,
    grouped,
    names_argument,
    plan_checksum_option,
    registry_option,
    yes_option,
)
from promptsync.cli.output import show
from promptsync.cli.planning import (
    Consent,
    exit_code_without_apply,
    is_to_be_applied,
    show_failures,
    worst_exit_code,
)
from promptsync.cli.pulling import plan_pull, pull
from promptsync.cli.render_json import to_json
from promptsync.cli.render_plan import plan_json
from promptsync.cli.render_plan_markdown import render_plan_markdown
from promptsync.cli.report import remedy
from promptsync.cli.safe_text import code_span, printable
from promptsync.cli.session import Session, open_session
from promptsync.cli.talk import say
from promptsync.download import FileOutcome
from promptsync.errors import ConflictError, PromptFileError, PromptsyncError, UsageError
from promptsync.plan import Plan
from promptsync.prompt_path import file_of
from promptsync.reading import read_catalog
from promptsync.scope import Scope
from promptsync.status import PromptState, Status


@cli_command()
@names_argument
@registry_option
@format_option(*PLAN_FORMATS)
@yes_option
@dry_run_option
@click.option("--all", "everything", is_flag=True, help="Also prompts that only the registry has.")
@click.option("--force", is_flag=True, help="The registry wins, over uncommitted changes too.")
@alias_option
@plan_checksum_option
@grouped(given=Given, consent=Consent)
def command(
    *,
    names: tuple[str, ...],
    format_: Format,
    everything: bool,
    given: Given,
    consent: Consent,
) -> int:
    """Write the registry's edits into prompt files.

    Where git moved as well, both are merged; what overlaps is left as conflict markers.
    """
    with open_session(given.registry) as session:
        catalog = _readable_catalog(session)
        alias = session.alias(given.alias)
        states = _states(session, catalog, names, alias)
        plan = plan_pull(
            session,
            catalog,
            states,
            alias=alias,
            force=consent.force,
            extras=everything or bool(names),
        )
        if not (consent.force or consent.dry_run):
            _refuse_uncommitted(session, plan)
        if not is_to_be_applied(plan, format_, given, consent):
            return exit_code_without_apply(plan, dry_run=consent.dry_run)
        outcomes = list(pull(session, plan))
    _show_outcomes(plan, outcomes, format_, given)
    return _exit_code(plan, outcomes)


def _states(
    session: Session, catalog: Catalog, names: Sequence[str], alias: str | None
) -> list[PromptState]:
    """Compare everything, and keep what was named: by file, or by the name in the registry."""
    scope = Scope(alias=alias, complete=True, repository=lambda: session.repository_url)
    states = list(session.states(catalog, scope))
    if not names:
        return states
    extras = {state.name for state in states if state.local is None}
    by_file = [each for each in names if each not in extras]
    wanted = extras.intersection(names) | set(select(catalog, by_file) if by_file else ())
    return [state for state in states if state.name in wanted]


def _readable_catalog(session: Session) -> Catalog:
    catalog = read_catalog(session.workspace)
    # None at all is fine: a download may bring the first ones.
    if catalog.problems:
        raise PromptFileError(catalog.problems)
    return catalog


def _refuse_uncommitted(session: Session, plan: Plan) -> None:
    paths = sorted({file_of(path) for change in plan.changes for path in change.files})
    dirty = sorted(git.uncommitted_paths(session.workspace.require_repository(), paths))
    if dirty:
        raise UsageError(
            "these files have uncommitted changes, and the download would write them:\n"
            + "\n".join(f"  {path}" for path in dirty),
            hint="commit or stash them; `--force` overwrites them",
        )


def _show_outcomes(
    plan: Plan, outcomes: Sequence[FileOutcome], format_: Format, given: Given
) -> None:
    written = [each for each in outcomes if each.error is None]
    if format_ is Format.JSON:
        document = plan_json(plan) | {"results": [_result_json(each) for each in outcomes]}
        show(to_json(document))
    elif format_ is Format.MARKDOWN:
        lines = [f"- wrote {code_span(path)}{marks}" for path, marks in _files(written)]
        show("\n".join([render_plan_markdown(plan), *lines]).rstrip("\n") + "\n")
    else:
        show("".join(printable(f"wrote {path}{marks}\n") for path, marks in _files(written)))
    show_failures([(each.change.name, each.error) for each in outcomes if each.error], given)
    if any(each.has_conflict for each in outcomes):
        say("\nhint: resolve the conflicts in these files, then `git add` and `promptsync upload`")
    elif names := _touched(plan, written):
        upload = given.repeated(remedy(Status.MODIFIED, names))
        say(f"\nhint: `git diff` shows the edits; commit them, then `{upload}`")
    elif written:
        say("\nhint: `git diff` shows the edits; commit them, and the registry is in sync")


def _files(outcomes: Sequence[FileOutcome]) -> Iterator[tuple[str, str]]:
    """Yield each written path once, with what has to be said about it."""
    conflicts = {path for each in outcomes for path in each.conflicts}
    for path in dict.fromkeys(path for each in outcomes for path in each.paths):
        yield path, " with conflict markers" if path in conflicts else ""


def _touched(plan: Plan, written: Sequence[FileOutcome]) -> list[str]:
    """Return the prompts that say something else because of a shared file that was written."""
    paths = {path for each in written for path in each.paths}
    names = {name for each in plan.shared if each.path in paths for name in each.touched}
    return sorted(names)


def _errors(outcomes: Sequence[FileOutcome]) -> list[PromptsyncError]:
    return [each.error for each in outcomes if each.error]


def _result_json(outcome: FileOutcome) -> dict[str, object]:
    return {
        "name": outcome.change.name,
        "action": outcome.change.action.value,
        "done": outcome.error is None,
        "path": outcome.path,
        "paths": list(outcome.paths),
        "conflict": outcome.has_conflict,
        "error": None if outcome.error is None else error_json(outcome.error)["error"],
    }


def _exit_code(plan: Plan, outcomes: Sequence[FileOutcome]) -> int:
    code = worst_exit_code(plan, _errors(outcomes))
    if any(outcome.has_conflict for outcome in outcomes):
        return max(code, ConflictError.exit_code)
    return code
