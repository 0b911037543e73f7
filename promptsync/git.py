"""Questions asked of git, and the one thing told to it. Nothing else runs git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptsync.config import environment_for_git
from promptsync.errors import GitError

# Without optional locks a check never disturbs a git command that runs beside it. Paths are
# literal: a prompt file may be called `[draft].md`.
# Personal settings that change what is printed are off.
_GIT = (
    *("git", "--no-optional-locks", "--literal-pathspecs"),
    *("-c", "core.quotePath=false", "-c", "color.ui=false", "-c", "log.showSignature=false"),
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository with a work tree. `folder` is the git directory that clones share."""

    top: Path
    folder: Path
    is_shallow: bool


def find_repository(start: Path) -> Repository:
    """Return the repository around a directory. Raises GitError when there is none."""
    questions = ["--is-bare-repository", "--is-shallow-repository"]
    questions += ["--path-format=absolute", "--git-common-dir", "--show-toplevel"]
    answer = _run(["rev-parse", *questions], start, check=False)
    lines = answer.stdout.decode("utf-8", "surrogateescape").splitlines()
    if lines[:1] == ["true"]:
        raise GitError("this is a bare repository; promptsync needs the files of a work tree")
    if answer.returncode != 0 or len(lines) != 4:  # noqa: PLR2004  four questions, four lines
        raise GitError(
            f"`{start}` is not in a git repository", hint="run `git init` there, or change folder"
        )
    return Repository(Path(lines[3]), Path(lines[2]), lines[1] == "true")


def head(repository: Repository) -> str | None:
    """Return the commit that HEAD names, None on a branch without commits."""
    return resolve(repository, "HEAD")


def resolve(repository: Repository, revision: str) -> str | None:
    """Return the full id of a commit, None when the name means nothing here."""
    answer = _run(
        ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"],
        repository.top,
        check=False,
    )
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
        return self.mode == "120000"


def list_tree(repository: Repository, commit: str, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files of a commit below some folders."""
    output = _run(["ls-tree", "-r", "-z", "--full-tree", commit, "--", *roots], repository.top)
    rows = (row.split("\t", 1) for row in _split(output.stdout))
    return [TreeEntry(path, meta.split()[0], meta.split()[2]) for meta, path in rows]


def list_index(repository: Repository, roots: Sequence[str]) -> list[TreeEntry]:
    """Return the files of the index below some folders. Raises GitError while it is unmerged."""
    output = _run(["ls-files", "--stage", "-z", "--full-name", "--", *roots], repository.top)
    entries = []
    for row in _split(output.stdout):
        meta, path = row.split("\t", 1)
        mode, blob, stage = meta.split()
        if stage != "0":
            raise GitError(f"`{path}` is not merged yet", hint="resolve it and run `git add`")
        entries.append(TreeEntry(path, mode, blob))
    return entries


def read_blobs(repository: Repository, blobs: Iterable[str]) -> Iterator[bytes | None]:
    """Yield the content of objects in the order asked, None for what is not there.

    An object is named by its id or as `COMMIT:path`.
    """
    names = list(blobs)
    if not names:
        return
    # A line each: a path with a line break names nothing.
    asked = [name.encode("utf-8", "surrogateescape").replace(b"\n", b"?") for name in names]
    output = _run(["cat-file", "--batch"], repository.top, stdin=b"\n".join(asked) + b"\n").stdout
    position = 0
    for name in asked:
        end = output.index(b"\n", position)
        header, position = output[position:end], end + 1
        if header in (name + b" missing", name + b" ambiguous"):
            yield None
            continue
        size = int(header.rpartition(b" ")[2])
        yield output[position : position + size]
        position += size + 1


def changed_paths(repository: Repository, base: str, commit: str | None) -> frozenset[str]:
    """Return the paths that differ between two commits, or between a commit and the index."""
    ends = ["--cached", base] if commit is None else [base, commit]
    output = _run(["diff", "--name-only", "--no-renames", "-z", *ends, "--"], repository.top)
    return frozenset(_split(output.stdout))


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
    """Return which of some paths have changes in the index or the work tree, or are untracked."""
    if not paths:
        return frozenset()
    command = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--"]
    output = _run([*command, *paths], repository.top)
    return frozenset(row[3:] for row in _split(output.stdout))


def blobs_in_history(repository: Repository, paths: Sequence[str], commit: str) -> list[str]:
    """Return every blob that some paths ever had up to a commit, newest first, each once.

    Merged side branches count, also where the merge kept nothing of them.
    """
    command = ["log", "--full-history", "-m", "--format=", "--raw", "--no-abbrev", "-z"]
    output = _run([*command, "--no-renames", commit, "--", *paths], repository.top)
    rows = [row for row in _split(output.stdout) if row.startswith(":")]
    blobs = (blob for row in rows for blob in reversed(row.split()[2:4]))
    return [blob for blob in dict.fromkeys(blobs) if blob.strip("0")]


def commits_touching(repository: Repository, paths: Sequence[str], commit: str) -> list[str]:
    """Return the commits that changed some paths, newest first, merged side branches included."""
    command = ["log", "--full-history", "--format=%H", commit, "--", *paths]
    return _run(command, repository.top).stdout.decode().split()


def last_commits(repository: Repository, paths: Sequence[str]) -> Mapping[str, str]:
    """Return for each path the last commit that changed it; paths without history are left out."""
    if not paths or head(repository) is None:
        return {}
    command = [
        "log",
        "--format=%x01%H",
        "--name-only",
        "--no-renames",
        "-m",
        "--first-parent",
        "-z",
    ]
    output = _run([*command, "--", *paths], repository.top).stdout
    found: dict[str, str] = {}
    commit = ""
    for field in _split(output):
        name = field.strip("\n")
        if name.startswith("\x01"):
            commit = name[1:]
        elif name:
            found.setdefault(name, commit)
    return found


def committed_blobs(repository: Repository, paths: Sequence[str]) -> Mapping[str, str]:
    """Return the blob ids that HEAD has for some paths."""
    if not paths or (commit := head(repository)) is None:
        return {}
    return {entry.path: entry.blob for entry in list_tree(repository, commit, paths)}


def remote_url(repository: Repository) -> str | None:
    """Return the URL of `origin` without user and password, None when there is none."""
    answer = _run(["config", "--get", "remote.origin.url"], repository.top, check=False)
    url = answer.stdout.decode("utf-8", "replace").strip()
    return without_credentials(url) if url else None


def without_credentials(url: str) -> str:
    """Take user and password out of a URL; `git@host:path` names no secret and stays."""
    from urllib.parse import urlsplit, urlunsplit  # noqa: PLC0415  hooks never get here

    parts = urlsplit(url)
    if not parts.scheme or "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def hooks_folder(repository: Repository) -> Path:
    """Return where git looks for hooks, `core.hooksPath` included."""
    command = ["rev-parse", "--path-format=absolute", "--git-path", "hooks"]
    return Path(_run(command, repository.top).stdout.decode().rstrip("\n"))


def config_scope(repository: Repository, key: str) -> str | None:
    """Return where a setting comes from, such as `local` or `global`, None when it is not set."""
    answer = _run(["config", "--show-scope", "--get", key], repository.top, check=False)
    return answer.stdout.decode("utf-8", "replace").partition("\t")[0] or None


def author_and_date(repository: Repository, commit: str) -> tuple[str, str] | None:
    """Return who wrote a commit and when (ISO 8601), None when this clone does not have it."""
    command = ["show", "--no-patch", "--format=%an%x00%aI", "--end-of-options", commit]
    answer = _run(command, repository.top, check=False)
    if answer.returncode != 0:
        return None
    name, _, date = answer.stdout.decode("utf-8", "replace").strip().partition("\0")
    return name, date


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


def _run(
    arguments: Sequence[str], folder: Path, *, stdin: bytes | None = None, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    try:
        answer = subprocess.run(  # noqa: S603  a fixed program, arguments as a list
            [*_GIT, *arguments],
            cwd=folder,
            env=environment_for_git(),
            input=stdin,
            capture_output=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError("git was not found", hint="install git and put it on PATH") from error
    except OSError as error:
        raise GitError(f"git could not be started: {error.strerror}") from error
    if check and answer.returncode != 0:
        raise GitError(f"git {arguments[0]} failed: {_first_line(answer.stderr)}")
    return answer


def _first_line(message: bytes) -> str:
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "no message"
