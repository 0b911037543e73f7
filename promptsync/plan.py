"""What an upload or a download would do: its changes, its refusals and its safety limit.

Nothing here reads a file or calls a service.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from promptsync.errors import UsageError
from promptsync.prompt import Prompt
from promptsync.prompt_details import details_of
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt, PromptState

# A plan may touch this share of at least so many prompts before it needs a second thought.
SAFE_SHARE = 0.3
SAFE_COUNT = 10


class Direction(Enum):
    """What a plan writes: versions in the registry, prompt files, or where an alias points."""

    UPLOAD = "upload"
    DOWNLOAD = "download"
    PROMOTE = "promote"
    ROLLBACK = "rollback"


class Action(Enum):
    """What one change does, in the registry (upload) or to a file (download)."""

    CREATE = "create"
    RENAME = "rename"
    UPDATE = "update"
    DETAILS = "details"
    ADOPT = "adopt"
    PROMOTE = "promote"
    ROLLBACK = "rollback"
    DELETE = "delete"
    WRITE = "write"
    MERGE = "merge"


MOVES_AN_ALIAS = frozenset({Action.PROMOTE, Action.ROLLBACK})


@dataclass(frozen=True, slots=True)
class FileEdit:
    """What a download makes of one prompt file: its prompt before and after, includes kept.

    `local` is the file as it was compared. `base_text` is its text in the version that the edit
    started from, None where that is what it says now.
    """

    local: LocalPrompt
    before: Prompt
    after: Prompt
    base_text: str | None = None

    @property
    def name(self) -> str:
        """The name of the prompt in the file."""
        return self.local.header.name

    @property
    def path(self) -> str:
        """The path of the file."""
        return self.local.path

    @property
    def changes_content(self) -> bool:
        """Whether more than front matter changes."""
        return self.before.content != self.after.content


@dataclass(frozen=True, slots=True)
class Change:
    """One intended write.

    `commit` is the one behind the version that an alias is to point at, where it is known.
    `edits` are those of a download into a composite's files; it is empty where only the prompt's
    own file is written.
    """

    action: Action
    state: PromptState
    commit: str | None = None
    edits: tuple[FileEdit, ...] = ()

    @property
    def name(self) -> str:
        """The name of the prompt."""
        return self.state.name

    @property
    def renamed_from(self) -> str | None:
        """The name that the registry serves until now, where it is another."""
        is_rename = self.action is Action.RENAME and self.state.remote is not None
        return self.state.remote.name if self.state.remote and is_rename else None

    @property
    def target(self) -> RemotePrompt | None:
        """The version that an alias is to point at, which is there already."""
        return self.state.carrier if self.action in MOVES_AN_ALIAS else None

    @property
    def before(self) -> str | None:
        """The content hash that the target has now."""
        if self.action in (Action.WRITE, Action.MERGE):
            return self.state.local_hash
        return self.state.remote_hash

    @property
    def after(self) -> str | None:
        """The content hash that the target will have; a merge decides it when it is made."""
        if self.action in (Action.DELETE, Action.MERGE):
            return None
        if self.target is not None:
            return self.target.content_hash
        return self.state.remote_hash if self.action is Action.WRITE else self.state.local_hash

    @property
    def files(self) -> tuple[str, ...]:
        """The existing prompt files that a download writes."""
        if self.action not in (Action.WRITE, Action.MERGE) or self.state.local is None:
            return ()
        return tuple(each.path for each in self.edits) or (self.state.local.path,)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A prompt that was asked for and is left alone, with the reason and the way out.

    `details` are lines that show the texts a person has to decide about.
    """

    state: PromptState
    reason: str
    hint: str
    details: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the prompt."""
        return self.state.name


@dataclass(frozen=True, slots=True)
class SharedEdit:
    """A download's edit of a file that others include; those are modified until their upload."""

    name: str
    path: str
    touched: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every intended write for one registry, sorted by name.

    `existing` counts the prompts the target held before; it is what the safety limit refers to.
    `notes` are sentences about what a person could overlook. With `only_missing`, what somebody
    else creates, or points the alias at, before the plan is carried out is left alone.
    """

    direction: Direction
    registry: str
    alias: str | None = None
    changes: tuple[Change, ...]
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    existing: int = 0
    only_missing: bool = False
    shared: tuple[SharedEdit, ...] = ()

    @property
    def checksum(self) -> str:
        """Identify what the plan would write, so that exactly what was reviewed is applied.

        Built from what is written and what that replaces: a new commit around the same prompts
        does not change it.
        """
        form: dict[str, Any] = {
            "direction": self.direction.value,
            "registry": self.registry,
            "alias": self.alias,
            "changes": [_checked_part(each) for each in self.changes],
        }
        if self.direction in (Direction.PROMOTE, Direction.ROLLBACK):
            # An upload promotes content, whichever version has it; these promote versions.
            form["versions"] = [each.target and each.target.version for each in self.changes]
        return "sha256:" + hashlib.sha256(json.dumps(form, sort_keys=True).encode()).hexdigest()

    def count(self, *actions: Action) -> int:
        """Count the changes with one of these actions."""
        return sum(change.action in actions for change in self.changes)

    def raise_if_unsafe(self) -> None:
        """Raise UsageError when the plan changes or removes too large a share of what is there."""
        touched = sum(each.action in _REPLACES and each.before is not None for each in self.changes)
        if self.existing < SAFE_COUNT or touched <= SAFE_SHARE * self.existing:
            return
        share = touched / self.existing
        what = _TOO_MUCH[self.direction].format(f"{touched} of {self.existing} prompts")
        raise UsageError(
            f"{what} ({share:.0%}), more than {SAFE_SHARE:.0%}",
            hint=f"if that is what you want, apply exactly this plan: "
            f"`promptsync {self.direction.value} --plan-checksum {self.checksum}`",
        )


_TOO_MUCH = {
    Direction.UPLOAD: "this upload would change or remove {}",
    Direction.DOWNLOAD: "this download would change or remove {}",
    Direction.PROMOTE: "this promotion would change what {} serve",
    Direction.ROLLBACK: "this rollback would change what {} serve",
}
_REPLACES = MOVES_AN_ALIAS | {
    Action.RENAME,
    Action.UPDATE,
    Action.DELETE,
    Action.MERGE,
    Action.WRITE,
}


def _checked_part(change: Change) -> list[Any]:
    """Return both sides of a change. A stamp names commits, and takes no part."""
    state = change.state
    prompts = [side.prompt for side in (state.local, state.remote) if side]
    told = [[each.name, each.registry_options, asdict(details_of(each))] for each in prompts]
    files = [[each.path, repr(each.after.content)] for each in change.edits]
    checked = [change.name, change.action.value, state.local_hash, state.remote_hash, told]
    return [*checked, files] if files else checked


def changes_by_action(changes: Iterable[Change]) -> Iterator[tuple[Action, int]]:
    """Yield how many changes there are of each action, in the order actions are declared."""
    found = [change.action for change in changes]
    yield from ((each, found.count(each)) for each in Action if each in found)
