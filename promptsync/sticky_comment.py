"""The one comment per registry on a pull request: how it is found again, and what it proves."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote

# The account of the token that GitHub gives to a job, see
# https://docs.github.com/actions/concepts/security/github_token; its comments have this author,
# and nobody can register the name.
BOT = "github-actions[bot]"

_MARKER = re.compile(
    r"\A<!-- promptsync registry=(?P<registry>\S+) plan=(?P<plan>\S+) head=(?P<head>\S+) -->"
)
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on a pull request."""

    id: int
    author: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What a comment is about: a registry, the commit that was checked, and its upload plan.

    `plan` is the checksum, None where no plan could be made.
    """

    registry: str
    head: str
    plan: str | None


def write_comment(reviewed: Reviewed, text: str) -> str:
    """Return the body of a comment: a marker that GitHub does not show, then the text."""
    registry = quote(reviewed.registry, safe="").replace("-", "%2D")
    plan = reviewed.plan or _NONE
    return f"<!-- promptsync registry={registry} plan={plan} head={reviewed.head} -->\n{text}"


def read_comment(body: str) -> Reviewed | None:
    """Return what a comment is about, None for one that has no marker at its beginning."""
    found = _MARKER.match(body)
    if found is None:
        return None
    plan = found["plan"]
    return Reviewed(
        registry=unquote(found["registry"]),
        head=found["head"],
        plan=None if plan == _NONE else plan,
    )


def find_comment(comments: Iterable[Comment], registry: str) -> Comment | None:
    """Return the bot's own comment about a registry; others may quote it, and do not count."""
    for comment in comments:
        if comment.author == BOT:
            reviewed = read_comment(comment.body)
            if reviewed is not None and reviewed.registry == registry:
                return comment
    return None
