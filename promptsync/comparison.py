"""Compare prompt files with what a registry serves: the one comparison that every command uses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptsync.catalog import Catalog
from promptsync.listing import Listing
from promptsync.prompt_details import details_differ
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from promptsync.renames import with_successions
from promptsync.scope import IsTakenIn, Scope
from promptsync.status import LocalPrompt, PromptState, Status, count_statuses, find_status

# As many prompts are read one by one, side by side, rather than by listing everything.
FEW = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The states of all prompts compared, sorted by name."""

    states: tuple[PromptState, ...]
    alias: str | None = None
    uploaded_is_enough: bool = False
    strict: bool = False

    @property
    def differing(self) -> tuple[PromptState, ...]:
        """The states that keep git and registry from agreeing."""
        return tuple(state for state in self.states if not self._agrees(state))

    @property
    def in_sync(self) -> bool:
        """Whether git and registry agree."""
        return not self.differing

    @property
    def summary(self) -> Mapping[str, int]:
        """The number of prompts of each status that occurs."""
        return count_statuses(self.states)

    def _agrees(self, state: PromptState) -> bool:
        if state.status is Status.IN_SYNC:
            return True
        if state.status.is_extra:
            return not self.strict
        return self.uploaded_is_enough and state.carrier is not None


def compare(
    catalog: Catalog,
    registry: Registry,
    *,
    scope: Scope,
    is_taken_in: IsTakenIn,
    listing: Listing | None = None,
) -> tuple[PromptState, ...]:
    """Compare a catalog with a registry and return one state for each prompt, sorted by name.

    `is_taken_in` answers whether a file's past contains a remote prompt; it is asked only where
    that decides. `listing` is one that was begun before the catalog was read. Raises
    RegistryError.
    """
    chosen = sorted(catalog.prompts) if scope.names is None else scope.names
    local = {catalog.served_name(name): catalog.prompts[name] for name in chosen}
    remote: Mapping[str, RemotePrompt] = {}
    extras: list[PromptState] = []
    listed: Mapping[str, RemotePrompt] | None = None
    if scope.names is None or (scope.alias is None and len(local) > FEW):
        begun = listing or Listing(registry, complete=scope.complete and scope.names is None)
        remote = begun.by_name(local.keys())
    if scope.names is None:
        listed, extras = remote, _extras(catalog, remote, scope)
    if scope.alias is not None or (scope.names is not None and len(local) <= FEW):
        remote = {each.name: each for each in registry.get_prompts(local, alias=scope.alias)}
    states = [
        _state(each.header.name, each, remote.get(name), is_taken_in)
        for name, each in local.items()
    ]
    if scope.carriers or (scope.alias is not None and not scope.brief):
        from promptsync.carriers import latest_versions, with_carriers, with_latest

        latest = latest_versions(registry, states, scope)
        states = list(with_carriers(registry, states, scope, latest))
        if scope.alias is not None and scope.latest:
            states = [with_latest(each, latest.get(each.name), is_taken_in) for each in states]
    if scope.was_here is not None and any(each.status is Status.NEW for each in states):
        if listed is None:
            listed = Listing(registry, complete=True).by_name(())
        states = list(_with_successions(catalog, registry, states, listed, scope))
    return tuple(sorted([*states, *extras], key=lambda state: state.name))


def _extras(
    catalog: Catalog, listed: Mapping[str, RemotePrompt], scope: Scope
) -> list[PromptState]:
    """Return the states of what only the registry has."""
    served = catalog.name_by_served_name
    only_there = (each for name, each in listed.items() if name not in served)
    return [_extra_state(each, scope.repository) for each in only_there]


def _with_successions(
    catalog: Catalog,
    registry: Registry,
    states: Sequence[PromptState],
    listed: Mapping[str, RemotePrompt],
    scope: Scope,
) -> Iterator[PromptState]:
    extras = _extras(catalog, listed, scope)
    names = catalog.name_by_served_name
    unserved = {name for served, name in names.items() if served not in listed}
    # An alias may point at no version of a prompt that is there.
    is_new = {state.name: state.name in unserved for state in states}
    yield from (state for state in states if not is_new[state.name])
    yield from with_successions(
        [state for state in states if is_new[state.name]],
        [each.remote for each in extras if each.remote and each.status is Status.REMOVED],
        unserved=[catalog.prompts[name].content_hash for name in unserved],
        was_here=scope.was_here or (lambda _: False),
        can_rename=registry.can_rename,
    )


def _state(
    name: str, local: LocalPrompt, remote: RemotePrompt | None, is_taken_in: IsTakenIn
) -> PromptState:
    def knows() -> bool:
        return remote is not None and is_taken_in(local, remote)

    status = find_status(local, remote, is_taken_in=knows)
    return PromptState(
        name=name,
        status=status,
        local=local,
        remote=remote,
        details_differ=remote is not None and details_differ(local.header, remote.prompt),
    )


def _extra_state(remote: RemotePrompt, repository: Callable[[], str | None]) -> PromptState:
    status = find_status(None, remote, is_taken_in=lambda: False)
    home = remote.stamp.repository if remote.stamp else None
    if home is not None and (ours := repository()) is not None and _place(home) != _place(ours):
        note = f"uploaded from {home}"
        return PromptState(name=remote.name, status=Status.UNMANAGED, remote=remote, note=note)
    is_registered = remote.stamp is not None and not remote.is_from_file
    registered = "registered by a program" if is_registered else None
    return PromptState(name=remote.name, status=status, remote=remote, note=registered)


def _place(url: str) -> str:
    """Return what the addresses of one repository have in common: CI uses another than people."""
    scheme, separator, rest = url.partition("://")
    if not separator:  # user@host:path
        rest = scheme.rpartition("@")[2].replace(":", "/", 1)
    host, _, path = rest.rpartition("@")[2].partition("/")
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"
