"""What a prompt file used to say: its history in git, the index, and this clone's log.

Answers two questions: may an upload replace this remote content (it is part of what we have), and
which text is the base of a three-way merge.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from promptsync import git
from promptsync.catalog import load_catalog
from promptsync.composition import has_directive
from promptsync.content_hash import content_hash
from promptsync.errors import GitError, PromptFileError, ShallowCloneError
from promptsync.git import Repository
from promptsync.prompt_file import decode, parse_prompt
from promptsync.prompt_sources import PromptSource, Roots, in_commit
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.status import LocalPrompt
from promptsync.upload_log import LogEntry


@dataclass(frozen=True, slots=True)
class Past:
    """The past of all prompt files up to `commit` (None on a branch without commits).

    `logged` holds the remote states of this clone's log.
    """

    repository: Repository
    roots: Roots
    commit: str | None
    kind: str
    logged: frozenset[LogEntry] = field(default_factory=frozenset)

    def has_taken_in(self, local: LocalPrompt, remote: RemotePrompt) -> bool:
        """Tell whether a file's past contains what a registry holds, so that nothing is lost.

        Content that differs from its stamp was put there after the stamped upload. It counts
        only where git has it as the later of the two: an older text that somebody restored in
        the registry is an edit like any other. Raises ShallowCloneError where the answer lies
        in history that this clone lacks.
        """
        content, stamped = remote.content_hash, remote.stamped_hash
        if (remote.name, content, stamped) in self.logged:
            return True
        if stamped not in (content, None):
            return self._is_later(local, content, stamped)
        if self._stamped_source(local, content, remote.stamp, merged_only=True) is not None:
            return True
        return self._source_in_history(local, content, remote.stamp) is not None

    def _is_later(self, local: LocalPrompt, content: str, stamped: str | None) -> bool:
        if has_directive(local.prompt):
            return False
        hashes = (digest for digest, _ in self._hashed_versions(local, [local.path]))
        return next((digest for digest in hashes if digest in (content, stamped)), None) == content

    def base_of(self, local: LocalPrompt, stamp: Stamp) -> PromptSource | None:
        """Return the file version whose content hash a stamp names, None when git has none.

        Raises ShallowCloneError where it may lie in history that this clone lacks.
        """
        digest = stamp.content_hash
        found = self._stamped_source(local, digest, stamp, merged_only=False)
        return found or self._source_in_history(local, digest, stamp)

    def _stamped_source(
        self, local: LocalPrompt, digest: str, stamp: Stamp | None, *, merged_only: bool
    ) -> PromptSource | None:
        if stamp is None or stamp.commit is None or self.commit is None:
            return None
        commit = git.resolve(self.repository, stamp.commit)
        if commit is None:
            return None
        if merged_only and not git.is_ancestor(self.repository, commit, self.commit):
            return None
        if has_directive(local.prompt):
            return self._composite_at(commit, local, digest)
        data = next(iter(git.read_blobs(self.repository, [f"{commit}:{stamp.path}"])))
        return _with_hash(digest, self._hashed(local, [data]))

    def _source_in_history(
        self, local: LocalPrompt, digest: str, stamp: Stamp | None
    ) -> PromptSource | None:
        paths = [local.path]
        if stamp is not None and stamp.path != local.path and self.roots.name_of(stamp.path):
            paths.append(stamp.path)
        if has_directive(local.prompt):
            found = self._composite_in_history(local, digest)
        else:
            found = _with_hash(digest, self._hashed_versions(local, paths))
        if found is None and self.repository.is_shallow:
            raise ShallowCloneError(
                f"this clone is too shallow to tell whether `{local.prompt.name}` moved here or "
                "elsewhere",
                hint="fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` for "
                "actions/checkout",
            )
        return found

    def _versions(self, paths: list[str]) -> Iterator[bytes | None]:
        blobs: list[str] = []
        with suppress(GitError):  # an unmerged index has no single answer, so it has none
            blobs += [entry.blob for entry in git.list_index(self.repository, paths)]
        if self.commit is not None:
            blobs += git.blobs_in_history(self.repository, paths, self.commit)
        return git.read_blobs(self.repository, dict.fromkeys(blobs))

    def _hashed_versions(
        self, local: LocalPrompt, paths: list[str]
    ) -> Iterator[tuple[str, PromptSource]]:
        return self._hashed(local, self._versions(paths))

    def _hashed(
        self, local: LocalPrompt, versions: Iterable[bytes | None]
    ) -> Iterator[tuple[str, PromptSource]]:
        name = self.roots.name_of(local.path) or local.prompt.name
        for data in versions:
            if data is None:
                continue
            # An old version that no longer parses cannot be what was uploaded.
            with suppress(PromptFileError, ValueError):
                prompt = parse_prompt(decode(data, local.path), path=local.path, name=name)
                yield content_hash(prompt, self.kind), PromptSource(local.path, name, data)

    def _composite_in_history(self, local: LocalPrompt, digest: str) -> PromptSource | None:
        if self.commit is None:
            return None
        # What a composite said depends on every partial it had then: ask each commit as a whole.
        for commit in git.commits_touching(self.repository, self.roots.folders, self.commit):
            found = self._composite_at(commit, local, digest)
            if found is not None:
                return found
        return None

    def _composite_at(self, commit: str, local: LocalPrompt, digest: str) -> PromptSource | None:
        sources = list(in_commit(self.repository, self.roots, commit))
        then = load_catalog(sources, kind=self.kind).files.get(local.prompt.name)
        if then is None or then.content_hash != digest:
            return None
        plain = (each for each in sources if isinstance(each, PromptSource))
        return next(each for each in plain if each.path == then.path)


def _with_hash(digest: str, versions: Iterable[tuple[str, PromptSource]]) -> PromptSource | None:
    return next((source for found, source in versions if found == digest), None)
