"""The question a hook asks on every commit: whether a prompt file is staged at all.

Answered before the command line is imported, because most commits touch no prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptsync import git
from promptsync.errors import PromptsyncError
from promptsync.workspace import Workspace, open_workspace

# With any other option `verify --staged` may have something to say all the same.
_HARMLESS = frozenset(
    {"--staged", "--uploaded", "--strict", "--quiet", "-q", "--warn-only", "--allow-unreachable"}
)


def has_nothing_to_say(arguments: Sequence[str]) -> bool:
    """Tell whether a command line is a `verify --staged` that ends with 0 and no output."""
    if arguments[:1] != ["verify"] or "--staged" not in arguments:
        return False
    if not _HARMLESS.issuperset(arguments[1:]):
        return False
    try:
        return is_nothing_staged(open_workspace(Path.cwd()))
    except PromptsyncError:
        return False  # the command itself says what is wrong


def is_nothing_staged(workspace: Workspace) -> bool:
    """Tell whether no staged change touches a prompt file, one deleted or renamed included."""
    staged = git.staged_paths(workspace.require_repository())
    return not any(workspace.roots.name_of(path) for path in staged)
