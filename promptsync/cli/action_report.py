"""What the action compares, and everywhere it says what it found."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from promptsync.cli.action_job import Job
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.cli.render import render
from promptsync.cli.render_github import MAX_ANNOTATIONS
from promptsync.cli.render_plan_text import summary_line
from promptsync.cli.report import Report, count_line, some_names
from promptsync.cli.reporting import make_report
from promptsync.cli.session import chosen_names, open_session, valid_catalog
from promptsync.comparison import Comparison
from promptsync.errors import UsageError
from promptsync.plan import Plan
from promptsync.remote_edit import TwoTexts
from promptsync.status import PromptState, Status
from promptsync.workspace import Workspace, open_workspace

ANY, NONE = "any", "none"


@contextmanager
def comparing(job: Job) -> Iterator[Report]:
    """Compare the chosen prompt files with the registry; it is open while the context lasts.

    A registry is not even opened when nothing is to be compared.
    """
    inputs = job.inputs
    workspace = open_workspace(Path.cwd(), inputs.registry)
    catalog = valid_catalog(workspace, revision=inputs.rev)
    names = chosen_names(workspace, catalog, (), inputs.changed_since, revision=inputs.rev)
    if names == []:
        yield _nothing_to_compare(workspace)
        return
    with open_session(inputs.registry, revision=inputs.rev) as session:
        yield make_report(session, catalog, names=names, alias=inputs.alias)


def _nothing_to_compare(workspace: Workspace) -> Report:
    registry = workspace.registry
    return Report(
        registry=registry.name,
        kind=registry.kind,
        address=registry.kind,
        comparison=Comparison(states=()),
        read_texts=lambda _: TwoTexts("", ""),
    )


def failing_states(report: Report, fail_on: str) -> tuple[PromptState, ...]:
    """Return the states that the action fails for. Raises UsageError for unknown ones."""
    if fail_on == ANY:
        return report.comparison.differing
    wanted = {each.strip() for each in fail_on.split(",")} - {NONE, ""}
    unknown = sorted(wanted - {each.value for each in Status})
    if unknown:
        known = ", ".join(each.value for each in Status)
        raise UsageError(
            f"`fail-on` names `{unknown[0]}`, which is no status",
            hint=f"use {ANY}, {NONE}, or some of {known}",
        )
    return tuple(state for state in report.comparison.states if state.status.value in wanted)


def show_annotations(report: Report, failing: Sequence[PromptState], *others: str) -> None:
    """Annotate what fails at the differing line, then what else was found, as far as GitHub shows.

    The rest of each text goes to the log.
    """
    comparison = report.comparison
    # Strict, because prompts that only the registry has may be among those to fail for.
    only_failing = Comparison(states=tuple(failing), alias=comparison.alias, strict=True)
    texts = [render(replace(report, comparison=only_failing), Format.GITHUB)] if failing else []
    lines = [line for text in (*texts, *others) for line in text.splitlines()]
    annotations = [line for line in lines if line.startswith("::")]
    rest = [line for line in lines if not line.startswith("::")]
    shown = annotations[:MAX_ANNOTATIONS]
    show("\n".join([*shown, *rest, f"all compared: {count_line(comparison.summary)}"]) + "\n")


def publish(job: Job, report: Report, *, title: str, notes: Iterable[str] = ()) -> str:
    """Write outputs, the JSON report, SARIF and the job summary; return the text of the latter."""
    name = f"promptsync-{as_file_name(report.registry)}.json"
    path = job.write_report(name, render(report, Format.JSON))
    if job.inputs.sarif is not None:
        job.inputs.sarif.write_text(render(report, Format.SARIF), encoding="utf-8")
    job.write_output(
        in_sync=str(report.in_sync).lower(),
        counts=json.dumps(dict(report.comparison.summary)),
        plan_checksum=report.plan.checksum,
        report=str(path),
    )
    parts = [f"### promptsync: {title}", *notes]
    if report.comparison.states:
        # The report's own title is for those who see nothing else.
        parts.append(render(report, Format.MARKDOWN).partition("\n")[2].strip())
    text = "\n\n".join(parts) + "\n"
    job.write_summary(text)
    return text


def as_file_name(registry: str) -> str:
    """Return the name of a registry as a part of file names."""
    return re.sub("[^A-Za-z0-9_-]", "-", registry)


def verdict(report: Report) -> str:
    """Return in a few words whether git and registry agree."""
    return "in sync" if report.in_sync else "not in sync"


def title_of_merge(report: Report) -> str:
    """Return in a few words what a merge does."""
    if not report.comparison.states:
        return "no prompt changed"
    count = len(report.plan.changes)
    if report.plan.refusals:
        return "somebody has to decide"
    return f"the merge uploads {count} prompt{'s'[: count != 1]}" if count else "in sync"


def notes_of_merge(plan: Plan) -> Iterator[str]:
    """Yield what a merge does, in sentences."""
    if plan.changes:
        yield f"The merge uploads exactly this: {summary_line(replace(plan, refusals=()))}."
    if plan.refusals:
        names = some_names([refusal.name for refusal in plan.refusals])
        yield f"An upload leaves alone, until somebody decides: {names}."
