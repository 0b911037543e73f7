"""`promptsync download`: bring edits made in the registry into the prompt files."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from promptsync import git
from promptsync.catalog import Catalog, select
from promptsync.cli.errors import error_json, show_error
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    alias_option,
    cli_command,
    dry_run_option,
    format_option,
    names_argument,
    plan_checksum_option,
    registry_option,
    yes_option,
)
from promptsync.cli.planning import ready_to_apply, show_plan, worst_exit_code
from promptsync.cli.render_plan import plan_json
from promptsync.cli.session import Session, open_session
from promptsync.cli.talk import say, track
from promptsync.comparison import Scope
from promptsync.download import FileOutcome, apply_download
from promptsync.errors import ConflictError, PromptFileError, UsageError
from promptsync.plan import Plan, make_download_plan
from promptsync.reading import read_catalog
from promptsync.status import PromptState
from promptsync.upload_log import append_to_log


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
def command(
    *,
    names: tuple[str, ...],
    registry: str | None,
    format_: Format,
    yes: bool,
    dry_run: bool,
    everything: bool,
    force: bool,
    alias: str | None,
    plan_checksum: str | None,
) -> int:
    """Write the registry's edits into prompt files, merging where git moved as well."""
    with open_session(registry) as session:
        catalog = read_catalog(session.workspace)
        if catalog.problems:
            raise PromptFileError(catalog.problems)
        states = _states(session, catalog, names, session.alias(alias))
        plan = make_download_plan(
            states,
            registry=session.name,
            alias=session.alias(alias),
            force=force,
            extras=everything or bool(names),
        )
        if not force:
            _refuse_uncommitted(session, plan)
        show_plan(plan, format_, result=dry_run or not plan.changes)
        if not ready_to_apply(plan, yes=yes, dry_run=dry_run, force=force, checksum=plan_checksum):
            return worst_exit_code(plan, [])
        outcomes = _apply(session, plan)
    _show_outcomes(plan, outcomes, format_)
    return _exit_code(plan, outcomes)


def _states(
    session: Session, catalog: Catalog, names: Sequence[str], alias: str | None
) -> list[PromptState]:
    """Compare everything, and keep what was named: by file, or by the name in the registry."""
    scope = Scope(alias=alias, complete=True, repository=session.repository_url)
    states = list(session.states(catalog, scope))
    if not names:
        return states
    extras = {state.name for state in states if state.local is None}
    wanted = {each for each in names if each in extras}
    wanted.update(
        select(catalog, rest) if (rest := [each for each in names if each not in extras]) else []
    )
    return [state for state in states if state.name in wanted]


def _refuse_uncommitted(session: Session, plan: Plan) -> None:
    paths = [change.state.local.path for change in plan.changes if change.state.local]
    dirty = sorted(git.uncommitted_paths(session.workspace.require_repository(), paths))
    if dirty:
        raise UsageError(
            "these files have uncommitted changes, and the download would write them:\n"
            + "\n".join(f"  {path}" for path in dirty),
            hint="commit or stash them; `--force` overwrites them",
        )


def _apply(session: Session, plan: Plan) -> list[FileOutcome]:
    kind = session.registry.kind
    applied = apply_download(
        plan, session.workspace.roots, kind=kind, read_past=lambda: session.past
    )
    outcomes = []
    for outcome in track(applied, len(plan.changes), "downloading"):
        outcomes.append(outcome)
        remote = outcome.change.state.remote
        if outcome.error is None and remote is not None:
            entry = (remote.name, remote.content_hash, remote.stamped_hash)
            append_to_log(session.workspace.state_folder, session.name, "download", entry)
    return outcomes


def _show_outcomes(plan: Plan, outcomes: list[FileOutcome], format_: Format) -> None:
    if format_ is Format.JSON:
        document = plan_json(plan) | {"results": [_result_json(each) for each in outcomes]}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    for outcome in outcomes:
        if outcome.error is not None:
            show_error(outcome.error)
        elif format_ is Format.TEXT:
            marks = " with conflict markers" if outcome.has_conflict else ""
            click.echo(f"wrote {outcome.path}{marks}")
    if any(outcome.has_conflict for outcome in outcomes):
        say("\nhint: resolve the conflicts in these files, then `git add` and `promptsync upload`")
    elif any(outcome.error is None for outcome in outcomes):
        say("\nhint: `git diff` shows the edits; commit them, and the registry is in sync")


def _result_json(outcome: FileOutcome) -> dict[str, object]:
    return {
        "name": outcome.change.name,
        "action": outcome.change.action.value,
        "path": outcome.path,
        "conflict": outcome.has_conflict,
        **({} if outcome.error is None else {"error": error_json(outcome.error)["error"]}),
    }


def _exit_code(plan: Plan, outcomes: list[FileOutcome]) -> int:
    code = worst_exit_code(plan, [each.error for each in outcomes if each.error])
    if any(outcome.has_conflict for outcome in outcomes):
        return max(code, ConflictError.exit_code)
    return code
