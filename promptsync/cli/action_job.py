"""The job that the action runs in: what it was asked, and where it reports to."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from promptsync.cli import app
from promptsync.cli.output import show
from promptsync.cli.render_github import annotation
from promptsync.config import proxies
from promptsync.errors import RegistryError
from promptsync.github import GitHub
from promptsync.github_event import PullRequestEvent, read_pull_request
from promptsync.github_job import GitHubJob
from promptsync.sticky_comment import Reviewed, find_comment, write_comment

# GitHub refuses more, see
# https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
MAX_SUMMARY = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """The inputs of the action."""

    command: str
    registry: str | None = None
    alias: str | None = None
    rev: str | None = None
    fail_on: str = "any"
    comment: bool = True
    summary: bool = True
    changed_since: str | None = None
    plan_checksum: str | None = None
    sarif: Path | None = None


@dataclass(frozen=True)
class Job:
    """One job: reads its event, writes its outputs, its summary and its comment."""

    settings: GitHubJob
    inputs: Inputs

    @cached_property
    def pull_request(self) -> PullRequestEvent | None:
        """The pull request that this job is about."""
        payload: Mapping[str, Any] = json.loads(self.settings.event_file.read_text("utf-8"))
        settings = self.settings
        return read_pull_request(
            settings.event, payload, repository=settings.repository, actor=settings.actor
        )

    def open_github(self) -> GitHub:
        """Open the API of the service that this job runs on."""
        settings = self.settings
        return GitHub(
            api_url=settings.api_url,
            repository=settings.repository,
            token=settings.token,
            proxies=proxies(),
        )

    def write_output(self, **values: str) -> None:
        """Set outputs, `_` for `-` in their names; each value is one line."""
        lines = [f"{name.replace('_', '-')}={value}\n" for name, value in values.items()]
        with self.settings.output.open("a", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)

    def write_report(self, name: str, text: str) -> Path:
        """Write a report for later steps to a file of its own."""
        path = self.settings.temporary / name
        path.write_text(text, encoding="utf-8", newline="\n")
        return path

    def write_summary(self, text: str) -> None:
        """Add to the page that GitHub shows for this job."""
        if self.inputs.summary:
            with self.settings.summary.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text[:MAX_SUMMARY] + "\n")

    def write_sticky_comment(
        self, text: str, *, registry: str, plan: str | None, worth_a_new_one: bool
    ) -> None:
        """Put a text into this registry's comment on the pull request, if there is one to comment.

        That it cannot be written is a warning: the checks have their result all the same.
        """
        event = self.pull_request
        if event is None or not event.is_trusted or not self.inputs.comment:
            return
        body = write_comment(Reviewed(registry=registry, head=event.head, plan=plan), text)
        github = self.open_github()
        try:
            existing = find_comment(github.comments(event.number), registry)
            if existing is not None:
                github.replace_comment(existing, body)
            elif worth_a_new_one:
                github.add_comment(event.number, body)
        except RegistryError as error:
            title = "promptsync could not comment"
            show(annotation("warning", path=None, line=1, title=title, message=str(error)) + "\n")
        finally:
            github.close()


def run_command(*arguments: str | None) -> tuple[int, str]:
    """Run a command of promptsync in this process; return its exit code and stdout."""
    given = [each for each in arguments if each is not None]
    with redirect_stdout(io.StringIO()) as output:
        code = app.main(given, prog_name="promptsync", standalone_mode=False)
    return int(code or 0), output.getvalue()
