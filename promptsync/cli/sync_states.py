"""What a sync looks at: the files that can be read, compared with the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from promptsync.catalog import Catalog, select
from promptsync.cli.session import Session
from promptsync.plan import Action
from promptsync.reading import read_catalog
from promptsync.scope import Scope
from promptsync.status import PromptState
from promptsync.sync_plan import Policy, SyncPlan, make_sync_plan
from promptsync.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked a sync to do; `names` may be empty, for everything.

    The registry's edits go on a commit of the current branch with `commit`, of another `branch`
    without a change of the work tree, or else only into the files.
    """

    names: tuple[str, ...] = ()
    alias: str | None = None
    policy: Policy = Policy.MERGE
    extras: bool = False
    commit: bool = False
    branch: str | None = None


def read_all(workspace: Workspace) -> Catalog:
    """Read the prompt files of the work tree. Raises only where there are none at all.

    A file that is wrong does not keep the others from being synced.
    """
    catalog = read_catalog(workspace)
    if not catalog.problems:
        catalog.require_valid()
    return catalog


def compare_all(session: Session, catalog: Catalog, wish: Wish) -> Sequence[PromptState]:
    """Compare what was asked for with the registry."""
    scope = Scope(
        names=select(catalog, wish.names) if wish.names else None,
        alias=wish.alias,
        complete=wish.extras,
        latest=True,
        repository=lambda: session.repository_url,
        # The prompt of a file that is wrong is not gone.
        was_here=None if catalog.problems else session.was_here,
    )
    return session.states(catalog, scope)


def plan_sync(session: Session, states: Sequence[PromptState], wish: Wish) -> SyncPlan:
    """Plan both directions; the registry is asked about details where those differ."""
    edits: Mapping[str, Action] = {}
    if any(each.details_differ for each in states):
        from promptsync.detail_edits import find_detail_edits  # few syncs need it

        edits = find_detail_edits(session.registry, states)
    return make_sync_plan(
        states,
        registry=session.name,
        alias=wish.alias,
        policy=wish.policy,
        extras=wish.extras,
        detail_edits=edits,
    )
