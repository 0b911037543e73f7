"""A GitHub that runs in the test: comments and pull requests of one repository over real HTTP.

It answers as https://docs.github.com/rest describes, with the fields that the action reads.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "ghs_exampleTokenOfAJob"  # noqa: S105  lets nobody in anywhere
BOT = "github-actions[bot]"

Answer = tuple[int, Any]


@dataclass
class GitHubServer:
    """One repository: what people and jobs did to it, and what its settings allow."""

    repository: str = "ada/prompts"
    url: str = ""
    pull_requests: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    #: Settings > Actions > General > Allow GitHub Actions to create and approve pull requests.
    jobs_may_propose: bool = True
    #: What `permissions: pull-requests: write` gives to the token.
    jobs_may_comment: bool = True
    _ids: Iterator[int] = field(default_factory=lambda: iter(range(1000, 10_000)))

    def open_pull_request(self, head: str, *, branch: str = "topic") -> int:
        """Open a pull request whose last commit is `head`; return its number."""
        number = len(self.pull_requests) + 1
        self.pull_requests.append(
            {
                "number": number,
                "html_url": f"https://github.com/{self.repository}/pull/{number}",
                "state": "open",
                "title": "Change prompts",
                "body": "",
                "head": {"ref": branch, "sha": head},
                "base": {"ref": "main"},
                "merged_at": None,
                "merge_commit_sha": "f" * 40,
            }
        )
        self.comments[number] = []
        return number

    def merge(self, number: int, commit: str) -> None:
        """Merge a pull request, in whatever way led to this commit."""
        pull_request = self.pull_requests[number - 1]
        pull_request |= {
            "state": "closed",
            "merged_at": "2026-11-21T12:00:00Z",
            "merge_commit_sha": commit,
        }

    def comment(self, number: int, author: str, body: str) -> None:
        """Write a comment as somebody."""
        self.comments[number].append(
            {"id": next(self._ids), "user": {"login": author}, "body": body}
        )

    def bodies(self, number: int) -> list[str]:
        """Return the comments on a pull request."""
        return [comment["body"] for comment in self.comments[number]]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        """Answer one request for this repository."""
        for known, pattern, endpoint in _ENDPOINTS:
            found = re.fullmatch(pattern, path)
            if found is not None and known == method:
                return endpoint(self, found.groups(), query, body)
        return 404, {"message": "Not Found"}


def _page(items: list[dict[str, Any]], query: dict[str, str]) -> Answer:
    size, number = int(query.get("per_page", "30")), int(query.get("page", "1"))
    assert size <= 100, "GitHub gives at most 100 to a page"
    return 200, items[size * (number - 1) : size * number]


def _list_comments(
    server: GitHubServer, parts: tuple[str, ...], query: dict[str, str], _: Any
) -> Answer:
    return _page(server.comments[int(parts[0])], query)


def _add_comment(
    server: GitHubServer, parts: tuple[str, ...], _: dict[str, str], body: Any
) -> Answer:
    if not server.jobs_may_comment:
        return 403, {"message": "Resource not accessible by integration"}
    if len(body["body"]) > 65_536:
        return 422, {"message": "Body is too long (maximum is 65536 characters)"}
    server.comment(int(parts[0]), BOT, body["body"])
    return 201, server.comments[int(parts[0])][-1]


def _change_comment(
    server: GitHubServer, parts: tuple[str, ...], _: dict[str, str], body: Any
) -> Answer:
    for comments in server.comments.values():
        for comment in comments:
            if comment["id"] == int(parts[0]):
                comment["body"] = body["body"]
                return 200, comment
    return 404, {"message": "Not Found"}


def _pull_requests_of_commit(
    server: GitHubServer, parts: tuple[str, ...], query: dict[str, str], _: Any
) -> Answer:
    found = [each for each in server.pull_requests if each["merge_commit_sha"] == parts[0]]
    return _page(found, query)


def _list_pull_requests(
    server: GitHubServer, _: tuple[str, ...], query: dict[str, str], __: Any
) -> Answer:
    owner = server.repository.partition("/")[0]
    found = [
        each
        for each in server.pull_requests
        if each["state"] == query.get("state", "open")
        and query.get("head") in (None, f"{owner}:{each['head']['ref']}")
        and query.get("base") in (None, each["base"]["ref"])
    ]
    return _page(found, query)


def _create_pull_request(
    server: GitHubServer, _: tuple[str, ...], __: dict[str, str], body: Any
) -> Answer:
    if not server.jobs_may_propose:
        message = "GitHub Actions is not permitted to create or approve pull requests."
        return 403, {"message": message}
    number = server.open_pull_request("0" * 40, branch=body["head"])
    server.pull_requests[-1] |= {
        "title": body["title"],
        "body": body["body"],
        "base": {"ref": body["base"]},
    }
    return 201, server.pull_requests[number - 1]


def _change_pull_request(
    server: GitHubServer, parts: tuple[str, ...], _: dict[str, str], body: Any
) -> Answer:
    pull_request = server.pull_requests[int(parts[0]) - 1]
    pull_request |= body
    return 200, pull_request


Endpoint = Callable[[GitHubServer, tuple[str, ...], dict[str, str], Any], Answer]

_ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", r"/issues/(\d+)/comments", _list_comments),
    ("POST", r"/issues/(\d+)/comments", _add_comment),
    ("PATCH", r"/issues/comments/(\d+)", _change_comment),
    ("GET", r"/commits/([0-9a-f]{40})/pulls", _pull_requests_of_commit),
    ("GET", r"/pulls", _list_pull_requests),
    ("POST", r"/pulls", _create_pull_request),
    ("PATCH", r"/pulls/(\d+)", _change_pull_request),
)


@contextmanager
def github_server() -> Iterator[GitHubServer]:
    """Run the service while the context lasts."""
    service = GitHubServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length", "0"))
            body = json.loads(self.rfile.read(length)) if length else None
            service.requests.append(f"{self.command} {parts.path}")
            status, answer = self.checked(parts.path, parts.query, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def checked(self, path: str, query: str, body: Any) -> Answer:
            if self.headers.get("authorization") != f"Bearer {TOKEN}":
                return 401, {"message": "Bad credentials"}
            prefix = f"/repos/{service.repository}"
            if not path.startswith(prefix):
                return 404, {"message": "Not Found"}
            values = {name: found[0] for name, found in parse_qs(query).items()}
            return service.answer(self.command, path.removeprefix(prefix), values, body)

        do_GET = do_POST = do_PATCH = handle_any  # noqa: N815  names that http.server calls

        def log_message(self, *_: Any) -> None:
            """Keep quiet: what matters is in `requests`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
