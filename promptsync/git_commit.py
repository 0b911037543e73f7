"""Put files on a commit, on this branch or on another, and nothing else that somebody staged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from promptsync import git, git_history, git_objects
from promptsync.errors import ConflictError, GitError, UsageError
from promptsync.git import Repository

# What git leaves in its folder while a person is in the middle of something.
_IN_PROGRESS = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}
# Commits of ours are told by it; see promptsync.registry_edits.
TRAILER = "Registry-Edit"

_PLAIN_FILE = "100644"
_NO_COMMIT = "0" * 40


def refuse_in_progress(repository: Repository) -> None:
    """Raise UsageError in the middle of a merge, a rebase, a cherry-pick or a revert."""
    asked = [part for name in _IN_PROGRESS for part in ("--git-path", name)]
    paths = _run(repository, ["rev-parse", *asked]).split("\n")
    for path, what in zip(paths, _IN_PROGRESS.values(), strict=True):
        if (repository.top / path).exists():
            raise UsageError(
                f"this repository is in the middle of a {what}; nothing was done",
                hint=f"finish it, or give it up with `git {what} --abort`",
            )


def require_identity(repository: Repository) -> None:
    """Raise GitError where git does not know who commits, before anything is written."""
    for variable in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        try:
            _run(repository, ["var", variable])
        except GitError as error:
            raise GitError(
                "git does not know who commits",
                hint='`git config user.name "…"` and `git config user.email "…"` tell it',
            ) from error


def check_branch(repository: Repository, branch: str) -> None:
    """Raise UsageError where a branch cannot be written: no name for one, or checked out."""
    name = None
    with suppress(GitError):
        name = _run(repository, ["check-ref-format", "--branch", branch])
    # `@{-1}` is a way to say another name.
    if name != branch:
        raise UsageError(f"`{branch}` is no name for a branch")
    listed = _run(repository, ["worktree", "list", "--porcelain"]).split("\n")
    if f"branch refs/heads/{branch}" in listed:
        raise UsageError(
            f"branch `{branch}` is checked out, and its files would not follow",
            hint="name another branch, or commit here with `--commit`",
        )


def commit_here(repository: Repository, files: Mapping[str, bytes], message: str) -> str:
    """Commit files, which the work tree has already, on the current branch; return the commit.

    Nothing else is committed. Changes that are staged stay staged.
    """
    head = git.head(repository)
    commit = _commit(repository, files, message, tree=head, parents=[head] if head else [])
    # First the index: with HEAD alone moved on, it would be a staged change that undoes the commit.
    _run(
        repository,
        ["update-index", "--add", "-z", "--stdin"],
        stdin=b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in files),
    )
    reason = message.partition("\n")[0]
    _run(repository, ["update-ref", "-m", reason, "HEAD", commit, head or _NO_COMMIT])
    return commit


def commit_on_branch(
    repository: Repository, branch: str, files: Mapping[str, bytes], message: str
) -> str | None:
    """Put files on top of HEAD as a commit of a branch, which only ever moves forward.

    Neither the work tree nor the index is touched. Returns None where the branch has exactly
    these files already. Raises ConflictError where somebody else committed to the branch.
    """
    reference = f"refs/heads/{branch}"
    head = git.require_commit(repository, "HEAD")
    tip = git.resolve(repository, reference)
    if tip is None:
        parents = [head]
    else:
        _refuse_commits_of_others(repository, branch, head, tip)
        if has_exactly(repository, tip, head, files):
            return None
        # The newer state of the registry's edits takes the place of the older one.
        parents = [tip] if git_history.is_ancestor(repository, head, tip) else [tip, head]
        parents = [head] if git_history.is_ancestor(repository, tip, head) else parents
    commit = _commit(repository, files, message, tree=head, parents=parents)
    reason = message.partition("\n")[0]
    _run(repository, ["update-ref", "-m", reason, reference, commit, tip or _NO_COMMIT])
    return commit


def has_exactly(repository: Repository, tip: str, head: str, files: Mapping[str, bytes]) -> bool:
    """Tell whether a branch differs from where it left HEAD by these files and nothing else."""
    base = git_history.merge_base(repository, tip, head)
    if base is None or git_history.changed_paths(repository, base, tip) != frozenset(files):
        return False
    blobs = git_objects.read_blobs(repository, [f"{tip}:{path}" for path in files])
    stored = [_blob(repository, path, data) for path, data in files.items()]
    return list(blobs) == list(git_objects.read_blobs(repository, stored))


def _refuse_commits_of_others(repository: Repository, branch: str, head: str, tip: str) -> None:
    form = f"--format=%H%x00%(trailers:key={TRAILER},valueonly,separator=%x2C)%x00"
    fields = _run(repository, ["log", "-z", form, f"{head}..{tip}", "--"]).split("\0")
    trailers = fields[1::3]
    if not all(trailers):
        raise ConflictError(
            f"somebody committed to branch `{branch}`, and the registry's edits would undo that",
            hint="merge the branch or delete it; the next sync makes it anew",
        )


def _commit(
    repository: Repository,
    files: Mapping[str, bytes],
    message: str,
    *,
    tree: str | None,
    parents: Sequence[str],
) -> str:
    """Make a commit object of a tree with some files replaced."""
    made = _write_tree(repository, files, tree)
    options = [part for parent in parents for part in ("-p", parent)]
    if _is_signing(repository):
        options.append("-S")
    arguments = ["commit-tree", made, *options, "-F", "-"]
    return _run(repository, arguments, stdin=message.encode())


def _write_tree(repository: Repository, files: Mapping[str, bytes], tree: str | None) -> str:
    """Make a tree object with some files replaced, by way of an index of its own."""
    import tempfile  # it brings `random` along, and few syncs commit

    modes = _modes(repository, tree, list(files))
    entries = "".join(
        f"{modes.get(path, _PLAIN_FILE)} {_blob(repository, path, data)}\t{path}\0"
        for path, data in files.items()
    )
    with tempfile.TemporaryDirectory(prefix="promptsync-") as folder:
        index = Path(folder) / "index"
        if tree is not None:
            _run(repository, ["read-tree", tree], index=index)
        _run(
            repository,
            ["update-index", "--add", "-z", "--index-info"],
            stdin=entries.encode("utf-8", "surrogateescape"),
            index=index,
        )
        return _run(repository, ["write-tree"], index=index)


def _modes(repository: Repository, commit: str | None, paths: Sequence[str]) -> Mapping[str, str]:
    if commit is None:
        return {}
    return {entry.path: entry.mode for entry in git_objects.list_tree(repository, commit, paths)}


def _blob(repository: Repository, path: str, data: bytes) -> str:
    """Store what git makes of a file's bytes, line ends included, and return its id."""
    return _run(repository, ["hash-object", "-w", "--path", path, "--stdin"], stdin=data)


def _is_signing(repository: Repository) -> bool:
    question = ["config", "--type=bool", "--default=false", "--get", "commit.gpgSign"]
    return _run(repository, question) == "true"


def _run(
    repository: Repository,
    arguments: Sequence[str],
    *,
    stdin: bytes | None = None,
    index: Path | None = None,
) -> str:
    """Run one of git's plumbing commands that change a repository, and return what it printed.

    With `index`, that file takes the place of the index.
    """
    variables = {"GIT_INDEX_FILE": str(index)} if index else {}
    answer = git.run(arguments, repository.top, stdin=stdin, variables=variables)
    return answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
