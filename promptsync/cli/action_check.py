"""The action's `lint` and `verify`: what a pull request would change, and whether it may."""

from __future__ import annotations

from pathlib import Path

from promptsync.cli.action_job import Job, run_command
from promptsync.cli.action_report import (
    comparing,
    failing_states,
    notes_of_merge,
    publish,
    show_annotations,
    title_of_merge,
    verdict,
)
from promptsync.cli.options import Format
from promptsync.cli.output import show
from promptsync.workspace import open_workspace

NO_KEY = (
    "This pull request comes from a fork or from Dependabot, so this job has no key: the prompt "
    "files were checked by themselves, and not compared with the registry."
)


def run_lint(job: Job, *, note: str = "") -> int:
    """Check the prompt files, offline."""
    code, annotations = _lint(job, Format.GITHUB)
    show(annotations + (f"{note}\n" if note else ""))
    _publish_lint(job, note)
    return code


def run_verify(job: Job) -> int:
    """Compare with the registry what the pull request changes, and show the plan of its merge."""
    if job.pull_request is not None and not job.pull_request.is_trusted:
        return run_lint(job, note=NO_KEY)
    code, findings = _lint(job, Format.GITHUB)
    if code:
        show(findings)
        name = open_workspace(Path.cwd(), job.inputs.registry).registry.name
        text = _publish_lint(job, "")
        job.write_sticky_comment(text, registry=name, plan=None, worth_a_new_one=True)
        return code
    with comparing(job) as report:
        failing = failing_states(report, job.inputs.fail_on)
        show_annotations(report, failing, findings)
        if job.pull_request is None:
            text = publish(job, report, title=verdict(report))
        else:
            notes = notes_of_merge(report.plan)
            text = publish(job, report, title=title_of_merge(report), notes=notes)
    job.write_sticky_comment(
        text,
        registry=report.registry,
        plan=report.plan.checksum,
        worth_a_new_one=bool(report.comparison.states),
    )
    return int(bool(failing))


def _publish_lint(job: Job, note: str) -> str:
    text = _lint(job, Format.MARKDOWN)[1] + (f"\n{note}\n" if note else "")
    job.write_summary(text)
    path = job.write_report("promptsync-lint.json", _lint(job, Format.JSON)[1])
    if job.inputs.sarif is not None:
        job.inputs.sarif.write_text(_lint(job, Format.SARIF)[1], encoding="utf-8")
    job.write_output(in_sync="", counts="{}", plan_checksum="", report=str(path))
    return text


def _lint(job: Job, format_: Format) -> tuple[int, str]:
    registry = ("--registry", job.inputs.registry) if job.inputs.registry else ()
    return run_command("lint", "--format", format_.value, *registry)
