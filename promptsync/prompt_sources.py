"""Where prompt files come from: the work tree, the index, or any commit.

All three give the same values, so that a hook, a pull request and a person get one answer.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from promptsync import git
from promptsync.errors import Problem, PromptFileError
from promptsync.git import Repository, TreeEntry

SUFFIX = ".md"
# Folders of prompts are explained in a README; no prompt is called that.
_NOT_PROMPTS = frozenset({"readme.md"})


@dataclass(frozen=True, slots=True)
class PromptSource:
    """The bytes of one prompt file.

    `path` is relative to the top of the repository, with `/`; `name` is the one the path gives.
    """

    path: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Roots:
    """The prompt roots of a configuration, as folders relative to the top of the repository."""

    top: Path
    folders: tuple[str, ...]

    def name_of(self, path: str) -> str | None:
        """Return the name that a path gives, None for a path that is no prompt file."""
        file = PurePosixPath(path)
        if file.suffix != SUFFIX or file.name.lower() in _NOT_PROMPTS:
            return None
        for folder in self.folders:
            if folder == "." or file.is_relative_to(folder):
                parts = file.with_suffix("").relative_to(folder).parts
                return None if any(part.startswith(".") for part in parts) else ".".join(parts)
        return None

    def path_of(self, name: str) -> str:
        """Return the path of a new prompt file in the first root."""
        return (PurePosixPath(self.folders[0]) / f"{name}{SUFFIX}").as_posix()


def find_roots(top: Path, config_root: Path, folders: Sequence[str]) -> Roots:
    """Turn roots relative to the configuration into roots relative to the repository."""
    prefix = PurePosixPath(config_root.resolve().relative_to(top.resolve()).as_posix())
    return Roots(top, tuple((prefix / folder).as_posix() for folder in folders))


def in_work_tree(roots: Roots) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files on disk, committed or not, and an error for each unreadable one."""
    for folder in roots.folders:
        for entry in _walk(roots.top / folder):
            path = Path(entry.path).relative_to(roots.top).as_posix()
            name = roots.name_of(path)
            if name is None:
                continue
            if entry.is_symlink():
                yield _symlink(path)
                continue
            try:
                yield PromptSource(path, name, Path(entry.path).read_bytes())
            except OSError as error:
                yield PromptFileError(Problem(path, 1, f"cannot be read: {error.strerror}"))


def paths_in_work_tree(roots: Roots) -> Iterator[str]:
    """Yield the paths of all files below the prompt roots."""
    for folder in roots.folders:
        for entry in _walk(roots.top / folder):
            yield Path(entry.path).relative_to(roots.top).as_posix()


def in_index(repository: Repository, roots: Roots) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files as they are staged."""
    yield from _from_git(repository, roots, git.list_index(repository, roots.folders))


def in_commit(
    repository: Repository, roots: Roots, commit: str
) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files of a commit."""
    yield from _from_git(repository, roots, git.list_tree(repository, commit, roots.folders))


def _from_git(
    repository: Repository, roots: Roots, entries: Sequence[TreeEntry]
) -> Iterator[PromptSource | PromptFileError]:
    named = [(entry, name) for entry in entries if (name := roots.name_of(entry.path))]
    for entry, _ in named:
        if entry.is_symlink:
            yield _symlink(entry.path)
    plain = [(entry, name) for entry, name in named if not entry.is_symlink]
    contents = git.read_blobs(repository, [entry.blob for entry, _ in plain])
    for (entry, name), data in zip(plain, contents, strict=True):
        if data is None:
            yield PromptFileError(Problem(entry.path, 1, f"git has no object {entry.blob}"))
        else:
            yield PromptSource(entry.path, name, data)


def _walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                yield from _walk(Path(entry.path))
        else:
            yield entry


def _symlink(path: str) -> PromptFileError:
    hint = "replace the link by the file; share text through a partial and `{{> name}}`"
    message = "a symbolic link; a prompt file is a plain file below its root"
    return PromptFileError(Problem(path, 1, message, hint=hint))
