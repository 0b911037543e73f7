"""Where promptsync stands: configuration, repository, prompt roots, and the registry to ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptsync import git, prompt_sources
from promptsync.catalog import Catalog, load_catalog
from promptsync.config import Config, RegistryConfig, load_config, user_cache_folder
from promptsync.errors import GitError, PromptFileError
from promptsync.front_matter_cache import FrontMatterCache
from promptsync.git import Repository
from promptsync.past import Past
from promptsync.prompt_sources import PromptSource, Roots, find_roots
from promptsync.upload_log import read_log


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """One repository as one registry of its configuration sees it."""

    config: Config
    registry: RegistryConfig
    roots: Roots
    repository: Repository | None

    @property
    def state_folder(self) -> Path:
        """Where caches and the log live; deleting it changes only speed and care."""
        if self.repository is None:
            return user_cache_folder()
        return self.repository.folder / "promptsync"

    def require_repository(self) -> Repository:
        """Return the repository. Raises GitError outside of one."""
        return self.repository or git.find_repository(self.config.root)


def open_workspace(start: Path, registry: str | None = None) -> Workspace:
    """Read the configuration around a directory; outside a git repository that is enough to lint.

    Raises ConfigError, and GitError in a bare repository.
    """
    config = load_config(start)
    chosen = config.registry(registry)
    repository = _find_repository(config.root)
    top = repository.top if repository else config.root
    return Workspace(
        config=config,
        registry=chosen,
        roots=find_roots(top, config.root, config.roots(chosen)),
        repository=repository,
    )


def _find_repository(folder: Path) -> Repository | None:
    try:
        return git.find_repository(folder)
    except GitError as error:
        if error.hint is not None and "git init" in error.hint:
            return None
        raise


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
        sources = prompt_sources.in_work_tree(workspace.roots)
    return load_sources(workspace, sources)


def load_sources(
    workspace: Workspace, sources: Iterable[PromptSource | PromptFileError]
) -> Catalog:
    """Parse, expand and hash prompt files, remembering front matter between runs."""
    cache = FrontMatterCache(workspace.state_folder)
    catalog = load_catalog(sources, kind=workspace.registry.kind, read=cache.read)
    cache.save()
    return catalog


def read_past(workspace: Workspace, revision: str | None = None) -> Past:
    """Return the past of the prompt files up to HEAD, or up to another commit."""
    repository = workspace.require_repository()
    commit = git.require_commit(repository, revision) if revision else git.head(repository)
    return Past(
        repository=repository,
        roots=workspace.roots,
        commit=commit,
        kind=workspace.registry.kind,
        logged=read_log(workspace.state_folder, workspace.registry.name),
    )


def changed_names(
    workspace: Workspace, catalog: Catalog, since: str, *, revision: str | None = None
) -> Sequence[str]:
    """Return the prompts that changed since the merge base of a revision with HEAD.

    `revision` is the commit the catalog was read from, where it is not what HEAD, index or work
    tree hold. A composite counts when a partial of it changed.
    """
    repository = workspace.require_repository()
    since = git.require_commit(repository, since)
    tip = git.resolve(repository, revision or "HEAD")
    base = since if tip is None else git.merge_base(repository, since, tip)
    if base is None:
        raise GitError(
            "there is no merge base in this clone",
            hint="fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0`",
        )
    before = read_catalog(workspace, revision=base)
    return [name for name in sorted(catalog.prompts) if _differs(catalog, before, name)]


def _differs(now: Catalog, before: Catalog, name: str) -> bool:
    old, new = before.files.get(name), now.files[name]
    return old is None or (old.content_hash, old.file_sha256) != (
        new.content_hash,
        new.file_sha256,
    )


def prompt_names_by_path(start: Path) -> list[str]:
    """Return the names that the paths of prompt files give, without reading the files."""
    roots = open_workspace(start).roots
    return sorted(
        {name for path in prompt_sources.paths_in_work_tree(roots) if (name := roots.name_of(path))}
    )
