"""GitHub's API, as far as the action needs it: comments and pull requests of one repository."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.registries.http import HttpClient
from promptsync.registries.http_credentials import Credentials
from promptsync.sticky_comment import Comment

_SECONDS = 15.0
_PAGE = 100
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request; `head` is the last commit on its branch."""

    number: int
    url: str
    head: str


class GitHub:
    """One repository on GitHub, asked with the token of a job.

    Every method raises RegistryUnavailableError, RegistryRefusedError or RegistryAnswerError.
    """

    def __init__(
        self, *, api_url: str, repository: str, token: str, proxies: Mapping[str, str]
    ) -> None:
        # https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api
        headers = {
            "accept": "application/vnd.github+json",
            "authorization": f"Bearer {token}",
            "x-github-api-version": "2022-11-28",
        }
        credentials = Credentials(headers=headers, secrets=(token,), variable="GITHUB_TOKEN")
        self._http = HttpClient(credentials, proxies=proxies)
        self._url = f"{api_url}/repos/{repository}"
        self._owner = repository.partition("/")[0]

    def comments(self, number: int) -> Iterator[Comment]:
        """Yield the comments on a pull request, oldest first."""
        for each in self._pages(f"/issues/{number}/comments", {}):
            author = (each.get("user") or {}).get("login") or ""
            yield Comment(id=each["id"], author=author, body=each.get("body") or "")

    def add_comment(self, number: int, body: str) -> None:
        """Add a comment to a pull request."""
        self._write("POST", f"/issues/{number}/comments", {"body": body})

    def replace_comment(self, comment: Comment, body: str) -> None:
        """Give a comment another text."""
        self._write("PATCH", f"/issues/comments/{comment.id}", {"body": body})

    def pull_request_merged_as(self, commit: str) -> PullRequest | None:
        """Return the pull request whose merge moved its base to a commit.

        That holds for merge commits, squashes and rebases alike, see
        https://docs.github.com/rest/pulls/pulls#get-a-pull-request on `merge_commit_sha`.
        """
        for each in self._pages(f"/commits/{commit}/pulls", {}):
            if each.get("merged_at") and each.get("merge_commit_sha") == commit:
                return _pull_request(each)
        return None

    def open_pull_request(self, branch: str, base: str) -> PullRequest | None:
        """Return the open pull request from a branch of this repository to another."""
        query = {"head": f"{self._owner}:{branch}", "base": base, "state": "open"}
        return next(map(_pull_request, self._pages("/pulls", query)), None)

    def propose(self, branch: str, base: str, *, title: str, body: str) -> PullRequest:
        """Open a pull request from one branch to another, or update the one that is open."""
        existing = self.open_pull_request(branch, base)
        if existing is not None:
            text = {"title": title, "body": body}
            return _pull_request(self._write("PATCH", f"/pulls/{existing.number}", text))
        fields = {"head": branch, "base": base, "title": title, "body": body}
        try:
            return _pull_request(self._write("POST", "/pulls", fields))
        except RegistryRefusedError as error:
            if error.status == _FORBIDDEN:
                # https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository
                error.hint = (
                    f"branch `{branch}` is pushed; in Settings > Actions > General, allow GitHub "
                    "Actions to create and approve pull requests, and give the job "
                    "`pull-requests: write`"
                )
            raise

    def close(self) -> None:
        """Give back connections."""
        self._http.close()

    def _pages(self, path: str, query: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            asked = {**query, "per_page": str(_PAGE), "page": str(page)}
            found = self._http.get(self._url + path, asked, within=_SECONDS)
            if not isinstance(found, list):
                raise RegistryAnswerError(f"GitHub answered {path} with something that is no list")
            yield from (each for each in found if isinstance(each, dict))
            if len(found) < _PAGE:
                return
            page += 1

    def _write(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return self._http.write(method, self._url + path, body, within=_SECONDS)


def _pull_request(value: Any) -> PullRequest:
    try:
        return PullRequest(
            number=value["number"],
            url=value["html_url"],
            head=value["head"]["sha"],
        )
    except (KeyError, TypeError) as error:
        raise RegistryAnswerError(
            "GitHub described a pull request without its usual parts"
        ) from error
