"""Where promptsync stands: configuration, repository, prompt roots, and the registry to ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from promptsync import git, prompt_sources
from promptsync.config import Config, RegistryConfig, load_config, user_cache_folder
from promptsync.git import Repository
from promptsync.prompt_roots import Roots, find_roots


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

    Raises ConfigError, and GitError in a repository that cannot be used, such as a bare one.
    """
    config = load_config(start)
    chosen = config.registry(registry)
    repository = git.repository_around(config.root)
    top = repository.top if repository else config.root
    return Workspace(
        config=config,
        registry=chosen,
        roots=find_roots(top, config.root, config.roots(chosen)),
        repository=repository,
    )


def prompt_names_by_path(start: Path) -> list[str]:
    """Return the names that paths give, without reading any prompt file but catalog files."""
    roots = open_workspace(start).roots
    paths = [*prompt_sources.paths_in_work_tree(roots), *prompt_sources.paths_of_entries(roots)]
    return sorted({name for path in paths if (name := roots.name_of(path))})
