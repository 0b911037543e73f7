"""The action's `upload`: on a merge, exactly the plan that was reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from promptsync.cli.action_job import Job, run_command
from promptsync.cli.action_report import (
    comparing,
    failing_states,
    publish,
    show_annotations,
    verdict,
)
from promptsync.cli.output import show
from promptsync.cli.render_plan_text import summary_line
from promptsync.errors import ConflictError
from promptsync.github import GitHub
from promptsync.plan import Plan
from promptsync.sticky_comment import find_comment, read_comment

REVIEWED = "reviewed"
# What a push names as the commit before it when it makes a branch.
_NO_COMMIT = "0" * 40

_BY_HAND = (
    "see what it would upload with `promptsync upload --dry-run`, then run this workflow by hand "
    "with the checksum that it shows, or upload from a clone"
)


def run_upload(job: Job) -> int:
    """Upload what a merge changed, unless the plan is another than the one reviewed."""
    if job.inputs.changed_since == _NO_COMMIT:
        job = replace(job, inputs=replace(job.inputs, changed_since=None))
    with comparing(job) as before:
        plan = before.plan
        if not (plan.changes or plan.refusals):
            publish(job, before, title="nothing to upload")
            show("nothing to upload\n")
            return 0
    checksum = _checksum(job, plan)
    code, output = run_command(*_command(job, checksum))
    job.write_report("promptsync-upload.json", output)
    with comparing(job) as after:
        failing = failing_states(after, job.inputs.fail_on)
        show_annotations(after, failing)
        notes = [f"Uploaded: {summary_line(plan)}."] if code == 0 else []
        publish(job, after, title=verdict(after), notes=notes)
    return code or int(bool(failing))


def _command(job: Job, checksum: str | None) -> Iterator[str]:
    inputs = job.inputs
    yield from ("upload", "--yes", "--format", "json")
    options = {
        "--registry": inputs.registry,
        "--alias": inputs.alias,
        "--changed-since": inputs.changed_since,
        "--plan-checksum": checksum,
    }
    for option, value in options.items():
        if value is not None:
            yield from (option, value)


def _checksum(job: Job, plan: Plan) -> str | None:
    if job.inputs.plan_checksum != REVIEWED:
        return job.inputs.plan_checksum
    github = job.open_github()
    try:
        return find_reviewed_plan(github, job.settings.commit, plan.registry)
    finally:
        github.close()


def find_reviewed_plan(github: GitHub, commit: str, registry: str) -> str:
    """Return the checksum in our comment on the pull request that was merged as a commit.

    Raises ConflictError where nobody can have reviewed what would be uploaded now.
    """
    pull_request = github.pull_request_merged_as(commit)
    if pull_request is None:
        raise ConflictError(
            f"commit {commit[:12]} is not the merge of a pull request, so nobody reviewed what it "
            "uploads; nothing was uploaded",
            hint=_BY_HAND,
        )
    number = f"pull request #{pull_request.number}"
    comment = find_comment(github.comments(pull_request.number), registry)
    reviewed = read_comment(comment.body) if comment else None
    if reviewed is None or reviewed.plan is None:
        raise ConflictError(
            f"{number} has no comment with a plan for registry `{registry}`, as one from a fork "
            "has none; nothing was uploaded",
            hint=_BY_HAND,
        )
    if reviewed.head != pull_request.head:
        raise ConflictError(
            f"the plan in {number} is for commit {reviewed.head[:12]}, and "
            f"{pull_request.head[:12]} was merged; nothing was uploaded",
            hint=_BY_HAND,
        )
    return reviewed.plan
