"""Running git, which nothing else does: the repository, its commits, and what is uncommitted."""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

# Windows takes command lines of 32,767 characters.
_MAX_PATHS_LENGTH = 8_000


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
    answer = run(["rev-parse", *questions], start, check=False)
    lines = answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
    if lines[0] == "true":
        raise GitError("this is a bare repository; promptsync needs the files of a work tree")
    if answer.returncode != 0:
        message = first_line(answer.stderr)
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
    answer = run(question, repository.top, check=False)
    return answer.stdout.decode().strip() or None if answer.returncode == 0 else None


def require_commit(repository: Repository, revision: str) -> str:
    """Return the full id of a commit. Raises GitError when the name means nothing here."""
    commit = resolve(repository, revision)
    if commit is None:
        hint = "fetch it, or check out with `fetch-depth: 0`" if repository.is_shallow else None
        raise GitError(f"git knows no commit `{revision}`", hint=hint)
    return commit


def ignored_paths(repository: Repository, roots: Sequence[str]) -> frozenset[str]:
    """Return the files below some folders that git ignores; one that it tracks is not ignored."""
    options = ["--others", "--ignored", "--exclude-standard", "-z", "--full-name"]
    return frozenset(split_rows(run(["ls-files", *options, "--", *roots], repository.top).stdout))


def staged_paths(repository: Repository) -> frozenset[str]:
    """Return the paths whose staged content differs from HEAD, deleted ones included."""
    # Also right before the first commit, where there is no HEAD to name.
    output = run(["diff", "--cached", "--name-only", "--no-renames", "-z"], repository.top)
    return frozenset(split_rows(output.stdout))


def unstaged_paths(repository: Repository) -> frozenset[str]:
    """Return the paths whose content in the work tree differs from what is staged."""
    output = run(["diff", "--name-only", "--no-renames", "-z"], repository.top)
    return frozenset(split_rows(output.stdout))


def uncommitted_paths(repository: Repository, paths: Sequence[str]) -> frozenset[str]:
    """Return which of some paths hold what is not in HEAD: changed, untracked or ignored."""
    if not paths:
        return frozenset()
    command = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"]
    # git holds no copy of an ignored file either.
    output = run([*command, "--ignored", "--", *covering(paths)], repository.top)
    return frozenset(row[3:] for row in split_rows(output.stdout)).intersection(paths)


def covering(paths: Sequence[str]) -> Sequence[str]:
    """Return the paths, or folders around them where they are too many for a command line."""
    folders = sorted({posixpath.dirname(path) or "." for path in paths})
    for candidates in (paths, folders):
        if sum(map(len, candidates)) <= _MAX_PATHS_LENGTH:
            return candidates
    return [posixpath.commonpath(folders) or "."]


def split_rows(output: bytes) -> list[str]:
    """Return what git printed with `-z`, one text for each entry."""
    return [row for row in output.decode("utf-8", "surrogateescape").split("\0") if row]


def run(
    arguments: Sequence[str],
    folder: Path,
    *,
    stdin: bytes | None = None,
    check: bool = True,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder. For the modules `git_*` alone, which say what they ask.

    Raises GitError where git cannot be run and, unless `check` is false, where it fails.
    """
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
        raise GitError(f"git {arguments[0]} failed: {first_line(answer.stderr)}")
    return answer


def first_line(message: bytes) -> str:
    """Return what git complains about."""
    lines = message.decode("utf-8", "replace").strip().splitlines()
    return lines[0] if lines else "no message"
