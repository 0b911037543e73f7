"""What git holds: the files of a commit and of the index, and the content of each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from promptsync.errors import GitError
from promptsync.git import Repository, run, split_rows

_SYMLINK, _SUBMODULE = "120000", "160000"
_EMPTY_BLOBS = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",  # SHA-256
    }
)
_BATCH = 5_000
_FEW = 16


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file of a commit or of the index: its path from the top, mode and blob id."""

    path: str
    mode: str
    blob: str

    @property
    def is_symlink(self) -> bool:
        """Whether git stores a symbolic link."""
        return self.mode == _SYMLINK


def list_tree(repository: Repository, commit: str, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files of a commit below some folders; submodules are not followed."""
    output = run(["ls-tree", "-r", "-z", "--full-tree", commit, "--", *roots], repository.top)
    rows = (row.split("\t", 1) for row in split_rows(output.stdout))
    entries = (TreeEntry(path, meta.split()[0], meta.split()[2]) for meta, path in rows)
    return [entry for entry in entries if entry.mode != _SUBMODULE]


def list_index(repository: Repository, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files that a commit of the index would hold below some folders.

    Raises GitError while the index is unmerged.
    """
    output = run(["ls-files", "--stage", "-z", "--full-name", "--", *roots], repository.top)
    entries = []
    for row in split_rows(output.stdout):
        meta, path = row.split("\t", 1)
        mode, blob, stage = meta.split()
        if stage != "0":
            raise GitError(f"`{path}` is not merged yet", hint="resolve it and run `git add`")
        if mode != _SUBMODULE:
            entries.append(TreeEntry(path, mode, blob))
    if any(entry.blob in _EMPTY_BLOBS for entry in entries):
        only_intended = _added_by_intent(repository, roots)
        return [entry for entry in entries if entry.path not in only_intended]
    return entries


def entries_not_checked_out(repository: Repository, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files of the index that a sparse checkout leaves out of the work tree."""
    is_linked = (repository.top / ".git").is_file()  # its settings are elsewhere
    if not (is_linked or (repository.folder / "info/sparse-checkout").exists()):
        return []
    command = ["ls-files", "-t", "--stage", "-z", "--full-name", "--", *roots]
    entries = []
    for row in split_rows(run(command, repository.top).stdout):
        meta, path = row.split("\t", 1)
        tag, mode, blob, _ = meta.split()
        if tag == "S" and mode != _SUBMODULE and not os.path.lexists(repository.top / path):
            entries.append(TreeEntry(path, mode, blob))
    return entries


def _added_by_intent(repository: Repository, roots: Sequence[str]) -> frozenset[str]:
    """Return the paths that `git add --intent-to-add` announced: listed as empty, not committed."""
    command = ["diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", "--", *roots]
    return frozenset(split_rows(run(command, repository.top).stdout))


def read_blobs(repository: Repository, blobs: Iterable[str]) -> Iterator[bytes | None]:
    """Yield the content of objects in the order asked, None for what is not there.

    An object is named by its id or as `COMMIT:path`.
    """
    names = iter(blobs)
    while batch := list(islice(names, _BATCH)):
        yield from _read_batch(repository, batch)


def read_blobs_lazily(
    repository: Repository, blobs: Sequence[str | None]
) -> Iterator[bytes | None]:
    """Yield contents as read_blobs does, a few at a time, for those who may stop early."""
    for start in range(0, len(blobs), _FEW):
        yield from read_blobs(repository, [each or "" for each in blobs[start : start + _FEW]])


def _read_batch(repository: Repository, names: Sequence[str]) -> Iterator[bytes | None]:
    asked = b"".join(map(_question, names))
    output = run(["cat-file", "--batch"], repository.top, stdin=asked).stdout
    position = 0
    for _ in names:
        end = output.index(b"\n", position)
        header, position = output[position:end], end + 1
        if header.endswith((b" missing", b" ambiguous")):
            yield None
            continue
        size = int(header.rpartition(b" ")[2])
        yield output[position : position + size]
        position += size + 1


def _question(name: str) -> bytes:
    """Return the line that asks for an object; what no line can say names nothing."""
    try:
        line = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        line = b"?"
    return (b"?" if re.search(rb"[\0\r\n]", line) else line) + b"\n"
