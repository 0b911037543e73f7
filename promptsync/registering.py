"""Register a prompt that a program made: plan, apply, read back and stamp, as an upload does."""

from __future__ import annotations

import logging
import os
from dataclasses import replace

from promptsync.apply import Outcome, apply_upload, check_supported
from promptsync.argument_checks import check_moved_alias
from promptsync.catalog import Catalog
from promptsync.change_writer import MakeStamp
from promptsync.comparison import compare
from promptsync.deployed import Deployed
from promptsync.deployed_git import remember, stamps_of, with_git
from promptsync.errors import ConflictError
from promptsync.given_prompt import Content, to_local, to_prompt
from promptsync.plan import Plan
from promptsync.program_change import TIMEOUT, change_registry, forget_loaded, raise_errors
from promptsync.program_past import ProgramPast
from promptsync.prompt import JsonObject, Prompt
from promptsync.registered_prompt import RegisteredPrompt
from promptsync.registries.base import Registry
from promptsync.remote_prompt import Stamp
from promptsync.scope import Scope
from promptsync.status import LocalPrompt, PromptState
from promptsync.upload_plan import UploadOptions, make_upload_plan
from promptsync.workspace import Workspace

LOGGER = logging.getLogger("promptsync")

# Of several processes that start at once and register the same, one writes and the others find it.
ATTEMPTS = 3


def register(
    prompt: Prompt | str,
    content: Content | None = None,
    *,
    model: str | None = None,
    params: JsonObject | None = None,
    alias: str | None = None,
    source: str | os.PathLike[str] | None = None,
    package: str | None = None,
    registry: str | None = None,
    force: bool = False,
    timeout: float = TIMEOUT,
) -> RegisteredPrompt:
    """Write a prompt to the registry: a `Prompt`, or a name with a text or messages.

    The alias, this one or that of the configuration, is pointed at it. Equal content writes
    nothing. Other content is replaced only where a program registered it and nobody edited it
    since, or with `force`. A later edit that the alias does not point at is no reason to refuse: it
    is told as `passed_over` and in a warning. `source`, `package` and `registry` are those of
    `seed`; there need be no prompt files.

    Raises UsageError for what is no prompt, RenderError for a template that cannot be filled in,
    ConflictError for what a person has to decide, and RegistryError. RegistryUnavailableError
    comes after `timeout` seconds at the latest; a write that is under way then may still be
    carried out, and registering again is safe.
    """
    check_moved_alias(alias)
    made = to_prompt(prompt, content, model=model, params=params)
    return change_registry(
        lambda deployed, opened: _register(made, deployed, opened, force=force),
        source=source,
        package=package,
        registry=registry,
        alias=alias,
        timeout=timeout,
        name="promptsync-register",
        otherwise=f"`{made.name}` may be registered or not",
    )


def _register(
    prompt: Prompt, deployed: Deployed, registry: Registry, *, force: bool
) -> RegisteredPrompt:
    local, catalog, workspace = _find_local(prompt, deployed)
    make_stamp = _stamps(deployed, catalog, workspace)
    past = ProgramPast(registry, workspace)
    for attempt in range(ATTEMPTS):
        state = _compare(local, deployed, registry, past)
        plan = _plan(state, deployed, past, force=force)
        _check_supported(plan, registry)
        # The first version of a prompt is the first one: with an alias, any other would do.
        plan = replace(plan, only_missing=attempt == 0)
        outcomes = list(apply_upload(plan, registry, make_stamp=make_stamp))
        if not any(each.skipped or isinstance(each.error, ConflictError) for each in outcomes):
            break
    if workspace is not None:
        remember(workspace, outcomes)
    if outcomes:
        forget_loaded(prompt.name, local.header.served_name(deployed.registry.kind))
    result = _result(prompt, deployed, state, outcomes)
    if result.passed_over is not None and not force:
        LOGGER.warning("%s", _passed_over_note(result))
    return result


def _plan(state: PromptState, deployed: Deployed, past: ProgramPast, *, force: bool) -> Plan:
    plan = make_upload_plan(
        # An upload waits for a person here; a program that starts has none, so the edit is told.
        [replace(state, has_later_edit=False)],
        registry=deployed.registry.name,
        alias=deployed.registry.alias,
        options=UploadOptions(force=force),
    )
    if plan.refusals:
        raise past.refusal(state)
    return plan


def _check_supported(plan: Plan, registry: Registry) -> None:
    try:
        check_supported(plan, registry)
    except ConflictError as error:
        error.hint = "nothing was written"
        raise


def _find_local(
    prompt: Prompt, deployed: Deployed
) -> tuple[LocalPrompt, Catalog, Workspace | None]:
    """Return a prompt with the path of the deployed prompt file that says it, if there is one."""
    local = to_local(prompt, deployed.catalog)
    file = deployed.catalog.prompts.get(_name_in(deployed.catalog, local))
    if file is None or file.content_hash != local.content_hash:
        return local, deployed.catalog, None
    catalog, workspace = with_git(deployed)
    file = catalog.prompts[file.header.name]
    return replace(local, path=file.path, file_sha256=file.file_sha256), catalog, workspace


def _name_in(catalog: Catalog, local: LocalPrompt) -> str:
    served = local.header.served_name(catalog.kind) if catalog.kind else local.header.name
    return catalog.name_by_served_name.get(served, local.header.name)


def _compare(
    local: LocalPrompt, deployed: Deployed, registry: Registry, past: ProgramPast
) -> PromptState:
    name = local.header.name
    catalog = Catalog({name: local}, (), registry.kind)
    scope = Scope(names=[name], alias=deployed.registry.alias, latest=True)
    (state,) = compare(catalog, registry, scope=scope, is_taken_in=past.has_taken_in)
    return state


def _stamps(deployed: Deployed, catalog: Catalog, workspace: Workspace | None) -> MakeStamp:
    """Return what makes a stamp: with the file that says the same, or else without any file."""

    def make(local: LocalPrompt) -> Stamp:
        if not local.path:
            return Stamp(content_hash=local.content_hash)
        (file,) = (each for each in catalog.prompts.values() if each.path == local.path)
        return stamps_of(deployed, catalog, workspace, [file])(file)

    return make


def _result(
    prompt: Prompt, deployed: Deployed, state: PromptState, outcomes: list[Outcome]
) -> RegisteredPrompt:
    raise_errors(outcomes)
    stored = outcomes[0].stored if outcomes else state.remote
    if stored is None:
        raise ValueError(f"`{prompt.name}` was neither there nor written")
    known = [each.version for each in (state.remote, state.carrier) if each]
    created = stored.version not in known
    edit = state.latest if created and state.has_later_edit else None
    return RegisteredPrompt(
        name=prompt.name,
        version=stored.version,
        content_hash=stored.content_hash,
        created=created,
        alias=deployed.registry.alias,
        registry=deployed.registry.name,
        passed_over=edit.version if edit else None,
    )


def _passed_over_note(result: RegisteredPrompt) -> str:
    return (
        f"version {result.version} of `{result.name}` was registered for alias `{result.alias}` "
        f"after version {result.passed_over}, an edit in the registry that the alias did not "
        f"have: `promptsync history {result.name}` shows who made it"
    )
