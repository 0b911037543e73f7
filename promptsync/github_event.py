"""What happened on GitHub that started a job, as the service describes it to the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DEPENDABOT = "dependabot[bot]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequestEvent:
    """A change to a pull request. `is_trusted` tells whether the job may have secrets."""

    number: int
    head: str
    is_trusted: bool


def read_pull_request(
    event: str, payload: Mapping[str, Any], *, repository: str, actor: str
) -> PullRequestEvent | None:
    """Return the pull request that a job is about, None for jobs about anything else."""
    pull_request = payload.get("pull_request")
    if event != "pull_request" or not isinstance(pull_request, Mapping):
        return None
    head = pull_request["head"]
    # A fork that was deleted meanwhile leaves null behind.
    home = (head.get("repo") or {}).get("full_name")
    # Jobs for forks get no secrets, and a token that can only read; those of Dependabot likewise:
    # https://docs.github.com/code-security/dependabot/troubleshooting-dependabot/troubleshooting-dependabot-on-github-actions
    authors = (actor, (pull_request.get("user") or {}).get("login"))
    return PullRequestEvent(
        number=pull_request["number"],
        head=head["sha"],
        is_trusted=home == repository and DEPENDABOT not in authors,
    )
