"""Questions about commits: what they made of some files, who wrote them and when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptsync.git import Repository, covering, head, resolve, run, split_rows


@dataclass(frozen=True, slots=True)
class FileVersion:
    """What one commit made of one file: the blob it put there, None where it deleted the file."""

    commit: str
    path: str
    blob: str | None


def history(repository: Repository, commit: str, paths: Sequence[str]) -> list[FileVersion]:
    """Return every version of some files or folders up to a commit.

    Successors come before what they succeed. Merged side branches count, also where the merge
    kept nothing of them.
    """
    return _log(repository, [commit], paths)


def history_elsewhere(
    repository: Repository, commit: str | None, paths: Sequence[str]
) -> list[FileVersion]:
    """Return the versions that other branches, tags and stashes have and a commit has not."""
    return _log(repository, _elsewhere(commit), paths)


def commits_touching(repository: Repository, commit: str, paths: Sequence[str]) -> list[str]:
    """Return the commits that changed some paths, newest first, merged side branches included."""
    return _commits(repository, [commit], paths)


def commits_elsewhere(
    repository: Repository, commit: str | None, paths: Sequence[str]
) -> list[str]:
    """Return the commits that changed some paths and are not part of a commit's past."""
    return _commits(repository, _elsewhere(commit), paths)


def last_commits(repository: Repository, paths: Sequence[str]) -> Mapping[str, str]:
    """Return for each path the last commit that changed it; paths without history are left out."""
    if not paths or (commit := head(repository)) is None:
        return {}
    found: dict[str, str] = {}
    for version in _log(repository, ["--first-parent", commit], covering(paths)):
        found.setdefault(version.path, version.commit)
    return {path: found[path] for path in paths if path in found}


def own_history(repository: Repository, paths: Sequence[str]) -> list[FileVersion]:
    """Return what HEAD's own branch made of some files, newest first: a merge is one step."""
    if (commit := head(repository)) is None:
        return []
    return _log(repository, ["--first-parent", commit], paths)


def _elsewhere(commit: str | None) -> list[str]:
    return ["--all"] if commit is None else ["--all", "--not", commit]


def _commits(repository: Repository, revisions: Sequence[str], paths: Sequence[str]) -> list[str]:
    command = ["log", "--topo-order", "--full-history", "--format=%H", *revisions, "--", *paths]
    return run(command, repository.top).stdout.decode().split()


_RAW = re.compile(r"\n?:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*")


def _log(
    repository: Repository, revisions: Sequence[str], paths: Sequence[str]
) -> list[FileVersion]:
    command = ["log", "--topo-order", "--full-history", "-m", "--format=%x01%H", "--raw", "-z"]
    command += ["--no-abbrev", "--no-renames", *revisions, "--", *paths]
    fields = iter(split_rows(run(command, repository.top).stdout))
    versions: dict[FileVersion, None] = {}
    commit = ""
    for field in fields:
        if (entry := _RAW.fullmatch(field)) is None:
            commit = field.strip("\n\x01")
            continue
        blob = entry[1] if entry[1].strip("0") else None
        versions[FileVersion(commit, next(fields), blob)] = None
    return list(versions)


def merge_base(repository: Repository, one: str, other: str) -> str | None:
    """Return the best common ancestor of two commits, None when this clone has none."""
    answer = run(["merge-base", one, other], repository.top, check=False)
    return answer.stdout.decode().strip() or None


def is_ancestor(repository: Repository, commit: str, of: str) -> bool:
    """Tell whether a commit is part of another's history, as far as this clone can see."""
    answer = run(["merge-base", "--is-ancestor", commit, of], repository.top, check=False)
    return answer.returncode == 0


def author_and_date(repository: Repository, commit: str) -> tuple[str, str] | None:
    """Return who wrote a commit and when (ISO 8601), None when this clone does not have it."""
    known = resolve(repository, commit)
    if known is None:
        return None
    answer = run(["show", "--no-patch", "--format=%an%x00%aI", known], repository.top)
    name, _, date = answer.stdout.decode("utf-8", "replace").strip().partition("\0")
    return name, date


def changed_paths(repository: Repository, base: str, tip: str) -> frozenset[str]:
    """Return the paths that differ between two commits."""
    command = ["diff-tree", "-r", "--name-only", "--no-renames", "-z", base, tip]
    return frozenset(split_rows(run(command, repository.top).stdout))


def authors_of(repository: Repository, base: str, tip: str) -> frozenset[str]:
    """Return the e-mail addresses of those who wrote the commits that lead from one to another."""
    output = run(["log", "--format=%ae", f"{base}..{tip}", "--"], repository.top)
    return frozenset(output.stdout.decode("utf-8", "replace").split())
