"""From a content hash back to the file and commit it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from promptsync import git
from promptsync.catalog import Catalog, load_catalog
from promptsync.git import Repository
from promptsync.prompt_sources import Roots, in_commit
from promptsync.remote_prompt import RemotePrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one content hash was found: in a file, a commit, a version of a registry."""

    content_hash: str
    name: str
    path: str | None = None
    commit: str | None = None
    version: str | None = None


def in_catalog(catalog: Catalog, digits: str) -> Iterator[Origin]:
    """Yield the prompt files whose content hash starts with some hex digits."""
    for name, local in catalog.files.items():
        if _matches(local.content_hash, digits):
            yield Origin(content_hash=local.content_hash, name=name, path=local.path)


def in_remote(prompts: Iterable[RemotePrompt], digits: str) -> Iterator[Origin]:
    """Yield the remote prompts whose live content has the hash, with what their stamp says.

    A stamp that names other content is left over from before an edit and explains nothing.
    """
    for remote in prompts:
        if not _matches(remote.content_hash, digits):
            continue
        stamp = remote.stamp
        known = stamp if stamp and stamp.content_hash == remote.content_hash else None
        yield Origin(
            content_hash=remote.content_hash,
            name=remote.name,
            path=known.path if known else None,
            commit=known.commit if known else None,
            version=remote.version,
        )


def in_history(repository: Repository, roots: Roots, kind: str, digits: str) -> Iterator[Origin]:
    """Yield the oldest commit of each file that had the hash, newest commits searched first."""
    head = git.head(repository)
    commits = git.commits_touching(repository, roots.folders, head) if head else []
    found: dict[str, Origin] = {}
    for commit in commits:
        catalog = load_catalog(in_commit(repository, roots, commit), kind=kind)
        for origin in in_catalog(catalog, digits):
            found[origin.path or origin.name] = Origin(
                content_hash=origin.content_hash,
                name=origin.name,
                path=origin.path,
                commit=commit,
            )
    yield from found.values()


def _matches(content_hash: str, digits: str) -> bool:
    return content_hash.startswith(f"sha256:{digits}")
