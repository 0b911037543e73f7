"""Point an alias at a version from a program: plan and apply, as `promote` does."""

from __future__ import annotations

import os
from collections.abc import Sequence

from promptsync.apply import apply_upload
from promptsync.argument_checks import check_moved_alias, check_optional_texts, check_text
from promptsync.catalog import Catalog, select
from promptsync.comparison import compare
from promptsync.deployed import Deployed
from promptsync.deployed_git import with_git
from promptsync.errors import UnknownPromptError, UsageError
from promptsync.plan import Plan
from promptsync.program_change import TIMEOUT, change_registry, forget_loaded, raise_errors
from promptsync.program_past import ProgramPast
from promptsync.promotion_plan import (
    Pointing,
    make_promotion_plan,
    make_version_plan,
    versions_named,
)
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.scope import Scope
from promptsync.status import LocalPrompt

# The newest ones; more hide the message.
MAX_VERSIONS_TOLD = 5


def set_alias(
    name: str,
    alias: str,
    version: str | None = None,
    *,
    source: str | os.PathLike[str] | None = None,
    package: str | None = None,
    registry: str | None = None,
    force: bool = False,
    timeout: float = TIMEOUT,
) -> str | None:
    """Point an alias of a prompt at a version; return the one it pointed at before, None for none.

    `version` is the registry's own number, or its content hash from 6 digits on. Without it, it is
    the one that says what the deployed prompt file or bundle says, as a fast-forward unless
    `force` is given. No version is written, and nothing at
    all where the alias points there already.

    Raises UnknownPromptError for a prompt or a version that the registry does not have,
    ConflictError for what a person has to decide, UsageError where neither a `version` nor a file
    says which, and RegistryError: RegistryUnavailableError after `timeout` seconds at the latest.
    """
    check_text("name", name)
    check_text("alias", alias)
    check_moved_alias(alias)
    check_optional_texts(version=version)

    def move(deployed: Deployed, opened: Registry) -> str | None:
        if version is None:
            plan, before = _plan_of_file(name, deployed, opened, force=force)
        else:
            plan, before = _plan_of_version(name, version, deployed, opened)
        raise_errors(apply_upload(plan, opened, make_stamp=_no_stamp))
        if plan.changes:
            forget_loaded(name, *_other_names(deployed.catalog, name))
        return before.version if before else None

    return change_registry(
        move,
        source=source,
        package=package,
        registry=registry,
        alias=alias,
        timeout=timeout,
        name="promptsync-set-alias",
        otherwise=f"alias `{alias}` of `{name}` may be moved or not",
    )


def _plan_of_file(
    name: str, deployed: Deployed, registry: Registry, *, force: bool
) -> tuple[Plan, RemotePrompt | None]:
    catalog, workspace = with_git(deployed)
    alias = deployed.registry.alias or ""
    past = ProgramPast(registry, workspace)
    scope = Scope(names=[_in_catalog(catalog, name)], alias=alias)
    states = compare(catalog, registry, scope=scope, is_taken_in=past.has_taken_in)
    plan = make_promotion_plan(states, registry=deployed.registry.name, alias=alias, force=force)
    if plan.refusals:
        (state,) = states
        if state.carrier is None:
            raise UnknownPromptError(
                f"no version of `{name}` says what `{state.path}` says",
                hint=f"`promptsync upload {name}`, or name a `version`",
            )
        refusal = past.refusal(state)
        refusal.hint = "name a `version`, or move it all the same with `force=True`"
        raise refusal
    return plan, states[0].remote


def _in_catalog(catalog: Catalog, name: str) -> str:
    try:
        (found,) = select(catalog, [name])
    except UsageError as error:
        raise UsageError(
            f"there is no prompt file for `{name}`, so nothing says which version is meant",
            hint="name a `version`; `promptsync.register` returns the one it wrote",
        ) from error
    return found


def _plan_of_version(
    name: str, version: str, deployed: Deployed, registry: Registry
) -> tuple[Plan, RemotePrompt | None]:
    local = deployed.catalog.prompts.get(name)
    served = deployed.catalog.served_name(name) if local else name
    alias = deployed.registry.alias or ""
    versions = registry.list_versions(served)
    if not versions:
        raise UnknownPromptError(
            f"registry `{deployed.registry.name}` has no prompt `{served}`",
            hint="`promptsync status --all` lists the names",
        )
    target = _version_named(versions, version, name)
    current = registry.get_prompt(served, alias=alias)
    pointing = Pointing(name=name, versions=versions, current=current, local=local)
    plan = make_version_plan(pointing, target, registry=deployed.registry.name, alias=alias)
    return plan, current


def _version_named(versions: Sequence[RemotePrompt], wanted: str, name: str) -> RemotePrompt:
    found = versions_named(versions, wanted)
    if len({each.content_hash for each in found}) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"`{wanted}` is the beginning of several hashes of `{name}`", hint="give more digits"
        )
    newest = ", ".join(f"`{each.version}`" for each in versions[:MAX_VERSIONS_TOLD])
    more = " and older ones" if len(versions) > MAX_VERSIONS_TOLD else ""
    raise UnknownPromptError(f"`{name}` has no version `{wanted}`", hint=f"it has {newest}{more}")


def _other_names(catalog: Catalog, name: str) -> Sequence[str]:
    """Return what a prompt is called in the registry, or here, if that is another name."""
    here = catalog.name_by_served_name.get(name)
    served = catalog.served_name(name) if name in catalog.prompts else None
    return [each for each in (here, served) if each is not None]


def _no_stamp(local: LocalPrompt) -> Stamp:
    raise ValueError(f"`{local.header.name}` is not written: only its alias moves")
