"""Read what a workspace holds: its catalog at some moment, its past, and what changed since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptsync import git, prompt_sources
from promptsync.catalog import Catalog, load_catalog
from promptsync.errors import GitError, PromptFileError, UsageError
from promptsync.prompt_memo import PromptMemo
from promptsync.prompt_sources import PromptSource
from promptsync.workspace import Workspace


def read_catalog(
    workspace: Workspace, *, staged: bool = False, revision: str | None = None
) -> Catalog:
    """Read the prompt files of the work tree, of the index, or of a commit."""
    if revision is not None:
        repository = workspace.require_repository()
        commit = git.require_commit(repository, revision)
        sources = prompt_sources.in_commit(repository, workspace.roots, commit)
    elif staged:
        sources = prompt_sources.in_index(workspace.require_repository(), workspace.roots)
    else:
        sources = in_work_tree(workspace)
    return load_sources(workspace, sources)


def in_work_tree(workspace: Workspace) -> Iterator[PromptSource | PromptFileError]:
    """Yield the prompt files on disk but those that git ignores: no commit will have them.

    What a sparse checkout leaves out is read from the index: it is not gone. Raises UsageError
    where git ignores all of them.
    """
    repository, roots = workspace.repository, workspace.roots
    if repository is None:
        yield from prompt_sources.in_work_tree(roots)
        return
    ignored = git.ignored_paths(repository, roots.folders)
    found = False
    for source in prompt_sources.in_work_tree(roots, ignored=ignored):
        found = True
        yield source
    for source in prompt_sources.not_checked_out(repository, roots):
        found = True
        yield source
    if not found and (lost := sorted(filter(roots.name_of, ignored))):
        raise UsageError(
            f"git ignores every prompt file, such as `{lost[0]}`",
            hint="`git check-ignore -v` names the line that says so; prompts are what git keeps",
        )


def load_sources(
    workspace: Workspace, sources: Iterable[PromptSource | PromptFileError]
) -> Catalog:
    """Parse, expand and hash prompt files, remembering what files said between runs."""
    memo = PromptMemo(workspace.state_folder, workspace.registry.kind)
    catalog = load_catalog(sources, kind=workspace.registry.kind, memo=memo)
    memo.save()
    return catalog


def changed_names(
    workspace: Workspace, catalog: Catalog, since: str, *, revision: str | None = None
) -> Sequence[str]:
    """Return the prompts that changed since the merge base of a revision with HEAD.

    `revision` is the commit the catalog was read from, where it is not what HEAD, index or work
    tree hold. A composite counts when a partial of it changed.
    """
    repository = workspace.require_repository()
    from promptsync.git_history import merge_base  # few commands compare commits

    start = git.require_commit(repository, since)
    tip = git.resolve(repository, revision or "HEAD")
    base = start if tip is None else merge_base(repository, start, tip)
    if base is None:
        unshallow = "fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0`"
        raise GitError(
            f"`{since}` has no merge base with what is compared here",
            hint=unshallow if repository.is_shallow else None,
        )
    before = read_catalog(workspace, revision=base)
    return [name for name in sorted(catalog.prompts) if _differs(catalog, before, name)]


def _differs(now: Catalog, before: Catalog, name: str) -> bool:
    old, new = before.files.get(name), now.files[name]
    return old is None or (old.content_hash, old.file_sha256) != (
        new.content_hash,
        new.file_sha256,
    )
