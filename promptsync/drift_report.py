"""What the check at a cold start found. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any

from promptsync.content_hash import short_hash
from promptsync.errors import PromptsyncError
from promptsync.status import PromptState, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDrift:
    """How one prompt compares with what the application was deployed with.

    `local_hash` is the content hash of the deployed prompt. `remote_hash` is that of what the
    registry serves or, where `is_loaded`, of the object that the application loaded.
    `stamped_hash` and `commit` are what the stamp says about the last upload. Hashes are whole,
    `sha256:` and 64 hex digits. `path` is that of the deployed prompt file.
    """

    name: str
    status: Status
    path: str | None = None
    local_hash: str | None = None
    remote_hash: str | None = None
    stamped_hash: str | None = None
    commit: str | None = None
    version: str | None = None
    is_loaded: bool = False

    @property
    def differs(self) -> bool:
        """Whether the application gets something else than it was deployed with."""
        return self.status is not Status.IN_SYNC and not self.status.is_extra

    @property
    def explanation(self) -> str:
        """Both hashes, and where the other one came from."""
        verb = "loaded" if self.is_loaded else "served"
        deployed = f"deployed {short_hash(self.local_hash)}"
        if self.remote_hash is None:
            return f"{deployed}, {verb} nothing"
        return f"{deployed}, {verb} {short_hash(self.remote_hash)} ({self._origin})"

    @property
    def _origin(self) -> str:
        # Which of the two is newer only git's history could tell, and an image has none.
        if self.is_loaded and self.stamped_hash is None:
            return f"version {self.version}" if self.version else "version not known"
        if self.stamped_hash is None:
            return "not uploaded from git"
        commit = f"commit {self.commit[:12]}" if self.commit else "a file not committed yet"
        if self.stamped_hash == self.remote_hash:
            return f"uploaded from {commit}"
        return f"edited in the registry after an upload from {commit}"

    def to_json(self) -> dict[str, Any]:
        """Return the members that `promptsync verify --format json` has, for structured logs."""
        return {
            "name": self.name,
            "status": self.status.value,
            "path": self.path,
            "local_hash": self.local_hash,
            "stamped_hash": self.stamped_hash,
            "remote_hash": self.remote_hash,
            "version": self.version,
            "commit": self.commit,
        }

    def __str__(self) -> str:
        """Say in a sentence what was found."""
        if self.differs:
            lead = f"`{self.name}` differs from what this process was deployed with"
            return f"{lead}: {self.explanation}"
        if self.status.is_extra:
            return f"`{self.name}` is not among what this process was deployed with"
        return f"`{self.name}` is what this process was deployed with"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReport:
    """The answer of a check. `reason` says why something was not checked.

    What could be compared in spite of it is in `prompts`, by name. `registry` is the name of the
    one that should serve them, and `alias` the one it is read at. `deployed_commit` is the commit
    that a bundle was made from, None for prompt files.
    """

    prompts: tuple[PromptDrift, ...] = ()
    reason: str | None = None
    registry: str | None = None
    alias: str | None = None
    deployed_commit: str | None = None

    @property
    def checked(self) -> bool:
        """Whether everything that was asked for could be compared, in time."""
        return self.reason is None

    @property
    def drifted(self) -> tuple[PromptDrift, ...]:
        """The prompts that are not what the application was deployed with."""
        return tuple(each for each in self.prompts if each.differs)

    @property
    def ok(self) -> bool:
        """Whether everything was checked and agrees."""
        return self.checked and not self.drifted


def prompt_drift(state: PromptState, *, is_loaded: bool = False) -> PromptDrift:
    """Return one row of a comparison as the application sees it."""
    remote = state.remote
    return PromptDrift(
        name=state.name,
        status=state.status,
        path=state.path,
        local_hash=state.local_hash,
        remote_hash=state.remote_hash,
        stamped_hash=state.stamped_hash,
        commit=remote.stamp.commit if remote and remote.stamp else None,
        version=remote.version or None if remote else None,
        is_loaded=is_loaded,
    )


def unchecked(reason: str | BaseException) -> DriftReport:
    """Return the report of a check that was not possible."""
    return DriftReport(reason=describe(reason) if isinstance(reason, BaseException) else reason)


def describe(error: BaseException) -> str:
    """Say in one line what went wrong, without anything that may hold a secret."""
    if isinstance(error, PromptsyncError):
        text = f"{error}; {error.hint}" if error.hint else str(error)
        return "".join(each if each.isprintable() else " " for each in text)
    # Nobody vetted the text of an unexpected error; where it came up tells enough.
    return f"unexpected {type(error).__name__} in {_place(error.__traceback__)}"


def _place(traceback: TracebackType | None) -> str:
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return "promptsync"
    file = traceback.tb_frame.f_code.co_filename.replace("\\", "/").rpartition("/")[2]
    return f"{file}:{traceback.tb_lineno}"
