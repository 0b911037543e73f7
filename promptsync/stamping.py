"""The stamps of an upload: which file and which commit hold what is uploaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptsync import git, git_history, git_objects
from promptsync.catalog import Catalog
from promptsync.composition import has_directive, partials_of
from promptsync.git import Repository
from promptsync.local_prompt import file_sha256
from promptsync.prompt import Prompt
from promptsync.prompt_sources import PromptSource, sources_in
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
    parts = {local.path: _parts_of(local, catalog, prompts) for local in locals_}
    committed = _commit_by_path(
        repository, {each.path: each for found in parts.values() for each in found}
    )
    commits = {}
    for path, found in parts.items():
        if all(each.path in committed for each in found):
            commits[path] = committed[path]
            if len(found) > 1:
                among = {committed[each.path] for each in found} if _has_entry(found) else None
                commits[path] = _newest(repository, found, among)
    return commits


def _parts_of(
    local: LocalPrompt, catalog: Catalog, prompts: Mapping[str, Prompt]
) -> list[LocalPrompt]:
    if not has_directive(local.prompt):
        return [local]
    return [local, *(catalog.files[name] for name in partials_of(local.prompt, prompts))]


def _has_entry(parts: Sequence[LocalPrompt]) -> bool:
    return any(each.key for each in parts)


def _newest(repository: Repository, parts: Sequence[LocalPrompt], among: set[str] | None) -> str:
    """Return the newest commit that touched some files, or the newest of some commits."""
    files = sorted({each.file for each in parts})
    commits = git_history.commits_touching(repository, "HEAD", files)
    return next(each for each in commits if among is None or each in among)


def _commit_by_path(repository: Repository, parts: Mapping[str, LocalPrompt]) -> Mapping[str, str]:
    """Return the last commit that changed each file or entry, if HEAD has what is here."""
    files = sorted(path for path, each in parts.items() if each.key is None)
    changed = git.uncommitted_paths(repository, files)
    commits = dict(
        git_history.last_commits(repository, [path for path in files if path not in changed])
    )
    for file in sorted({each.file for each in parts.values() if each.key is not None}):
        entries = {path: each.file_sha256 for path, each in parts.items() if each.file == file}
        commits |= _commit_by_entry(repository, file, entries)
    return commits


def _commit_by_entry(
    repository: Repository, file: str, entries: Mapping[str, str]
) -> Mapping[str, str]:
    """Return the commit that gave each entry of a catalog file its value, by path.

    A commit that changed another entry is not one: the stamp would change with every neighbour.
    """
    versions = git_history.own_history(repository, [file])
    contents = git_objects.read_blobs_lazily(repository, [each.blob for each in versions])
    commits: dict[str, str] = {}
    waiting, newer = dict(entries), None
    for version, data in zip(versions, contents, strict=False):
        then = _digest_by_path(file, data)
        for path, digest in list(waiting.items()):
            if then.get(path) != digest:
                del waiting[path]
                if newer is not None:
                    commits[path] = newer
        newer = version.commit
        if not waiting:
            break
    return commits | (dict.fromkeys(waiting, newer) if newer else {})


def _digest_by_path(file: str, data: bytes | None) -> Mapping[str, str]:
    sources = () if data is None else sources_in(file, data)
    return {each.path: file_sha256(each.data) for each in sources if isinstance(each, PromptSource)}
