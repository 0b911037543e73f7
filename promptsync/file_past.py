"""What a prompt file used to say: its history in git, the index, and this clone's log.

Answers two questions: may an upload replace this remote content (it is part of what we have), and
which text is the base of a three-way merge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from promptsync import git, git_history
from promptsync.composite_past import CompositeBase, CompositePast
from promptsync.composition import includes_of
from promptsync.errors import ShallowCloneError
from promptsync.git import Repository
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource
from promptsync.prompt_versions import PromptVersions, is_inside, paths_of
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.status import LocalPrompt
from promptsync.upload_log import LogEntry, read_log
from promptsync.workspace import Workspace

ServedSinceUpload = Callable[[RemotePrompt], Sequence[str]]
"""Return the content hashes that a registry held since the stamped upload, newest first."""


def _nothing_more(_: RemotePrompt) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Past:
    """The past of all prompt files up to `commit` (None on a branch without commits).

    `logged` holds the remote states of this clone's log; `served` asks the registry what it held
    between the stamped upload and now.
    """

    repository: Repository
    roots: Roots
    commit: str | None
    kind: str
    logged: frozenset[LogEntry] = field(default_factory=frozenset)
    served: ServedSinceUpload = _nothing_more
    _merged: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def _versions(self) -> PromptVersions:
        return PromptVersions(self.repository, self.roots, self.commit, self.kind)

    @property
    def _composites(self) -> CompositePast:
        return CompositePast(self.repository, self.roots, self.commit, self.kind)

    def has_taken_in(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        """Tell whether a file's past contains what a registry holds, so that nothing is lost.

        Content that differs from its stamp was put there after the stamped upload. It counts
        only where git has it as the later of the two: an older text that somebody restored in
        the registry is an edit like any other. Raises ShallowCloneError where the answer lies
        in history that this clone lacks.
        """
        content, stamped = remote.content_hash, remote.stamped_hash
        if self._is_logged(local, remote) and not self._is_elsewhere(local, remote):
            return True
        if stamped not in (content, None):
            return self._is_later(local, remote)
        if self._stamped_source(local, content, remote.stamp, merged_only=True) is not None:
            return True
        return self._source_in_past(local, content, remote.stamp) is not None

    def merge_base(self, local: LocalPrompt, remote: RemotePrompt) -> PromptSource | None:
        """Return the last text that both a file's past and the registry had, None for none.

        That is the stamped one, or a later edit that was downloaded and never uploaded again.
        Raises as base_of does.
        """
        if remote.stamp is None:
            return None
        stamped = self.base_of(local, remote.stamp)
        # A composite that was edited in the registry says nothing that a file ever said.
        if stamped is None or includes_of(local.prompt):
            return stamped
        with suppress(ShallowCloneError):
            for digest in self.served(remote):
                if found := self._source_in_past(local, digest, remote.stamp):
                    return found
        return stamped

    def was_here(self, remote: RemotePrompt) -> bool:
        """Tell whether a remote prompt was uploaded from a file that was once one of these.

        Raises ShallowCloneError where the answer lies in history that this clone lacks.
        """
        path = remote.stamp.path if remote.stamp else None
        if path is None or not is_inside(path):
            return False
        if self._versions.have_been_at(path):
            return True
        state = (remote.name, remote.content_hash, remote.stamped_hash)
        if any(entry[:3] == state for entry in self.logged):
            return not self._versions.are_elsewhere(path)
        return self._refuse_to_guess(remote.name)

    def base_of(self, local: LocalPrompt, stamp: Stamp) -> PromptSource | None:
        """Return the file version whose content hash a stamp names, None when git has none.

        Raises ShallowCloneError where it may lie in history that this clone lacks.
        """
        digest = stamp.content_hash
        found = self._stamped_source(local, digest, stamp, merged_only=False)
        return found or self._source_in_past(local, digest, stamp)

    def composite_base(self, local: LocalPrompt, remote: RemotePrompt) -> CompositeBase | None:
        """Return the files of a composite in the version that `merge_base` is about.

        Raises ShallowCloneError where it may lie in history that this clone lacks.
        """
        stamp = remote.stamp
        if stamp is None:
            return None
        paths, start = (
            paths_of(local, stamp),
            stamp.commit and git.resolve(self.repository, stamp.commit),
        )
        for digest in self.served(remote):
            if found := self._composites.find_newest(local, digest, paths, start=start):
                return found
        found = self._composites.at(start, local, stamp.content_hash, paths) if start else None
        found = found or self._composites.find_newest(local, stamp.content_hash, paths)
        if found is None:
            self._refuse_to_guess(local.prompt.name)
        return found

    def _is_logged(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        state = (remote.name, remote.content_hash, remote.stamped_hash)
        return any(
            entry[:3] == state and entry.replaced != local.content_hash for entry in self.logged
        )

    def _is_elsewhere(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        """Tell whether content is committed on another branch and not here.

        The log is for what git does not hold. Once a commit does, its branch says who has it:
        what this clone uploaded from one branch, another one must not revert.
        """
        digest, paths = remote.content_hash, paths_of(local, remote.stamp)
        if includes_of(local.prompt):
            commits = git_history.commits_elsewhere(self.repository, self.commit, self.roots.paths)
            return any(self._composites.at(each, local, digest, paths) for each in commits)
        hashed = self._versions.hashed(local, self._versions.elsewhere(paths))
        return any(found == digest for found, _ in hashed)

    def _is_later(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        """Tell whether git has a remote prompt's content as a successor of the stamped one."""
        if self.commit is None:
            return False
        wanted, paths = (remote.content_hash, remote.stamped_hash), paths_of(local, remote.stamp)
        if includes_of(local.prompt):
            found = list(self._composites.commits_with(local, wanted, paths))
        else:
            hashed = self._versions.hashed(local, self._versions.of(paths))
            found = [(digest, each.commit) for digest, each in hashed if digest in wanted]
        if not found:
            return self._refuse_to_guess(local.prompt.name)
        (digest, latest), *older = found
        if digest == remote.stamped_hash:
            return False
        stamped = [commit for digest, commit in older if digest == remote.stamped_hash]
        if any(git_history.is_ancestor(self.repository, commit, latest) for commit in stamped):
            return True
        return self._refuse_to_guess(local.prompt.name)

    def _stamped_source(
        self, local: LocalPrompt, digest: str, stamp: Stamp | None, *, merged_only: bool
    ) -> PromptSource | None:
        if stamp is None or stamp.commit is None or stamp.path is None:
            return None
        commit = git.resolve(self.repository, stamp.commit)
        if commit is None or (merged_only and not self._is_merged(commit)):
            return None
        if includes_of(local.prompt):
            composite = self._composites.at(commit, local, digest, paths_of(local, stamp))
            return composite.source if composite else None
        found = self._versions.in_commit(commit, local, stamp.path)
        return found[0] if found and self._versions.hash_of(found[1]) == digest else None

    def _is_merged(self, commit: str) -> bool:
        if commit not in self._merged:
            self._merged[commit] = self.commit is not None and git_history.is_ancestor(
                self.repository, commit, self.commit
            )
        return self._merged[commit]

    def _source_in_past(
        self, local: LocalPrompt, digest: str, stamp: Stamp | None
    ) -> PromptSource | None:
        paths = paths_of(local, stamp)
        had_includes = bool(includes_of(local.prompt))
        for source, prompt in self._versions.parsed(local, paths):
            had_includes = had_includes or bool(includes_of(prompt))
            if self._versions.hash_of(prompt) == digest:
                return source
        if had_includes and (found := self._composites.find_newest(local, digest, paths)):
            return found.source
        self._refuse_to_guess(local.prompt.name)
        return None

    def _refuse_to_guess(self, name: str) -> bool:
        """Return False, for "not in the past", which only a whole clone can say."""
        if not self.repository.is_shallow:
            return False
        raise ShallowCloneError(
            f"this clone is too shallow to tell whether `{name}` moved here or elsewhere",
            hint="fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` for "
            "actions/checkout",
        )


def read_past(
    workspace: Workspace,
    revision: str | None = None,
    *,
    served: ServedSinceUpload = _nothing_more,
) -> Past:
    """Return the past of the prompt files up to HEAD, or up to another commit."""
    repository = workspace.require_repository()
    commit = git.require_commit(repository, revision) if revision else git.head(repository)
    return Past(
        repository=repository,
        roots=workspace.roots,
        commit=commit,
        kind=workspace.registry.kind,
        logged=read_log(workspace.state_folder, workspace.registry.name),
        served=served,
    )
