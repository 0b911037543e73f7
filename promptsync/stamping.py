"""The stamps of an upload: which file and which commit hold what is uploaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptsync import git
from promptsync.catalog import Catalog
from promptsync.composition import has_directive, partials_of
from promptsync.git import Repository
from promptsync.prompt import Prompt
from promptsync.remote_prompt import Stamp
from promptsync.status import LocalPrompt


def stamp_of(local: LocalPrompt, *, commit: str | None, repository: str | None) -> Stamp:
    """Return the stamp of one prompt."""
    return Stamp(
        content_hash=local.content_hash,
        path=local.path,
        file_sha256=local.file_sha256,
        commit=commit,
        repository=repository,
    )


def make_stamps(
    repository: Repository, url: str | None, catalog: Catalog, locals_: Sequence[LocalPrompt]
) -> Mapping[str, Stamp]:
    """Return the stamp of each prompt, by path. `url` is the repository's, without credentials."""
    commits = _commits(repository, catalog, locals_)
    return {
        local.path: stamp_of(local, commit=commits.get(local.path), repository=url)
        for local in locals_
    }


def _commits(
    repository: Repository, catalog: Catalog, locals_: Sequence[LocalPrompt]
) -> Mapping[str, str]:
    """Return the last commit that changed each prompt, where HEAD holds this very content.

    What a composite says comes from its partials too.
    """
    prompts = {name: each.prompt for name, each in catalog.files.items()}
    files = {local.path: _files_of(local, catalog, prompts) for local in locals_}
    every = sorted({path for paths in files.values() for path in paths})
    changed = git.uncommitted_paths(repository, every)
    clean = {path: paths for path, paths in files.items() if changed.isdisjoint(paths)}
    commits = dict(git.last_commits(repository, sorted(clean)))
    for path, paths in clean.items():
        if len(paths) > 1 and path in commits:
            commits[path] = git.commits_touching(repository, "HEAD", paths)[0]
    return commits


def _files_of(local: LocalPrompt, catalog: Catalog, prompts: Mapping[str, Prompt]) -> list[str]:
    if not has_directive(local.prompt):
        return [local.path]
    partials = partials_of(local.prompt, prompts)
    return [local.path, *(catalog.files[name].path for name in partials)]
