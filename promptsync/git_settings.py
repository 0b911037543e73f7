"""Questions about how a repository is set up: its origin, its default branch, its hooks."""

from __future__ import annotations

import re
from pathlib import Path

from promptsync.git import Repository, resolve, run


def remote_url(repository: Repository) -> str | None:
    """Return the URL of `origin` without user and password, None when there is none."""
    answer = run(["config", "--get", "remote.origin.url"], repository.top, check=False)
    url = answer.stdout.decode("utf-8", "replace").strip()
    return without_credentials(url) if url else None


def without_credentials(url: str) -> str:
    """Take user, password and query out of a URL; `git@host:path` names no secret and stays."""
    if "://" not in url:
        return url
    # By hand: urllib refuses some addresses that git takes.
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{re.split('[?#]', path)[0]}"


def hooks_folder(repository: Repository) -> Path:
    """Return where git looks for hooks, `core.hooksPath` included."""
    output = run(["rev-parse", "--git-path", "hooks"], repository.top).stdout
    return repository.top / output.decode("utf-8", "surrogateescape").removesuffix("\n")


def default_branch(repository: Repository) -> str:
    """Return the branch that others are merged into, as far as this clone can tell.

    What `origin` says counts, else a branch with one of the usual names, else the current one.
    """
    command = ["symbolic-ref", "--quiet", "--short"]
    remote = run([*command, "refs/remotes/origin/HEAD"], repository.top, check=False)
    if remote.returncode == 0:
        return remote.stdout.decode("utf-8", "replace").strip().removeprefix("origin/")
    for name in ("main", "master"):
        if resolve(repository, f"refs/heads/{name}") is not None:
            return name
    current = run([*command, "HEAD"], repository.top, check=False)
    return current.stdout.decode("utf-8", "replace").strip() or "main"


def config_scope(repository: Repository, key: str) -> str | None:
    """Return where a setting comes from, such as `local` or `global`, None when it is not set."""
    answer = run(["config", "--show-scope", "--get", key], repository.top, check=False)
    return answer.stdout.decode("utf-8", "replace").partition("\t")[0] or None
