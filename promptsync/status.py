"""Compare three content hashes and say what happened: local x stamped x remote -> Status."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

from promptsync.prompt import Prompt
from promptsync.prompt_path import file_of, key_of
from promptsync.remote_prompt import RemotePrompt


class Status(Enum):
    """What the comparison of a prompt file with its remote prompt found.

    NEW is in no registry yet. MODIFIED: the file changed since its upload. BEHIND: the registry has
    an upload that this repository lacks. DRIFTED: the registry's prompt was edited there. DIVERGED:
    both moved, or nothing says who did. REMOVED and UNMANAGED are in the registry alone: uploaded
    from a file that is gone, or by somebody else.
    """

    IN_SYNC = "in_sync"
    NEW = "new"
    MODIFIED = "modified"
    BEHIND = "behind"
    DRIFTED = "drifted"
    DIVERGED = "diverged"
    REMOVED = "removed"
    UNMANAGED = "unmanaged"

    @property
    def is_extra(self) -> bool:
        """Whether only the registry has the prompt: another branch may have uploaded it."""
        return self in (Status.REMOVED, Status.UNMANAGED)


@dataclass(frozen=True, kw_only=True)
class LocalPrompt:
    """A prompt file as the comparison needs it.

    `prompt` is what the file says, `expanded` has its includes expanded. `file_sha256` is over
    the bytes as git stores them; `path` is relative to the top of the repository, with `/`.
    `partials` names all prompts whose text it takes in, at any depth.
    An entry of a catalog file has the path `FILE#KEY`, the SHA-256 of its own value, and the
    line of its key.
    """

    prompt: Prompt
    expanded: Prompt
    content_hash: str
    path: str
    file_sha256: str
    partials: tuple[str, ...] = ()
    line: int = 1

    @property
    def file(self) -> str:
        """The file that holds the prompt, as git and editors know it."""
        return file_of(self.path)

    @property
    def key(self) -> str | None:
        """The key of an entry of a catalog file, None for a prompt with a file of its own."""
        return key_of(self.path)

    @property
    def header(self) -> Prompt:
        """The prompt as far as names and details go; its content may be left out."""
        return self.prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """The removed prompts that have the content of a new file: it may be one of them, renamed.

    `heirs` counts the new files with this content. `can_rename` is that of the registry.
    """

    candidates: tuple[RemotePrompt, ...]
    heirs: int
    can_rename: bool

    @property
    def predecessor(self) -> RemotePrompt | None:
        """What the file was called before, None where that would be a guess."""
        is_clear = len(self.candidates) == self.heirs == 1
        return self.candidates[0] if is_clear else None

    @property
    def to_rename(self) -> RemotePrompt | None:
        """The predecessor, where the registry keeps its versions under another name."""
        return self.predecessor if self.can_rename else None

    @property
    def note(self) -> str:
        """What a person should know, as a sentence about the new prompt."""
        names = " and ".join(f"`{each.name}`" for each in self.candidates)
        if self.predecessor is None:
            return f"has the content of {names}, now gone: which became which is not guessed"
        if self.can_rename:
            return f"was {names} before: an upload renames that"
        return f"was {names} before: this registry cannot rename, so a new history begins"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptState:
    """One row of a comparison: both sides of a prompt and what their hashes say.

    `carrier` is the version that carries the file's content hash, where one was looked for.
    `latest` is the latest version, where an alias was compared and it was looked for, and
    `has_later_edit` tells that it is an edit which neither that alias nor the file's past has;
    `succession` is what a new prompt may have been called before; `note` is a sentence that
    explains the unusual. `changed_partials` names what changed of a composite whose own file is as
    it was uploaded, empty where that is not known; it is None for all others, and where nobody
    looked.
    """

    name: str
    status: Status
    local: LocalPrompt | None = None
    remote: RemotePrompt | None = None
    details_differ: bool = False
    carrier: RemotePrompt | None = None
    latest: RemotePrompt | None = None
    has_later_edit: bool = False
    note: str | None = None
    succession: Succession | None = None
    changed_partials: tuple[str, ...] | None = None

    @property
    def local_hash(self) -> str | None:
        """The content hash of the file."""
        return self.local.content_hash if self.local else None

    @property
    def stamped_hash(self) -> str | None:
        """The content hash in the stamp."""
        return self.remote.stamped_hash if self.remote else None

    @property
    def remote_hash(self) -> str | None:
        """The content hash of the live remote content."""
        return self.remote.content_hash if self.remote else None

    @property
    def is_file_edited(self) -> bool:
        """Whether the file says anything else than it did when it was uploaded, if only a title."""
        stamp = self.remote.stamp if self.remote else None
        return bool(stamp and self.local and stamp.file_sha256 != self.local.file_sha256)

    @property
    def path(self) -> str | None:
        """The path of the file, or the one the stamp remembers."""
        if self.local:
            return self.local.path
        return self.remote.stamp.path if self.remote and self.remote.stamp else None


def find_status(
    local: LocalPrompt | None,
    remote: RemotePrompt | None,
    *,
    is_taken_in: Callable[[], bool],
) -> Status:
    """Decide the status of one prompt, as docs/explanation/agreement.md lays out.

    `is_taken_in` tells whether the file's past contains what the registry holds now. It is asked
    only where the answer decides, because it reads git's history.
    """
    if local is None or remote is None:
        return _status_of_one_side(local, remote)
    if local.content_hash == remote.content_hash:
        return Status.IN_SYNC
    stamped = remote.stamped_hash
    if stamped == local.content_hash:
        return Status.DRIFTED
    if is_taken_in():
        return Status.MODIFIED
    # No branch has what a program registered: there is nothing to merge but the registry's text.
    is_upload = remote.is_from_file and stamped == remote.content_hash
    return Status.BEHIND if is_upload else Status.DIVERGED


def _status_of_one_side(local: LocalPrompt | None, remote: RemotePrompt | None) -> Status:
    if local is not None:
        return Status.NEW
    if remote is None:
        raise ValueError("a prompt is in git, in the registry, or in both")
    return Status.REMOVED if remote.is_from_file else Status.UNMANAGED


def count_statuses(states: Iterable[PromptState]) -> dict[str, int]:
    """Count the prompts of each status, in the order the statuses are declared."""
    found = [state.status for state in states]
    return {each.value: found.count(each) for each in Status if each in found}
