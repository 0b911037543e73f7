"""`promptsync performance`: how the versions of prompts did in the registry's experiments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from promptsync.cli.history import commits_of
from promptsync.cli.options import (
    PLAN_FORMATS,
    Format,
    cli_command,
    format_option,
    names_argument,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render_performance import render_performance
from promptsync.cli.session import Session, chosen_names, open_session, valid_catalog
from promptsync.errors import UsageError
from promptsync.experiment import Experiment
from promptsync.parallel_requests import in_parallel
from promptsync.performance import PromptPerformance, measure

LAST = 10


@cli_command()
@names_argument
@registry_option
@format_option(*PLAN_FORMATS)
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    default=LAST,
    show_default=True,
    help="Only so many versions of each prompt, the newest.",
)
def command(*, names: tuple[str, ...], registry: str | None, format_: Format, last: int) -> int:
    """Show how versions of prompts did in experiments.

    For each version: how many the registry has, average scores, cost, duration, and git's commit.
    """
    with open_session(registry) as session:
        _require_experiments(session)
        catalog = valid_catalog(session.workspace)
        chosen = chosen_names(session.workspace, catalog, names)
        served = {name: catalog.served_name(name) for name in chosen or sorted(catalog.prompts)}
        found = in_parallel(session.registry.list_experiments, served.values())
        experiments = dict(zip(served, found, strict=True))
        measured = list(_measure(session, served, experiments, last))
        address = session.registry.address
    show(render_performance(measured, session, address, format_))
    return 0


def _require_experiments(session: Session) -> None:
    if session.registry.kind == "local":
        raise UsageError(
            f"registry `{session.name}` is a local one, and runs no experiments",
            hint="name one of Braintrust, MLflow or Opik: `promptsync performance --registry NAME`",
        )


def _measure(
    session: Session,
    served: dict[str, str],
    experiments: dict[str, Sequence[Experiment]],
    last: int,
) -> Iterator[PromptPerformance]:
    known = [name for name in served if experiments[name]]
    asked = in_parallel(session.registry.list_versions, [served[name] for name in known])
    versions = dict(zip(known, asked, strict=True))
    for name in served:
        found = versions.get(name, ())
        commits = commits_of(session, found) if found else {}
        yield measure(name, experiments[name], found, commits=commits, last=last)
