"""`promptsync upload`: make the registry agree with the prompt files."""

from __future__ import annotations

import json

import click

from promptsync.apply import Outcome, apply_upload, check_supported
from promptsync.cli.errors import error_json, show_error
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    alias_option,
    changed_since_option,
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
from promptsync.reading import changed_names
from promptsync.upload_log import append_to_log


@cli_command()
@names_argument
@registry_option
@format_option(*PLAN_FORMATS)
@yes_option
@dry_run_option
@click.option("--only-missing", is_flag=True, help="Only prompts that are not there yet.")
@click.option("--prune", is_flag=True, help="Remove prompts whose file is gone.")
@click.option("--adopt", is_flag=True, help="Add the stamp to equal prompts that lack it.")
@click.option("--force", is_flag=True, help="Replace edits made in the registry, too.")
@alias_option
@changed_since_option
@plan_checksum_option
def command(
    *,
    names: tuple[str, ...],
    registry: str | None,
    format_: Format,
    yes: bool,
    dry_run: bool,
    only_missing: bool,
    prune: bool,
    adopt: bool,
    force: bool,
    alias: str | None,
    changed_since: str | None,
    plan_checksum: str | None,
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
            click.echo(f"{_DONE[outcome.change.action]} `{outcome.change.name}`{version}")
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
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))
