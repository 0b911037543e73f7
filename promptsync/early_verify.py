"""What `verify` and `sync` can do before the command line is imported: most time is imports.

A hook asks on every commit whether a prompt file is staged at all, and most commits touch none.
A check of everything sends its first request, and imports the rest while the answer travels.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from promptsync import git
from promptsync.errors import PromptsyncError
from promptsync.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from promptsync.listing import Listing

# With any other option the command line has to be read first, and does all of this itself.
_HARMLESS = frozenset({"--strict", "--quiet", "-q", "--warn-only", "--allow-unreachable"})
_HARMLESS_TO_SYNC = frozenset({"--yes", "-y", "--commit", "--dry-run"})
_STAGED = _HARMLESS | {"--staged", "--uploaded"}


class EarlyVerify(NamedTuple):
    """What was begun: the workspace that was found, and a listing of its registry.

    A sync that began so early takes its lock later; what others changed meanwhile is refused where
    it is written.
    """

    workspace: Workspace
    listing: Listing


def has_nothing_to_say(arguments: Sequence[str]) -> bool:
    """Tell whether a command line is a `verify --staged` that ends with 0 and no output."""
    if arguments[:1] != ["verify"] or not _STAGED.issuperset(arguments[1:]):
        return False
    try:
        return is_nothing_staged(open_workspace(Path.cwd()))
    except PromptsyncError:
        return False  # the command itself says what is wrong


def is_nothing_staged(workspace: Workspace) -> bool:
    """Tell whether no staged change touches a prompt file, one deleted or renamed included."""
    staged = git.staged_paths(workspace.require_repository())
    return not any(workspace.roots.holds(path) for path in staged)


def begin_verify(arguments: Sequence[str]) -> EarlyVerify | None:
    """Begin a `verify` or `sync` of everything, None for any other command line.

    Errors are left to the command, which meets them again and shows them.
    """
    harmless = {"verify": _HARMLESS, "sync": _HARMLESS_TO_SYNC}.get(arguments[0])
    if harmless is None or not harmless.issuperset(arguments[1:]):
        return None
    try:
        workspace = open_workspace(Path.cwd())
        return EarlyVerify(workspace, begin_listing(workspace, complete="--strict" in arguments))
    except PromptsyncError:
        return None


def begin_listing(workspace: Workspace, *, complete: bool, timeout: float | None = None) -> Listing:
    """Open the registry of a workspace and ask it for everything."""
    from promptsync.listing import Listing  # not for a hook
    from promptsync.registries import open_registry_of

    return Listing(open_registry_of(workspace, timeout=timeout), complete=complete)
