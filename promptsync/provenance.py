"""From a content hash back to the file and commit it came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from promptsync import git, git_history, git_objects
from promptsync.catalog import Catalog, load_catalog
from promptsync.composition import has_directive
from promptsync.content_hash import content_hash
from promptsync.errors import PromptFileError
from promptsync.git import Repository
from promptsync.git_history import FileVersion
from promptsync.local_prompt import parse_source
from promptsync.prompt import Prompt
from promptsync.prompt_path import file_of, key_of
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource, in_commit, sources_in
from promptsync.remote_prompt import RemotePrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one content hash was found: in a file, a commit, a version of a registry.

    `stamped_hash` is what the stamp of a version names. Where that is other content, the version
    was edited in the registry, and neither path nor commit are its own.
    """

    content_hash: str
    name: str
    path: str | None = None
    commit: str | None = None
    version: str | None = None
    stamped_hash: str | None = None

    @property
    def was_edited(self) -> bool:
        """Whether a version was edited in the registry after an upload."""
        return self.stamped_hash not in (None, self.content_hash)


def in_catalog(catalog: Catalog, digits: str) -> Iterator[Origin]:
    """Yield the prompt files whose content hash starts with some hex digits."""
    for name, local in catalog.files.items():
        if _matches(local.content_hash, digits):
            yield Origin(content_hash=local.content_hash, name=name, path=local.path)


def in_remote(prompts: Iterable[RemotePrompt], digits: str) -> Iterator[Origin]:
    """Yield the remote prompts whose live content has the hash, with what their stamp says."""
    for remote in prompts:
        if not _matches(remote.content_hash, digits):
            continue
        stamp = remote.stamp
        is_own = stamp is not None and stamp.content_hash == remote.content_hash
        yield Origin(
            content_hash=remote.content_hash,
            name=remote.name,
            path=stamp.path if stamp and is_own else None,
            commit=stamp.commit if stamp and is_own else None,
            version=remote.version,
            stamped_hash=remote.stamped_hash,
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """One prompt file as one commit made it."""

    content_hash: str
    name: str
    path: str
    commit: str


def in_history(repository: Repository, roots: Roots, kind: str, digits: str) -> Iterator[Origin]:
    """Yield the oldest commit up to HEAD in which each file had the hash."""
    oldest = {
        (each.path, each.content_hash): each
        for each in committed(repository, roots, kind, roots.paths)
        if _matches(each.content_hash, digits)
    }
    for each in oldest.values():
        yield Origin(
            content_hash=each.content_hash, name=each.name, path=each.path, commit=each.commit
        )


def committed(
    repository: Repository, roots: Roots, kind: str, paths: Sequence[str]
) -> Iterator[Committed]:
    """Yield what each commit up to HEAD made of some prompts or folders, newest first."""
    head = git.head(repository)
    if head is None:
        return
    files = list(dict.fromkeys(map(file_of, paths)))
    versions = [
        each for each in git_history.history(repository, head, files) if each.blob is not None
    ]
    # Whoever asks for an entry does not ask for its neighbours.
    unasked = {file_of(each) for each in paths if key_of(each)} - set(paths)
    prompts = [
        (version, prompt)
        for version, prompt in _parsed(repository, roots, versions)
        if file_of(version.path) not in unasked or version.path in paths
    ]
    composites = {each.path for each, prompt in prompts if has_directive(prompt)}
    for version, prompt in prompts:
        if version.path not in composites:
            digest = _hash(prompt, kind)
            if digest is not None:
                yield Committed(digest, prompt.name, version.path, version.commit)
    if composites:
        yield from _committed_composites(repository, roots, kind, head, composites)


def _committed_composites(
    repository: Repository, roots: Roots, kind: str, head: str, paths: set[str]
) -> Iterator[Committed]:
    """Expand composites as each commit had them: they change when a partial does."""
    for commit in git_history.commits_touching(repository, head, roots.paths):
        catalog = load_catalog(in_commit(repository, roots, commit), kind=kind)
        for local in catalog.files.values():
            if local.path in paths:
                yield Committed(local.content_hash, local.prompt.name, local.path, commit)


def _parsed(
    repository: Repository, roots: Roots, versions: Sequence[FileVersion]
) -> Iterator[tuple[FileVersion, Prompt]]:
    blobs = dict.fromkeys(each.blob or "" for each in versions)
    data_by_blob = dict(zip(blobs, git_objects.read_blobs(repository, blobs), strict=True))
    for version in versions:
        data = data_by_blob[version.blob or ""]
        for source in () if data is None else _sources(roots, version.path, data):
            # An old version that no longer parses cannot be what was uploaded.
            with suppress(PromptFileError, ValueError):
                yield replace(version, path=source.path), parse_source(source)


def _sources(roots: Roots, path: str, data: bytes) -> Iterator[PromptSource]:
    if path in roots.catalogs:
        found = sources_in(path, data)
        yield from (each for each in found if isinstance(each, PromptSource))
    elif (name := roots.name_of(path)) is not None:
        yield PromptSource(path, name, data)


def _hash(prompt: Prompt, kind: str) -> str | None:
    with suppress(ValueError):
        return content_hash(prompt, kind)
    return None


def _matches(content_hash: str, digits: str) -> bool:
    return content_hash.startswith(f"sha256:{digits}")
