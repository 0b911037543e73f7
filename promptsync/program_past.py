"""What a program may replace in a registry, and why not.

A prompt file has a past in git. What a program registers has none, and the registry's versions take
its place: from a version that a program registered and nobody edited, it may go on to content that
the registry did not have before. Going back is a decision, so that of two releases that run side
by side the older one does not undo what the newer one registered.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import dropwhile

from promptsync.errors import ConflictError, ShallowCloneError
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt, PromptState
from promptsync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ProgramPast:
    """Who moved a prompt, as a program can know it.

    With a `workspace`, the prompt is what a prompt file in a repository says, and has that past.
    """

    registry: Registry
    workspace: Workspace | None = None

    def has_taken_in(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        """Tell whether nothing is lost when a program's prompt replaces a remote one."""
        if self.workspace is not None and local.path and self._is_in_git(local, remote):
            return True
        return is_registered(remote) and not self._versions_with(local, remote)

    def _is_in_git(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        if self.workspace is None:
            return False
        from promptsync.file_past import read_past  # it needs PyYAML, and few ask

        # A clone that cannot tell is no reason to replace anything.
        with suppress(ShallowCloneError):
            return read_past(self.workspace).has_taken_in(local, remote)
        return False

    def _versions_with(self, local: LocalPrompt, remote: RemotePrompt) -> Sequence[RemotePrompt]:
        """Return the versions before a remote one that have the content of the program's prompt."""
        versions = self.registry.list_versions(remote.name)
        older = list(dropwhile(lambda each: each.version != remote.version, versions))[1:]
        return [each for each in older if each.content_hash == local.content_hash]

    def refusal(self, state: PromptState) -> ConflictError:
        """Return the error that says why a prompt that both sides have is left alone."""
        local, remote = state.local, state.remote
        if local is None or remote is None:
            raise ValueError(f"`{state.name}` has no other side that it could be in conflict with")
        force = "`force=True` replaces it"
        what = f"version {remote.version} of `{state.name}`"
        if not is_unedited(remote):
            who = "was edited in the registry" if remote.stamp else "was not written by promptsync"
            return ConflictError(f"{what} {who}; it was left alone", hint=force)
        if remote.is_from_file:
            path = remote.stamp.path if remote.stamp else None
            return ConflictError(
                f"{what} was uploaded from `{path}`; it was left alone",
                hint=f"change that file and upload it; {force}",
            )
        older = self._versions_with(local, remote)[0].version
        return ConflictError(
            f"`{state.name}` has moved on: version {older} said this, and version "
            f"{remote.version} replaced it",
            hint=f"`promptsync.set_alias` can point an alias at version {older}; {force}",
        )


def is_unedited(remote: RemotePrompt) -> bool:
    """Tell whether a version says what its stamp says."""
    return remote.stamped_hash == remote.content_hash


def is_registered(remote: RemotePrompt) -> bool:
    """Tell whether a program registered a version, and nobody edited it since."""
    return is_unedited(remote) and not remote.is_from_file
