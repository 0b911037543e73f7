"""Where prompt files come from: the work tree, the index, or any commit.

All three give the same values, so that a hook, a pull request and a person get one answer.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from promptsync import git_objects
from promptsync.errors import Problem, PromptFileError
from promptsync.git import Repository
from promptsync.git_objects import TreeEntry
from promptsync.prompt_path import key_of
from promptsync.prompt_roots import Roots

if TYPE_CHECKING:
    from promptsync.catalog_file import CatalogEntry


@dataclass(frozen=True, slots=True)
class PromptSource:
    """The bytes of one prompt file, or what one entry of a catalog file says.

    `path` is relative to the top of the repository, with `/`; `name` is the one the path gives.
    """

    path: str
    name: str
    data: bytes
    entry: CatalogEntry | None = None

    @property
    def line(self) -> int:
        """The line of its file where the prompt starts."""
        return self.entry.line if self.entry else 1


def in_work_tree(
    roots: Roots, *, ignored: Collection[str] = ()
) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files on disk, committed or not, and an error for each unreadable one.

    `ignored` are paths to leave out.
    """
    for entry, path in _walk_roots(roots):
        if path in ignored:
            continue
        if not isinstance(entry, os.DirEntry):
            yield entry
        elif (name := roots.name_of(path)) is not None:
            yield _read(entry, path, name)
    yield from _entries(roots)


def _read_catalog(top: Path, path: str) -> Iterator[PromptSource | PromptFileError]:
    if _link_on_the_way(top, path) is not None:
        yield _linked_root(path)
    elif not (top / path).is_file():
        hint = "take it out of `prompts` in the configuration, or write it"
        yield _problem(path, "there is no such catalog file", hint)
    else:
        try:
            data = (top / path).read_bytes()
        except OSError as error:
            yield _problem(path, f"cannot be read: {error.strerror}")
        else:
            yield from sources_in(path, data)


def paths_of_entries(roots: Roots) -> Iterator[str]:
    """Yield the paths of all entries of the catalog files on disk."""
    return (each.path for each in _entries(roots) if isinstance(each, PromptSource))


def wrong_catalog(roots: Roots) -> str | None:
    """Return the path of a catalog file on disk in which anything is wrong, None for none."""
    wrong = (each for each in _entries(roots) if isinstance(each, PromptFileError))
    return next((each.problems[0].path for each in wrong), None)


def _entries(roots: Roots) -> Iterator[PromptSource | PromptFileError]:
    return chain.from_iterable(_read_catalog(roots.top, path) for path in roots.catalogs)


def sources_in(path: str, data: bytes) -> Iterator[PromptSource | PromptFileError]:
    """Yield the entries of a catalog file as prompts, and an error for each that is wrong."""
    from promptsync.catalog_file import read_entries  # few have catalog files

    try:
        entries = read_entries(data, path)
    except PromptFileError as error:
        yield error
        return
    for entry in entries:
        if isinstance(entry, PromptFileError):
            yield entry
        else:
            yield PromptSource(entry.path, entry.key, entry.data, entry)


def source_at(path: str, name: str, data: bytes) -> PromptSource | None:
    """Return one prompt of a file's bytes, None where its catalog file has no such entry.

    Raises PromptFileError for a catalog file that cannot be read.
    """
    if key_of(path) is None:
        return PromptSource(path, name, data)
    from promptsync.catalog_file import find_entry  # few have catalog files

    entry = find_entry(data, path)
    return None if entry is None else PromptSource(path, name, entry.data, entry)


def _read(entry: os.DirEntry[str], path: str, name: str) -> PromptSource | PromptFileError:
    if entry.is_symlink():
        return _symlink(path)
    if not entry.is_file():
        return _problem(path, "not a plain file")
    try:
        with open(entry.path, "rb") as file:  # noqa: PTH123  10,000 times, and pathlib shows
            return PromptSource(path, name, file.read())
    except OSError as error:
        return _problem(path, f"cannot be read: {error.strerror}")


def paths_in_work_tree(roots: Roots) -> Iterator[str]:
    """Yield the paths of all files below the prompt roots."""
    return (path for entry, path in _walk_roots(roots) if isinstance(entry, os.DirEntry))


def in_index(repository: Repository, roots: Roots) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files as they are staged. Raises GitError while they are unmerged."""
    yield from _from_git(repository, roots, git_objects.list_index(repository, roots.paths))


def not_checked_out(
    repository: Repository, roots: Roots
) -> Iterator[PromptSource | PromptFileError]:
    """Yield, from the index, the prompt files that a sparse checkout leaves out."""
    return _from_git(
        repository, roots, git_objects.entries_not_checked_out(repository, roots.folders)
    )


def in_commit(
    repository: Repository, roots: Roots, commit: str
) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files of a commit."""
    yield from _from_git(repository, roots, git_objects.list_tree(repository, commit, roots.paths))


def _from_git(
    repository: Repository, roots: Roots, entries: Sequence[TreeEntry]
) -> Iterator[PromptSource | PromptFileError]:
    links = [entry.path for entry in entries if entry.is_symlink]
    yield from (_linked_root(path) for path in links if path in roots.paths)
    yield from (_symlink(path) for path in links if roots.name_of(path))
    plain = [
        (entry, name)
        for entry in entries
        if not entry.is_symlink
        and ((name := roots.name_of(entry.path)) or entry.path in roots.catalogs)
    ]
    contents = git_objects.read_blobs(repository, [entry.blob for entry, _ in plain])
    for (entry, name), data in zip(plain, contents, strict=True):
        if data is None:
            yield _problem(entry.path, f"git has no object {entry.blob}")
        elif name is None:
            yield from sources_in(entry.path, data)
        else:
            yield PromptSource(entry.path, name, data)


_Found = tuple[os.DirEntry[str] | PromptFileError, str]


def _walk_roots(roots: Roots) -> Iterator[_Found]:
    """Yield each file below the roots with its path from the top, in a stable order."""
    for folder in roots.folders:
        if (linked := _link_on_the_way(roots.top, folder)) is not None:
            yield _linked_root(linked), linked
        else:
            yield from _walk(str(roots.top / folder), "" if folder == "." else f"{folder}/")


def _walk(folder: str, prefix: str) -> Iterator[_Found]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        path = prefix.rstrip("/") or "."
        yield _problem(path, f"cannot be read: {error.strerror}"), path
        return
    for entry in entries:
        if not entry.is_dir(follow_symlinks=False):
            yield entry, prefix + entry.name
        elif not entry.name.startswith(".") and not _is_repository(entry.path):
            yield from _walk(entry.path, f"{prefix}{entry.name}/")


def _is_repository(folder: str) -> bool:
    # A submodule, or a clone within the work tree: the repository around it has no such files.
    return os.path.lexists(f"{folder}/.git")


def _link_on_the_way(top: Path, folder: str) -> str | None:
    """Return the part of a root's path that is a symbolic link: git has no files behind one."""
    steps = PurePosixPath(folder).parts
    ways = ("/".join(steps[:count]) for count in range(1, len(steps) + 1))
    # os.path answers where pathlib raises: the name may be too long to exist.
    return next((way for way in ways if os.path.islink(top / way)), None)  # noqa: PTH114


def _symlink(path: str) -> PromptFileError:
    hint = "replace the link by the file; share text through a partial and `{{> name}}`"
    return _problem(path, "a symbolic link; a prompt file is a plain file below its root", hint)


def _linked_root(path: str) -> PromptFileError:
    hint = "name the folder that it points at in `prompts`"
    return _problem(path, "a symbolic link on the way to a prompt root", hint)


def _problem(path: str, message: str, hint: str | None = None) -> PromptFileError:
    return PromptFileError(Problem(path, 1, message, hint=hint))
