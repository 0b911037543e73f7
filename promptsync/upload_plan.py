"""Decide what an upload would do. Nothing here reads a file or calls a service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from promptsync.plan import Action, Change, Direction, Plan, Refusal
from promptsync.prompt_details import details_differ
from promptsync.status import PromptState, Status

_WRITES_A_VERSION = (Action.CREATE, Action.UPDATE, Action.DETAILS, Action.ADOPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """What an upload may do beyond fast-forwards."""

    force: bool = False
    only_missing: bool = False
    prune: bool = False
    adopt: bool = False
    renames: bool = True

    @property
    def may_rename(self) -> bool:
        """Whether a prompt may get another name in the registry, too."""
        return self.renames and not self.only_missing


def make_upload_plan(
    states: Sequence[PromptState],
    *,
    registry: str,
    alias: str | None = None,
    options: UploadOptions = UploadOptions(),
) -> Plan:
    """Plan the writes that make the registry agree with the prompt files.

    A new prompt that is clearly a removed one under another name is renamed, where the registry
    can and `options` do not say otherwise; it is never deleted and made anew.
    """
    steps = [_decide(state, options, alias) for state in sorted(states, key=lambda each: each.name)]
    changes = [each for each in steps if isinstance(each, Change)]
    renamed = {each.renamed_from for each in changes}
    changes = [each for each in changes if each.name not in renamed]
    return Plan(
        direction=Direction.UPLOAD,
        registry=registry,
        alias=alias,
        changes=tuple(changes),
        refusals=tuple(each for each in steps if isinstance(each, Refusal)),
        notes=_notes(states, changes, options),
        existing=sum(state.remote is not None for state in states),
        only_missing=options.only_missing,
    )


def _decide(
    state: PromptState, options: UploadOptions, alias: str | None
) -> Change | Refusal | None:
    step = _upload_step(state, options, alias)
    if step in _WRITES_A_VERSION and state.has_later_edit and not options.force:
        return _refused_later_edit(state, alias)
    if step is None or isinstance(step, Refusal):
        return step
    renamed = _rename(state) if step is Action.CREATE and options.may_rename else None
    return renamed or Change(step, state)


def _rename(state: PromptState) -> Change | None:
    """Return the change of a prompt's name, None where it has always had this one or may have."""
    old = state.succession.to_rename if state.succession else None
    if state.local is None or old is None:
        return None
    differ = details_differ(state.local.header, old.prompt)
    return Change(Action.RENAME, replace(state, remote=old, details_differ=differ))


def is_unaliased(state: PromptState) -> bool:
    """Tell whether a prompt is there, and an alias points at nothing that it could point at."""
    return state.status is Status.NEW and state.latest is not None and state.carrier is None


def _notes(
    states: Sequence[PromptState],
    changes: Sequence[Change],
    options: UploadOptions,
) -> tuple[str, ...]:
    if options.only_missing:
        return tuple(_notes_on_alias([state for state in states if is_unaliased(state)]))
    return tuple(_notes_on_names(changes)) if options.renames else ()


def _notes_on_alias(unaliased: Sequence[PromptState]) -> Iterator[str]:
    names = sorted(f"`{state.name}`" for state in unaliased)
    if len(names) == 1:
        yield (
            f"{names[0]} is left alone: it says something else in the registry, where "
            f"{unaliased[0].note}; an upload without `--only-missing` serves the file"
        )
    elif names:
        yield (
            f"{len(names)} prompts are left alone: they say something else in the registry, where "
            f"{unaliased[0].note}; an upload without `--only-missing` serves the files: "
            f"{', '.join(names)}"
        )


def _notes_on_names(changes: Sequence[Change]) -> Iterator[str]:
    renamed = [each for each in changes if each.renamed_from is not None]
    if len(renamed) == 1:
        (one,) = renamed
        yield f"`{one.renamed_from}` is served no more then: applications need `{one.name}`"
    elif renamed:
        yield f"{len(renamed)} old names are served no more then: applications need the new ones"
    for change in changes:
        if change.action is Action.CREATE and change.state.succession is not None:
            yield f"`{change.name}` {change.state.succession.note}"


def _upload_step(
    state: PromptState, options: UploadOptions, alias: str | None
) -> Action | Refusal | None:
    # Without an alias there is nothing to point at a version that carries the content already.
    is_carried = alias is not None and state.carrier is not None
    match state.status:
        case Status.IN_SYNC:
            return _step_in_sync(state, options)
        case Status.UNMANAGED:
            return None
        case Status.REMOVED:
            return Action.DELETE if options.prune else None
        case Status.NEW:
            if is_carried:
                return Action.PROMOTE
            if state.latest is None:
                return Action.CREATE
            # The alias points at none of the versions that are there.
            return None if options.only_missing else Action.UPDATE
        case _ if options.only_missing:
            return None
        case Status.MODIFIED:
            return Action.PROMOTE if is_carried else Action.UPDATE
        case Status.BEHIND | Status.DRIFTED | Status.DIVERGED:
            if options.force:
                return Action.PROMOTE if is_carried else Action.UPDATE
            return _refused_upload(state)


def _step_in_sync(state: PromptState, options: UploadOptions) -> Action | None:
    if options.only_missing:
        return None
    if state.details_differ:
        return Action.DETAILS
    is_stamped = state.remote is not None and state.remote.is_from_file
    return Action.ADOPT if options.adopt and not is_stamped else None


def _refused_later_edit(state: PromptState, alias: str | None) -> Refusal:
    version = state.latest.version if state.latest else ""
    restore = f"promptsync restore {state.name} {version}"
    reason = f"version {version} is an edit that alias `{alias}` does not have"
    hint = f"`{restore}` takes it over; upload `--force` leaves it behind"
    return Refusal(state, reason, hint)


def _refused_upload(state: PromptState) -> Refusal:
    name = state.name
    match state.status:
        case Status.BEHIND:
            reason = "uploaded from a branch or clone you do not have"
            return Refusal(state, reason, "merge that branch, or upload `--force` to replace it")
        case Status.DRIFTED:
            reason = "edited in the registry"
        case _:
            reason = "edited in the registry and in git"
    return Refusal(state, reason, f"promptsync download {name}")
