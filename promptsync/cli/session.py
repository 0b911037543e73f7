"""What most commands begin with: the workspace, its registry, and a comparison of the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.catalog import Catalog, select
from promptsync.comparison import compare
from promptsync.errors import UsageError
from promptsync.listing import Listing
from promptsync.reading import changed_names, read_catalog
from promptsync.registries import open_registry_of
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from promptsync.scope import Scope
from promptsync.status import LocalPrompt, PromptState
from promptsync.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from promptsync.file_past import Past


@dataclass
class Session:
    """One run of a command: a workspace with its registry open.

    `asked_for` is the name of the registry if one was given; `revision` is the commit to read.
    """

    workspace: Workspace
    registry: Registry
    asked_for: str | None = None
    revision: str | None = None
    listing: Listing | None = None

    @property
    def name(self) -> str:
        """The name of the registry in the configuration."""
        return self.workspace.registry.name

    def alias(self, chosen: str | None) -> str | None:
        """Return the alias to look at: the one asked for, else the configured one."""
        return chosen or self.workspace.registry.alias

    @cached_property
    def past(self) -> Past:
        """The past of the prompt files, read from git when it is first needed."""
        from promptsync.file_past import read_past  # it needs PyYAML, and few ask

        return read_past(self.workspace, self.revision, served=self._served_since_upload)

    def _served_since_upload(self, remote: RemotePrompt) -> list[str]:
        versions = self.registry.list_versions(remote.name)
        earlier = dropwhile(lambda each: each.version != remote.version, versions)
        hashes = (each.content_hash for each in earlier)
        return list(takewhile(lambda each: each != remote.stamped_hash, hashes))[1:]

    def is_taken_in(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        """Tell whether a file's past contains what the registry holds."""
        return self.past.has_taken_in(local, remote)

    def was_here(self, remote: RemotePrompt) -> bool:
        """Tell whether the file of a remote prompt was once one of these."""
        return self.past.was_here(remote)

    def states(self, catalog: Catalog, scope: Scope) -> tuple[PromptState, ...]:
        """Compare a catalog with the registry."""
        return compare(
            catalog,
            self.registry,
            scope=scope,
            is_taken_in=self.is_taken_in,
            listing=self.listing,
        )

    @cached_property
    def repository_url(self) -> str | None:
        """The URL of the repository without credentials."""
        from promptsync.git_settings import remote_url  # for writing commands alone

        return remote_url(self.workspace.require_repository())


@contextmanager
def open_session(
    registry: str | None,
    *,
    revision: str | None = None,
    timeout: float | None = None,
    workspace: Workspace | None = None,
    listing: Listing | None = None,
) -> Iterator[Session]:
    """Open the workspace around the current directory, in a repository, and its registry.

    With a `listing` that has begun, the registry is the one that it is of.
    """
    workspace = workspace or open_workspace(Path.cwd(), registry)
    opened = listing.registry if listing else open_registry_of(workspace, timeout=timeout)
    try:
        yield Session(workspace, opened, registry, revision, listing)
    finally:
        opened.close()


def chosen_names(
    workspace: Workspace,
    catalog: Catalog,
    names: Sequence[str],
    changed_since: str | None = None,
    *,
    revision: str | None = None,
) -> list[str] | None:
    """Return the local names of what a person asked for, None when it is everything."""
    if names and changed_since is not None:
        raise UsageError("name prompts, or use `--changed-since`: not both")
    if changed_since is not None:
        return list(changed_names(workspace, catalog, changed_since, revision=revision))
    return select(catalog, names) if names else None


def valid_catalog(
    workspace: Workspace, *, staged: bool = False, revision: str | None = None
) -> Catalog:
    """Read a catalog. Raises PromptFileError when any prompt file is wrong."""
    catalog = read_catalog(workspace, staged=staged, revision=revision)
    # A commit may delete the last prompt file.
    if catalog.problems or not staged:
        catalog.require_valid()
    return catalog
