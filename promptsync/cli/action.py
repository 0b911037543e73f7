"""What action.yml runs, as `python -m promptsync.cli.action`; not a command for people.

Inputs and the job's own settings come from the environment, so that no value is ever part of a
shell script.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from promptsync.cli.action_check import run_lint, run_verify
from promptsync.cli.action_download import run_download
from promptsync.cli.action_job import Inputs, Job
from promptsync.cli.action_report import ANY
from promptsync.cli.action_upload import run_upload
from promptsync.cli.errors import show_error
from promptsync.cli.output import show
from promptsync.cli.render_github import annotation
from promptsync.cli.safe_text import printable
from promptsync.errors import PromptsyncError
from promptsync.github_job import github_job

COMMANDS: Mapping[str, Callable[[Job], int]] = {
    "lint": run_lint,
    "verify": run_verify,
    "upload": run_upload,
    "download": run_download,
}


@click.group()
def main() -> None:
    """Run the steps of the GitHub action."""


@main.command()
@click.option("--command", type=click.Choice(list(COMMANDS)), envvar="INPUT_COMMAND")
@click.option("--registry", envvar="INPUT_REGISTRY")
@click.option("--alias", envvar="INPUT_ALIAS")
@click.option("--rev", envvar="INPUT_REV")
@click.option("--fail-on", default=ANY, envvar="INPUT_FAIL_ON")
@click.option("--comment", type=bool, default=True, envvar="INPUT_COMMENT")
@click.option("--summary", type=bool, default=True, envvar="INPUT_SUMMARY")
@click.option("--changed-since", envvar="INPUT_CHANGED_SINCE")
@click.option("--plan-checksum", envvar="INPUT_PLAN_CHECKSUM")
@click.option("--sarif", type=click.Path(path_type=Path), envvar="INPUT_SARIF")
def run(**inputs: Any) -> None:
    """Run one command and report; its exit code is an output, so that later steps still run."""
    job = Job(github_job(), Inputs(**inputs))
    try:
        code = COMMANDS[job.inputs.command](job)
    except PromptsyncError as error:
        code = _report(job, error)
    job.write_output(exit_code=str(code))


def _report(job: Job, error: PromptsyncError) -> int:
    show_error(error)
    message = "\n".join([str(error), error.hint or ""]).strip()
    show(annotation("error", path=None, line=1, title="promptsync", message=message) + "\n")
    indented = "\n".join(f"    {line}" for line in printable(message).splitlines())
    job.write_summary(f"### promptsync: {job.inputs.command} did not work\n\n{indented}\n")
    job.write_output(in_sync="false")
    return error.exit_code


@main.command()
@click.option("--branch", required=True, envvar="BRANCH")
@click.pass_context
def propose(ctx: click.Context, branch: str) -> None:
    """Open the pull request of a pushed branch, or update it."""
    settings = github_job()
    text = json.loads((settings.temporary / "promptsync-proposal.json").read_text("utf-8"))
    job = Job(settings, Inputs(command="propose"))
    github = job.open_github()
    try:
        made = github.propose(branch, settings.branch, title=text["title"], body=text["body"])
    except PromptsyncError as error:
        ctx.exit(_report(job, error))
    finally:
        github.close()
    show(f"proposed in {made.url}\n")


if __name__ == "__main__":
    main()
