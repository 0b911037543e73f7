"""What git knows of deployed prompt files, where there is a repository around them.

An image has none, and nothing here fails for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from promptsync import git_settings
from promptsync.apply import Outcome
from promptsync.catalog import Catalog
from promptsync.change_writer import MakeStamp
from promptsync.deployed import Deployed
from promptsync.errors import GitError
from promptsync.reading import read_catalog
from promptsync.stamping import make_stamps, stamp_of
from promptsync.status import LocalPrompt
from promptsync.upload_log import append_to_log
from promptsync.workspace import Workspace, open_workspace


def with_git(deployed: Deployed) -> tuple[Catalog, Workspace | None]:
    """Return prompt files with their paths from the top of the repository, where there is one."""
    if deployed.is_configured:
        with suppress(GitError):  # it is not installed, or may not look
            workspace = open_workspace(deployed.folder, deployed.registry.name)
            if workspace.repository is not None:
                return read_catalog(workspace), workspace
    return deployed.catalog, None


def stamps_of(
    deployed: Deployed,
    catalog: Catalog,
    workspace: Workspace | None,
    locals_: Sequence[LocalPrompt],
) -> MakeStamp:
    """Return what makes the stamps of prompt files: with the commit that git or a bundle names."""
    if workspace is not None and locals_:
        repository = workspace.require_repository()
        stamps = make_stamps(repository, git_settings.remote_url(repository), catalog, locals_)
        return lambda local: stamps[local.path]
    url = deployed.bundle.repository if deployed.bundle else None
    return lambda local: stamp_of(local, commit=deployed.commit, repository=url)


def remember(workspace: Workspace, outcomes: Iterable[Outcome]) -> None:
    """Note in the log of a clone what was uploaded from its files."""
    for each in outcomes:
        if each.done and each.stored is not None:
            entry = (each.stored.name, each.stored.content_hash, each.stored.stamped_hash)
            append_to_log(workspace.state_folder, workspace.registry.name, "upload", entry)
