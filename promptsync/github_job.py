"""What GitHub tells a job."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from promptsync.config import variable
from promptsync.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubJob:
    """What GitHub tells a job; the token is never shown by `repr`.

    `output` and `summary` are files to append to. The variables are described in
    https://docs.github.com/actions/reference/workflows-and-actions/variables
    """

    token: str = field(repr=False)
    api_url: str
    repository: str
    event: str
    event_file: Path
    actor: str
    branch: str
    commit: str
    output: Path
    summary: Path
    temporary: Path


def github_job() -> GitHubJob:
    """Read the variables of the job that this process runs in. Raises ConfigError elsewhere."""

    def required(name: str) -> str:
        value = variable(name)
        if value is None:
            raise ConfigError(f"{name} is not set: this runs in a job of GitHub Actions only")
        return value

    return GitHubJob(
        token=variable("GITHUB_TOKEN") or "",
        api_url=required("GITHUB_API_URL"),
        repository=required("GITHUB_REPOSITORY"),
        event=required("GITHUB_EVENT_NAME"),
        event_file=Path(required("GITHUB_EVENT_PATH")),
        actor=required("GITHUB_ACTOR"),
        branch=required("GITHUB_REF_NAME"),
        commit=required("GITHUB_SHA"),
        output=Path(required("GITHUB_OUTPUT")),
        summary=Path(required("GITHUB_STEP_SUMMARY")),
        temporary=Path(required("RUNNER_TEMP")),
    )
