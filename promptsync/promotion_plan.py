"""Decide where an alias is to point: at the files' content, at one version, or at the one before.

Nothing here reads a file or calls a service, and no version is ever written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptsync.plan import Action, Change, Direction, Plan, Refusal
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt, PromptState, find_status
from promptsync.upload_plan import UploadOptions, make_upload_plan

# Fewer digits of a hash name too many versions by accident.
MIN_DIGITS = 6


def make_promotion_plan(
    states: Sequence[PromptState], *, registry: str, alias: str, force: bool = False
) -> Plan:
    """Plan to point an alias at the versions that carry what the prompt files say.

    The states are those of a comparison with the alias. As an upload with that alias it is a
    fast-forward unless `force` is given; what is in no version yet is refused.
    """
    options = UploadOptions(force=force)
    upload = make_upload_plan(states, registry=registry, alias=alias, options=options)
    changes = [each for each in upload.changes if each.action is Action.PROMOTE]
    missing = [
        _not_uploaded(each.state)
        for each in upload.changes
        if each.action in (Action.CREATE, Action.UPDATE)
    ]
    refusals = sorted([*upload.refusals, *missing], key=lambda each: each.name)
    return Plan(
        direction=Direction.PROMOTE,
        registry=registry,
        alias=alias,
        changes=tuple(changes),
        refusals=tuple(refusals),
        existing=upload.existing,
    )


def _not_uploaded(state: PromptState) -> Refusal:
    name = state.name
    return Refusal(state, "no version says what its file says", f"promptsync upload {name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointing:
    """Where the alias of one prompt points, and what it could point at instead.

    `versions` are newest first. `current` is None where the alias points at none of them.
    """

    name: str
    versions: Sequence[RemotePrompt]
    current: RemotePrompt | None
    local: LocalPrompt | None = None

    def towards(self, target: RemotePrompt | None) -> PromptState:
        """Return the state of a prompt whose alias is to point at a version."""
        side = self.current or (None if self.local else self.versions[0])
        return PromptState(
            name=self.name,
            status=find_status(self.local, side, is_taken_in=lambda: True),
            local=self.local,
            remote=self.current,
            carrier=target,
        )


def versions_named(versions: Sequence[RemotePrompt], wanted: str) -> Sequence[RemotePrompt]:
    """Return the version with a number, or those whose hash begins with 6 digits or more.

    In their order, empty where none is meant; of several hashes, nobody knows which.
    """
    for remote in versions:
        if remote.version == wanted:
            return (remote,)
    digits = wanted.lower().removeprefix("sha256:")
    if len(digits) < MIN_DIGITS:
        return ()
    return [each for each in versions if each.content_hash.startswith(f"sha256:{digits}")]


def version_before(pointing: Pointing) -> RemotePrompt | None:
    """Return the newest version that is older than the current one and says something else.

    Going back has to change what is served: versions with the content of the current one, such
    as those that only differ in details, are passed over.
    """
    current = pointing.current
    if current is None:
        return None
    numbers = [each.version for each in pointing.versions]
    older = pointing.versions[numbers.index(current.version) + 1 :]
    return next((each for each in older if each.content_hash != current.content_hash), None)


def make_rollback_plan(pointings: Sequence[Pointing], *, registry: str, alias: str) -> Plan:
    """Plan to point an alias, for each prompt, at the version before the one it points at."""
    steps = [_rollback(each, alias) for each in sorted(pointings, key=lambda each: each.name)]
    return _alias_plan(Direction.ROLLBACK, registry, alias, steps)


def _rollback(pointing: Pointing, alias: str) -> Change | Refusal:
    target = version_before(pointing)
    state = pointing.towards(target)
    if target is not None:
        return Change(Action.ROLLBACK, state)
    listed = f"`promptsync history {pointing.name}` lists its versions"
    if pointing.current is None:
        promote = f"promptsync promote {pointing.name}"
        return Refusal(state, f"alias `{alias}` points at none of its versions", promote)
    number = pointing.current.version
    return Refusal(state, f"no version before {number} says anything else", listed)


def make_version_plan(
    pointing: Pointing, target: RemotePrompt, *, registry: str, alias: str
) -> Plan:
    """Plan to point an alias at one version of a prompt, whatever its file says."""
    is_there = pointing.current is not None and pointing.current.version == target.version
    steps = [] if is_there else [Change(Action.PROMOTE, pointing.towards(target))]
    return _alias_plan(Direction.PROMOTE, registry, alias, steps)


def _alias_plan(
    direction: Direction, registry: str, alias: str, steps: Sequence[Change | Refusal]
) -> Plan:
    return Plan(
        direction=direction,
        registry=registry,
        alias=alias,
        changes=tuple(each for each in steps if isinstance(each, Change)),
        refusals=tuple(each for each in steps if isinstance(each, Refusal)),
        existing=sum(each.state.remote is not None for each in steps),
    )
