"""`promptsync upload`: make the registry agree with the prompt files."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from promptsync.apply import Outcome, apply_upload, check_supported
from promptsync.cli.errors import error_json, show_error
from promptsync.cli.options import (
    Alias,
    ChangedSince,
    DryRun,
    Format,
    Names,
    OutputFormat,
    PlanChecksum,
    RegistryName,
    Yes,
)
from promptsync.cli.planning import ready_to_apply, show_plan, worst_exit_code
from promptsync.cli.render_plan import plan_json
from promptsync.cli.session import (
    Session,
    chosen_names,
    make_stamps,
    open_session,
    valid_catalog,
)
from promptsync.cli.talk import say, track
from promptsync.comparison import Scope
from promptsync.plan import Action, Plan, UploadOptions, make_upload_plan
from promptsync.upload_log import append_to_log
from promptsync.workspace import changed_names


def command(
    names: Names = None,
    registry: RegistryName = None,
    format_: OutputFormat = Format.TEXT,
    yes: Yes = False,
    dry_run: DryRun = False,
    only_missing: Annotated[
        bool, typer.Option("--only-missing", help="Only prompts that are not there yet.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove prompts whose file is gone.")
    ] = False,
    adopt: Annotated[
        bool, typer.Option("--adopt", help="Add the stamp to equal prompts that lack it.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace edits made in the registry, too.")
    ] = False,
    alias: Alias = None,
    changed_since: ChangedSince = None,
    plan_checksum: PlanChecksum = None,
) -> int:
    """Upload prompt files, as a fast-forward: edits made in the registry are never lost."""
    with open_session(registry) as session:
        catalog = valid_catalog(session.workspace)
        chosen = chosen_names(catalog, names)
        if changed_since is not None:
            chosen = list(changed_names(session.workspace, catalog, changed_since))
        chosen_alias = session.alias(alias)
        states = session.states(
            catalog,
            Scope(
                names=chosen,
                alias=chosen_alias,
                complete=prune,
                repository=session.repository_url,
            ),
        )
        options = UploadOptions(force=force, only_missing=only_missing, prune=prune, adopt=adopt)
        plan = make_upload_plan(states, registry=session.name, alias=chosen_alias, options=options)
        check_supported(plan, session.registry)
        show_plan(plan, format_, result=dry_run or not plan.changes)
        if not ready_to_apply(plan, yes=yes, dry_run=dry_run, force=force, checksum=plan_checksum):
            return worst_exit_code(plan, [])
        outcomes = list(_apply(session, plan))
    _show_outcomes(plan, outcomes, format_)
    return worst_exit_code(plan, [each.error for each in outcomes if each.error])


def _apply(session: Session, plan: Plan) -> list[Outcome]:
    locals_ = [change.state.local for change in plan.changes if change.state.local]
    stamps = make_stamps(session, locals_)
    applied = apply_upload(plan, session.registry, make_stamp=lambda local: stamps[local.path])
    outcomes = []
    for outcome in track(applied, len(plan.changes), "uploading"):
        outcomes.append(outcome)
        if outcome.stored is not None:
            stored = outcome.stored
            entry = (stored.name, stored.content_hash, stored.stamped_hash)
            append_to_log(session.workspace.state_folder, session.name, "upload", entry)
    return sorted(outcomes, key=lambda outcome: outcome.change.name)


_DONE = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.DETAILS: "updated the details of",
    Action.ADOPT: "adopted",
    Action.PROMOTE: "promoted",
    Action.DELETE: "removed",
}


def _show_outcomes(plan: Plan, outcomes: list[Outcome], format_: Format) -> None:
    if format_ is Format.JSON:
        _show_json(plan, outcomes)
    for outcome in outcomes:
        version = f" (version {outcome.stored.version})" if outcome.stored else ""
        if outcome.error is not None:
            show_error(outcome.error)
        elif outcome.tried and format_ is Format.TEXT:
            typer.echo(f"{_DONE[outcome.change.action]} `{outcome.change.name}`{version}")
    not_tried = [each.change.name for each in outcomes if not each.tried]
    if not_tried:
        say(f"not tried after that: {', '.join(not_tried)}; running the command again is safe")
    written = [
        each for each in outcomes if each.stored and each.change.action is not Action.PROMOTE
    ]
    if written and all(each.stored and each.stored.stamp is None for each in written):
        say(
            "note: the registry did not keep the stamp; agreement is proven by content alone, and "
            "`promptsync where` cannot name the commit"
        )


def _show_json(plan: Plan, outcomes: list[Outcome]) -> None:
    document = plan_json(plan)
    document["results"] = [
        {
            "name": each.change.name,
            "action": each.change.action.value,
            "done": each.done,
            "version": each.stored.version if each.stored else None,
            **({} if each.error is None else {"error": error_json(each.error)["error"]}),
        }
        for each in outcomes
    ]
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
