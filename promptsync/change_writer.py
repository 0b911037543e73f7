"""Carry out one change of an upload plan in the registry, and verify what is read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from promptsync.content_hash import short_hash
from promptsync.errors import (
    ConflictError,
    HashMismatchError,
    MovedError,
    RegistryRefusedError,
)
from promptsync.missing_alias import set_missing_alias
from promptsync.plan import Action, Change, Plan
from promptsync.prompt import Prompt
from promptsync.registries.base import ANY_VERSION, Registry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.status import LocalPrompt

MakeStamp = Callable[[LocalPrompt], Stamp]

PLAN_ANEW = "run the same command again to plan anew"
_WRITES_CONTENT = (Action.CREATE, Action.UPDATE)


def apply_change(
    change: Change, plan: Plan, registry: Registry, make_stamp: MakeStamp
) -> RemotePrompt | None:
    """Write one change, and return the remote prompt as read back, None for a deleted one.

    Raises ConflictError for a prompt that moved since the plan was made, and MovedError where one
    that was missing then is there now.
    """
    name, alias = _served_name(change, registry.kind), plan.alias
    if plan.only_missing and change.action is Action.CREATE:
        return _create(change, name, alias, registry, make_stamp)
    if change.action is Action.RENAME:
        return _rename(change, name, alias, registry, make_stamp)
    if change.action is Action.DELETE:
        # What nobody has a file for was found in the listing, which knows no aliases.
        _refuse_if_moved(change, registry.get_prompt(name))
        registry.delete_prompt(name)
        return None
    if alias is not None and plan.only_missing and change.before is None and change.target:
        return set_missing_alias(change.target, name, alias, registry)
    if alias is not None:
        _refuse_if_moved(change, registry.get_prompt(name, alias=alias))
    stored = change.target or _save(change, name, alias, registry, make_stamp)
    if alias is not None:
        registry.set_alias(name, alias, stored.version)
    return stored


def _create(
    change: Change, name: str, alias: str | None, registry: Registry, make_stamp: MakeStamp
) -> RemotePrompt:
    """Make the first version of a prompt. Raises MovedError when somebody else made it."""
    try:
        stored = _write(change, name, None, registry, make_stamp)
    except MovedError as error:
        current = error.current
        if current and alias is not None and current.content_hash == change.state.local_hash:
            # Who made it sets the alias later, or never if that process is killed.
            set_missing_alias(current, name, alias, registry)
        raise
    except ConflictError as error:
        # Stored, and another first version right behind it: that one is what is there.
        raise MovedError(name, registry.get_prompt(name)) from error
    if alias is None:
        return stored
    try:
        return set_missing_alias(stored, name, alias, registry)
    except RegistryRefusedError as error:
        raise RegistryRefusedError(
            f"`{change.name}` was created (version {stored.version}), but alias `{alias}` "
            f"does not point at it: {error.message}",
            hint=error.hint,
            status=error.status,
        ) from error


def _rename(
    change: Change, name: str, alias: str | None, registry: Registry, make_stamp: MakeStamp
) -> RemotePrompt:
    """Give a prompt its new name, look whether it has it, and bring the details up to date.

    The stamp stays: it says which file and commit the content came from, and that is still true.
    """
    old = change.renamed_from or ""
    _refuse_if_moved(change, registry.get_prompt(old), old)
    if (taken := registry.get_prompt(name)) is not None:
        raise ConflictError(
            f"`{name}` was created (version {taken.version}) in the registry since the plan was "
            f"made; `{old}` was left alone",
            hint=PLAN_ANEW,
        )
    registry.rename_prompt(old, name)
    stored = registry.get_prompt(name)
    if stored is None or stored.content_hash != change.state.local_hash:
        raise ConflictError(
            f"`{old}` was renamed to `{name}`, and somebody else changed it at the same moment",
            hint=PLAN_ANEW,
        )
    if change.state.details_differ:
        stored = _write(change, name, stored.version, registry, make_stamp)
    if alias is not None:
        _point(name, alias, stored, registry)
    return stored


def _point(name: str, alias: str, stored: RemotePrompt, registry: Registry) -> None:
    current = registry.get_prompt(name, alias=alias)
    if current is None or current.version != stored.version:
        registry.set_alias(name, alias, stored.version)


def _save(
    change: Change, name: str, alias: str | None, registry: Registry, make_stamp: MakeStamp
) -> RemotePrompt:
    # With an alias the latest version may be anything, unless somebody looked which it is.
    planned = change.state.remote if alias is None else change.state.latest
    latest = planned.version if planned else None
    replaces = latest if alias is None or planned else ANY_VERSION
    try:
        return _write(change, name, replaces, registry, make_stamp)
    except MovedError as error:
        current = error.current
        is_same = current is not None and current.content_hash == change.state.local_hash
        if current and is_same and change.action in _WRITES_CONTENT:
            return current  # somebody else uploaded the same
        raise _moved(change, current) from error


def _write(
    change: Change, name: str, replaces: str | None, registry: Registry, make_stamp: MakeStamp
) -> RemotePrompt:
    """Store a version and verify what is read back."""
    local = change.state.local
    if local is None:
        raise ValueError(f"`{change.name}` has no file to upload")
    sent, prompt = local.content_hash, to_upload(change, registry.kind)
    stored = registry.save_prompt(prompt, make_stamp(local), replaces=replaces)
    if stored.content_hash == sent:
        return stored
    if any(each.content_hash == sent for each in registry.list_versions(name)):
        raise ConflictError(
            f"`{change.name}` was stored, and somebody else stored "
            f"{short_hash(stored.content_hash)} (version {stored.version}) at the same moment",
            hint=PLAN_ANEW,
        )
    raise HashMismatchError(
        f"`{change.name}` was stored as {short_hash(stored.content_hash)} but "
        f"{short_hash(sent)} was sent",
        hint=f"the registry rewrites this prompt; `promptsync diff {change.name}` shows how",
    )


def to_upload(change: Change, kind: str) -> Prompt:
    """Return a prompt as it is sent: expanded, under its served name.

    Details that the file leaves out belong to the people who use the registry: they are taken
    over from what is there, because a write replaces the whole.
    """
    state = change.state
    if state.local is None:
        raise ValueError(f"`{change.name}` has no file to upload")
    prompt = replace(state.local.expanded, name=state.local.prompt.served_name(kind))
    stored = state.remote or state.latest
    if stored is None:
        return prompt
    there = stored.prompt
    return replace(
        prompt,
        title=prompt.title or there.title,
        description=prompt.description or there.description,
        tags=prompt.tags or there.tags,
        metadata={**there.metadata, **prompt.metadata},
    )


def _served_name(change: Change, kind: str) -> str:
    local = change.state.local
    return local.prompt.served_name(kind) if local else change.name


def _refuse_if_moved(change: Change, current: RemotePrompt | None, name: str | None = None) -> None:
    planned = change.state.remote
    if (current and current.version) != (planned and planned.version):
        raise _moved(change, current, name)


def _moved(change: Change, current: RemotePrompt | None, name: str | None = None) -> ConflictError:
    planned = change.state.remote
    if current is not None and planned is not None:
        what = f"is now {short_hash(current.content_hash)} (version {current.version})"
    else:
        what = "was removed" if current is None else f"was created (version {current.version})"
    which = name or change.name
    return ConflictError(
        f"`{which}` {what} in the registry since the plan was made; it was left alone",
        hint=PLAN_ANEW,
    )
