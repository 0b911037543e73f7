"""Look beside what an alias points at: for a version with a file's content, and for the latest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promptsync.parallel_requests import in_parallel
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from promptsync.scope import IsTakenIn, Scope
from promptsync.status import PromptState, Status


def latest_versions(
    registry: Registry, states: Sequence[PromptState], scope: Scope
) -> Mapping[str, RemotePrompt]:
    """Return the latest versions of what does not agree, by the names of the states."""
    served = {
        state.local.header.served_name(registry.kind): state.name
        for state in states
        if state.local is not None and _may_be_written(state, scope)
    }
    asked = registry.get_prompts(list(served)) if served else ()
    return {served[each.name]: each for each in asked if each.name in served}


def _may_be_written(state: PromptState, scope: Scope) -> bool:
    if scope.only_missing:
        return state.remote is None
    if state.status is not Status.IN_SYNC:
        return True
    is_stamped = state.remote is not None and state.remote.is_from_file
    return scope.latest and (state.details_differ or (scope.adopts and not is_stamped))


def with_carriers(
    registry: Registry,
    states: Sequence[PromptState],
    scope: Scope,
    latest: Mapping[str, RemotePrompt],
) -> Iterator[PromptState]:
    """Yield states in order; one that does not agree with the version that carries its content.

    `latest` has the latest versions by the names of the states, which are looked at first.
    """

    def search(state: PromptState) -> PromptState:
        is_served = state.remote is not None and scope.only_missing
        if state.local is None or state.status is Status.IN_SYNC or is_served:
            return state
        carrier = _find_carrier(registry, latest.get(state.name), state.local_hash)
        note = state.note
        if state.remote is None and scope.alias is not None:
            note = f"alias `{scope.alias}` points at no version"
        return replace(state, carrier=carrier, note=note)

    return in_parallel(search, states)


def _find_carrier(
    registry: Registry, latest: RemotePrompt | None, digest: str | None
) -> RemotePrompt | None:
    """Return the newest version of a prompt that has a content hash, None when none has."""
    if latest is None or latest.content_hash == digest:
        return latest
    versions = registry.list_versions(latest.name)
    return next((each for each in versions if each.content_hash == digest), None)


def with_latest(
    state: PromptState, latest: RemotePrompt | None, is_taken_in: IsTakenIn
) -> PromptState:
    """Say what the latest version is, and whether a new one would bury an edit."""
    if latest is None or state.local is None:
        return state
    known = (state.local_hash, state.remote_hash, latest.stamped_hash)
    # What another branch uploaded or a program registered is no edit: it has its own alias.
    is_edit = latest.content_hash not in known and not is_taken_in(state.local, latest)
    return replace(state, latest=latest, has_later_edit=is_edit)
