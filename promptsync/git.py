"""Questions asked of git, and the one thing told to it. Nothing else runs git."""

from __future__ import annotations

import os
import posixpath
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from promptsync.config import environment_for_git
from promptsync.errors import GitError

# Without optional locks a check never disturbs a git command that runs beside it. Paths are
# literal: a prompt file may be called `[draft].md`.
# Personal settings that change what is printed are off.
_GIT = (
    *("git", "--no-optional-locks", "--literal-pathspecs"),
    *("-c", "core.quotePath=false", "-c", "color.ui=false", "-c", "i18n.logOutputEncoding=UTF-8"),
    *("-c", "log.showSignature=false", "-c", "log.showRoot=true", "-c", "log.follow=false"),
)

_SYMLINK, _SUBMODULE = "120000", "160000"
_EMPTY_BLOBS = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",  # SHA-256
    }
)
# Windows takes command lines of 32,767 characters.
_MAX_PATHS_LENGTH = 8_000
_BATCH = 5_000
_FEW = 16


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with a work tree. `folder` is the git directory that clones share."""

    top: Path
    folder: Path
    is_shallow: bool


def find_repository(start: Path) -> Repository:
    """Return the repository around a directory. Raises GitError when there is none."""
    found = repository_around(start)
    if found is None:
        raise GitError(
            f"`{start}` is not in a git repository", hint="run `git init` there, or change folder"
        )
    return found


def repository_around(start: Path) -> Repository | None:
    """Return the repository around a directory, None outside of one.

    Raises GitError where there is one that cannot be used, such as a bare one.
    """
    questions = ["--is-bare-repository", "--is-shallow-repository"]
    questions += ["--git-common-dir", "--show-toplevel"]
    answer = _run(["rev-parse", *questions], start, check=False)
    lines = answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if lines[0] == "true":
        raise GitError("this is a bare repository; promptsync needs the files of a work tree")
    if answer.returncode != 0:
        message = _first_line(answer.stderr)
        if message.startswith("fatal: not a git repository"):
            return None
        hint = next(iter(re.findall(rb"git config .* safe\.directory .*", answer.stderr)), b"")
        raise GitError(
            f"git cannot use the repository around `{start}`: {message}",
            hint=hint.decode("utf-8", "replace") or None,
        )
    if len(lines) != len(questions):
        raise GitError(f"the path of the repository around `{start}` has a line break")
    return Repository(Path(lines[3]), (start / lines[2]).resolve(), lines[1] == "true")


def head(repository: Repository) -> str | None:
    """Return the commit that HEAD names, None on a branch without commits."""
    return resolve(repository, "HEAD")


def resolve(repository: Repository, revision: str) -> str | None:
    """Return the full id of a commit, None when the name means nothing here."""
    if revision.startswith("-") or not revision.isprintable():
        return None
    question = ["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"]
    answer = _run(question, repository.top, check=False)
    return answer.stdout.decode().strip() or None if answer.returncode == 0 else None


def require_commit(repository: Repository, revision: str) -> str:
    """Return the full id of a commit. Raises GitError when the name means nothing here."""
    commit = resolve(repository, revision)
    if commit is None:
        hint = "fetch it, or check out with `fetch-depth: 0`" if repository.is_shallow else None
        raise GitError(f"git knows no commit `{revision}`", hint=hint)
    return commit


def merge_base(repository: Repository, one: str, other: str) -> str | None:
    """Return the best common ancestor of two commits, None when this clone has none."""
    answer = _run(["merge-base", one, other], repository.top, check=False)
    return answer.stdout.decode().strip() or None


def is_ancestor(repository: Repository, commit: str, of: str) -> bool:
    """Tell whether a commit is part of another's history, as far as this clone can see."""
    answer = _run(["merge-base", "--is-ancestor", commit, of], repository.top, check=False)
    return answer.returncode == 0


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
    output = _run(["ls-tree", "-r", "-z", "--full-tree", commit, "--", *roots], repository.top)
    rows = (row.split("\t", 1) for row in _split(output.stdout))
    entries = (TreeEntry(path, meta.split()[0], meta.split()[2]) for meta, path in rows)
    return [entry for entry in entries if entry.mode != _SUBMODULE]


def list_index(repository: Repository, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files that a commit of the index would hold below some folders.

    Raises GitError while the index is unmerged.
    """
    output = _run(["ls-files", "--stage", "-z", "--full-name", "--", *roots], repository.top)
    entries = []
    for row in _split(output.stdout):
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


def ignored_paths(repository: Repository, roots: Sequence[str]) -> frozenset[str]:
    """Return the files below some folders that git ignores; one that it tracks is not ignored."""
    options = ["--others", "--ignored", "--exclude-standard", "-z", "--full-name"]
    return frozenset(_split(_run(["ls-files", *options, "--", *roots], repository.top).stdout))


def entries_not_checked_out(repository: Repository, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files of the index that a sparse checkout leaves out of the work tree."""
    is_linked = (repository.top / ".git").is_file()  # its settings are elsewhere
    if not (is_linked or (repository.folder / "info/sparse-checkout").exists()):
        return []
    command = ["ls-files", "-t", "--stage", "-z", "--full-name", "--", *roots]
    entries = []
    for row in _split(_run(command, repository.top).stdout):
        meta, path = row.split("\t", 1)
        tag, mode, blob, _ = meta.split()
        if tag == "S" and mode != _SUBMODULE and not os.path.lexists(repository.top / path):
            entries.append(TreeEntry(path, mode, blob))
    return entries


def _added_by_intent(repository: Repository, roots: Sequence[str]) -> frozenset[str]:
    """Return the paths that `git add --intent-to-add` announced: listed as empty, not committed."""
    command = ["diff", "--name-only", "--no-renames", "--diff-filter=A", "-z", "--", *roots]
    return frozenset(_split(_run(command, repository.top).stdout))


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
    output = _run(["cat-file", "--batch"], repository.top, stdin=asked).stdout
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


def staged_paths(repository: Repository) -> frozenset[str]:
    """Return the paths whose staged content differs from HEAD, deleted ones included."""
    # Also right before the first commit, where there is no HEAD to name.
    output = _run(["diff", "--cached", "--name-only", "--no-renames", "-z"], repository.top)
    return frozenset(_split(output.stdout))


def unstaged_paths(repository: Repository) -> frozenset[str]:
    """Return the paths whose content in the work tree differs from what is staged."""
    output = _run(["diff", "--name-only", "--no-renames", "-z"], repository.top)
    return frozenset(_split(output.stdout))


def uncommitted_paths(repository: Repository, paths: Sequence[str]) -> frozenset[str]:
    """Return which of some paths hold what is not in HEAD: changed, untracked or ignored."""
    if not paths:
        return frozenset()
    command = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"]
    # git holds no copy of an ignored file either.
    output = _run([*command, "--ignored", "--", *_covering(paths)], repository.top)
    return frozenset(row[3:] for row in _split(output.stdout)).intersection(paths)


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
    for version in _log(repository, ["--first-parent", commit], _covering(paths)):
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
    return _run(command, repository.top).stdout.decode().split()


_RAW = re.compile(r"\n?:\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*")


def _log(
    repository: Repository, revisions: Sequence[str], paths: Sequence[str]
) -> list[FileVersion]:
    command = ["log", "--topo-order", "--full-history", "-m", "--format=%x01%H", "--raw", "-z"]
    command += ["--no-abbrev", "--no-renames", *revisions, "--", *paths]
    fields = iter(_split(_run(command, repository.top).stdout))
    versions: dict[FileVersion, None] = {}
    commit = ""
    for field in fields:
        if (entry := _RAW.fullmatch(field)) is None:
            commit = field.strip("\n\x01")
            continue
        blob = entry[1] if entry[1].strip("0") else None
        versions[FileVersion(commit, next(fields), blob)] = None
    return list(versions)


def _covering(paths: Sequence[str]) -> Sequence[str]:
    """Return the paths, or folders around them where they are too many for a command line."""
    folders = sorted({posixpath.dirname(path) or "." for path in paths})
    for candidates in (paths, folders):
        if sum(map(len, candidates)) <= _MAX_PATHS_LENGTH:
            return candidates
    return [posixpath.commonpath(folders) or "."]


def remote_url(repository: Repository) -> str | None:
    """Return the URL of `origin` without user and password, None when there is none."""
    answer = _run(["config", "--get", "remote.origin.url"], repository.top, check=False)
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
    output = _run(["rev-parse", "--git-path", "hooks"], repository.top).stdout
    return repository.top / output.decode("utf-8", "surrogateescape").removesuffix("\n")


def default_branch(repository: Repository) -> str:
    """Return the branch that others are merged into, as far as this clone can tell.

    What `origin` says counts, else a branch with one of the usual names, else the current one.
    """
    command = ["symbolic-ref", "--quiet", "--short"]
    remote = _run([*command, "refs/remotes/origin/HEAD"], repository.top, check=False)
    if remote.returncode == 0:
        return remote.stdout.decode("utf-8", "replace").strip().removeprefix("origin/")
    for name in ("main", "master"):
        if resolve(repository, f"refs/heads/{name}") is not None:
            return name
    current = _run([*command, "HEAD"], repository.top, check=False)
    return current.stdout.decode("utf-8", "replace").strip() or "main"


def config_scope(repository: Repository, key: str) -> str | None:
    """Return where a setting comes from, such as `local` or `global`, None when it is not set."""
    answer = _run(["config", "--show-scope", "--get", key], repository.top, check=False)
    return answer.stdout.decode("utf-8", "replace").partition("\t")[0] or None


def author_and_date(repository: Repository, commit: str) -> tuple[str, str] | None:
    """Return who wrote a commit and when (ISO 8601), None when this clone does not have it."""
    known = resolve(repository, commit)
    if known is None:
        return None
    answer = _run(["show", "--no-patch", "--format=%an%x00%aI", known], repository.top)
    name, _, date = answer.stdout.decode("utf-8", "replace").strip().partition("\0")
    return name, date


def changed_paths(repository: Repository, base: str, tip: str) -> frozenset[str]:
    """Return the paths that differ between two commits."""
    command = ["diff-tree", "-r", "--name-only", "--no-renames", "-z", base, tip]
    return frozenset(_split(_run(command, repository.top).stdout))


def authors_of(repository: Repository, base: str, tip: str) -> frozenset[str]:
    """Return the e-mail addresses of those who wrote the commits that lead from one to another."""
    output = _run(["log", "--format=%ae", f"{base}..{tip}", "--"], repository.top)
    return frozenset(output.stdout.decode("utf-8", "replace").split())


def merge_lines(texts: tuple[str, str, str], labels: tuple[str, str, str]) -> tuple[str, bool]:
    """Merge local, base and remote text as `git merge` does; tell whether a conflict is left.

    The labels stand behind its conflict markers.
    """
    import tempfile  # noqa: PLC0415  it brings `random` along, and few commands merge

    names = ("local", "base", "remote")
    with tempfile.TemporaryDirectory(prefix="promptsync-") as folder:
        for name, text in zip(names, texts, strict=True):
            Path(folder, name).write_text(text, "utf-8", newline="\n")
        marked = [part for label in labels for part in ("-L", label)]
        answer = _run(["merge-file", "--stdout", *marked, *names], Path(folder), check=False)
    # The exit status counts the conflicts, up to 127; above it is an error.
    if answer.returncode > 127 or answer.returncode < 0:  # noqa: PLR2004
        raise GitError(f"git merge-file failed: {_first_line(answer.stderr)}")
    return answer.stdout.decode(), answer.returncode > 0


def _split(output: bytes) -> list[str]:
    return [row for row in output.decode("utf-8", "surrogateescape").split("\0") if row]


def write(
    repository: Repository,
    arguments: Sequence[str],
    *,
    stdin: bytes | None = None,
    index: Path | None = None,
) -> str:
    """Run one of git's plumbing commands that change a repository, and return what it printed.

    With `index`, that file takes the place of the index. For promptsync.git_commit alone.
    """
    variables = {"GIT_INDEX_FILE": str(index)} if index else {}
    answer = _run(arguments, repository.top, stdin=stdin, variables=variables)
    return answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def _run(
    arguments: Sequence[str],
    folder: Path,
    *,
    stdin: bytes | None = None,
    check: bool = True,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    try:
        answer = subprocess.run(  # noqa: S603  a fixed program, arguments as a list
            [*_GIT, *arguments],
            cwd=folder,
            env={**environment_for_git(), **(variables or {})},
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        if not folder.is_dir():
            raise GitError(f"there is no folder `{folder}`") from error
        raise GitError("git was not found", hint="install git and put it on PATH") from error
    except OSError as error:
        raise GitError(f"git could not be started: {error.strerror}") from error
    if check and answer.returncode != 0:
        raise GitError(f"git {arguments[0]} failed: {_first_line(answer.stderr)}")
    return answer


def _first_line(message: bytes) -> str:
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "no message"
