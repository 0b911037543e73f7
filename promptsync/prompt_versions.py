"""What a prompt file said, version by version: what is staged, and what each commit has.

A version that no longer parses was never uploaded, so it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from promptsync import git_history, git_objects
from promptsync.composition import expand, includes_of
from promptsync.content_hash import content_hash
from promptsync.errors import GitError, PromptFileError
from promptsync.git import Repository
from promptsync.git_history import FileVersion
from promptsync.local_prompt import parse_source
from promptsync.prompt import Prompt
from promptsync.prompt_path import file_of, key_of
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource, source_at
from promptsync.remote_prompt import Stamp
from promptsync.status import LocalPrompt


@dataclass(frozen=True, slots=True)
class PromptVersions:
    """The versions of prompts up to `commit` (None on a branch without commits).

    Paths are those of prompts: each version of a catalog file is one of each of its entries.
    """

    repository: Repository
    roots: Roots
    commit: str | None
    kind: str

    def of(self, paths: Sequence[str]) -> list[FileVersion]:
        """Return what is staged at some paths, then what commits have, from the newest on."""
        versions, files = [], _files(paths)
        with suppress(GitError):  # an unmerged index has no single answer, so it has none
            versions = [
                FileVersion(self.commit or "", entry.path, entry.blob)
                for entry in git_objects.list_index(self.repository, files)
            ]
        if self.commit is not None:
            versions += git_history.history(self.repository, self.commit, files)
        return _versions_at(versions, paths)

    def elsewhere(self, paths: Sequence[str]) -> list[FileVersion]:
        """Return what only other branches have at some paths."""
        versions = git_history.history_elsewhere(self.repository, self.commit, _files(paths))
        return _versions_at(versions, paths)

    def have_been_at(self, path: str) -> bool:
        """Tell whether any commit up to this one has the prompt at a path."""
        if self.commit is None:
            return False
        return self._have(git_history.history(self.repository, self.commit, [file_of(path)]), path)

    def are_elsewhere(self, path: str) -> bool:
        """Tell whether any commit that only other branches have has the prompt at a path."""
        files = [file_of(path)]
        versions = git_history.history_elsewhere(self.repository, self.commit, files)
        return self._have(versions, path)

    def hashed(
        self, local: LocalPrompt, versions: Sequence[FileVersion]
    ) -> Iterator[tuple[str, FileVersion]]:
        """Yield the versions of a prompt with their content hashes, where those are known."""
        contents = git_objects.read_blobs(self.repository, [each.blob or "" for each in versions])
        for version, data in zip(versions, contents, strict=True):
            parsed = self._parsed(local, version.path, data)
            if parsed is not None and (digest := self.hash_of(parsed[1])) is not None:
                yield digest, version

    def parsed(
        self, local: LocalPrompt, paths: Sequence[str]
    ) -> Iterator[tuple[PromptSource, Prompt]]:
        """Yield what a prompt said at some paths, each text once, in the order of `of`."""
        versions = dict.fromkeys((each.path, each.blob or "") for each in self.of(paths))
        contents = git_objects.read_blobs(self.repository, [blob for _, blob in versions])
        for (path, _), data in zip(versions, contents, strict=True):
            if (parsed := self._parsed(local, path, data)) is not None:
                yield parsed

    def in_commit(
        self, commit: str, local: LocalPrompt, path: str
    ) -> tuple[PromptSource, Prompt] | None:
        """Return what a prompt said at a path in a commit, None where it was not there."""
        data = next(git_objects.read_blobs(self.repository, [f"{commit}:{file_of(path)}"]))
        return self._parsed(local, path, data)

    def hash_of(self, prompt: Prompt) -> str | None:
        """Return the content hash of an old version, None where its includes are unknown."""
        return None if includes_of(prompt) else content_hash(expand(prompt, {}), self.kind)

    def _parsed(
        self, local: LocalPrompt, path: str, data: bytes | None
    ) -> tuple[PromptSource, Prompt] | None:
        name = self.roots.name_of(local.path) or local.prompt.name
        with suppress(PromptFileError):
            if data is not None and (source := source_at(path, name, data)) is not None:
                return replace(source, path=local.path), parse_source(source)
        return None

    def _have(self, versions: Iterable[FileVersion], path: str) -> bool:
        # Git also answers for a folder.
        kept = [each for each in versions if each.path == file_of(path)]
        blobs = dict.fromkeys(each.blob for each in kept if each.blob is not None)
        if (key := key_of(path)) is None:
            return bool(blobs)
        contents = git_objects.read_blobs(self.repository, filter(None, blobs))
        return any(data is not None and _has_entry(data, path, key) for data in contents)


def paths_of(local: LocalPrompt, stamp: Stamp | None) -> list[str]:
    """Return where a prompt is, and where the stamp says it was: it may have been renamed."""
    paths = [local.path]
    stamped = stamp.path if stamp else None
    if stamped not in (None, local.path) and is_inside(stamped):
        paths.append(stamped)
    return paths


def is_inside(path: str) -> bool:
    """Tell whether text from a registry is a path that git can be asked about."""
    parts = PurePosixPath(path).parts
    return path.isprintable() and bool(parts) and parts[0] != "/" and ".." not in parts


def _files(paths: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(file_of, paths)))


def _versions_at(versions: Iterable[FileVersion], paths: Iterable[str]) -> list[FileVersion]:
    return [
        replace(version, path=path)
        for version in versions
        if version.blob is not None
        for path in paths
        if file_of(path) == version.path
    ]


def _has_entry(data: bytes, path: str, key: str) -> bool:
    with suppress(PromptFileError):
        return source_at(path, key, data) is not None
    return False
