"""Ask a registry for one prompt that an application is to serve; tell apart why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from promptsync.composition import near_name
from promptsync.config import RegistryConfig, user_cache_folder
from promptsync.errors import (
    InvalidContentError,
    RegistryRefusedError,
    UnknownAliasError,
    UnknownPromptError,
)
from promptsync.outage import MissingRegistryError
from promptsync.prompt_name import MAX_NAME, NAME, told_name
from promptsync.registries import missing_part, open_registry, unknown_parts
from promptsync.registries.base import AnotherPromptError, Registry
from promptsync.registries.http_timeouts import deadline
from promptsync.remote_prompt import RemotePrompt


def open_for_loading(config: RegistryConfig, folder: Path, timeout: float) -> Registry:
    """Open a registry that stays open while an application runs; no request is made yet.

    Every request has to be over `timeout` seconds after its beginning, retries and all. Relative
    paths in its options start at `folder`. Raises ConfigError for missing credentials.
    """
    return open_registry(config, folder=folder, cache=user_cache_folder(), each=timeout)


def fetch(
    registry: Registry,
    served_name: str,
    *,
    alias: str | None,
    version: str | None,
    within: float | None = None,
    name: str | None = None,
) -> RemotePrompt:
    """Return the version that an alias points at, or a version by its number, or else the latest.

    That is one request when all is well; only to tell why there is none, more are made. `within`
    bounds them all, in seconds. `name` is the prompt's own, for hints, where that is another one.

    Raises UnknownPromptError or UnknownAliasError for what is not
    there, InvalidContentError for another prompt than was asked for, and what registries raise.
    """
    with deadline(within):
        remote = _ask(registry, served_name, alias=alias, version=version)
        if remote is None:
            _explain(registry, served_name, alias=alias, version=version, own=name or served_name)
    _refuse_what_cannot_be_served(remote, registry, name or served_name)
    return remote


def _ask(
    registry: Registry, name: str, *, alias: str | None, version: str | None
) -> RemotePrompt | None:
    try:
        return registry.get_prompt(name, version=version, alias=alias, details=False)
    except AnotherPromptError as error:
        raise InvalidContentError(error.message, hint=error.hint) from error


def _refuse_what_cannot_be_served(remote: RemotePrompt, registry: Registry, name: str) -> None:
    what = f"version {remote.version} of `{remote.name}` in {registry.address}"
    if unknown := unknown_parts(remote.prompt, registry.kind):
        names = ", ".join(f"`{each}`" for each in unknown)
        raise InvalidContentError(
            f"{what} has a form that promptsync does not know: {names}",
            hint="a newer promptsync may know it",
        )
    # Half an answer may leave the content out; what was uploaded without any has a stamp.
    if not remote.prompt.content and remote.stamped_hash != remote.content_hash:
        raise InvalidContentError(
            f"{what} has no content", hint=f"`promptsync diff {name}` shows what is there"
        )


def _explain(
    registry: Registry, name: str, *, alias: str | None, version: str | None, own: str
) -> NoReturn:
    """Raise the error that says what is missing: the prompt, its version, or the alias."""
    aliases = _aliases(registry, name) if version is None and alias is not None else {}
    is_there = bool(aliases) or registry.get_prompt(name) is not None
    if not is_there:
        _raise_unknown(registry, name, own)
    if version is not None or alias is None:
        raise UnknownPromptError(
            f"{registry.address} has no version `{version}` of `{name}`",
            hint=f"`promptsync history {own}` lists its versions",
        )
    near = near_name(alias, aliases)
    raise UnknownAliasError(
        f"no version of `{name}` has the alias `{alias}` in {registry.address}{_listed(aliases)}",
        hint=f"did you mean `{near}`?" if near else f"`{_promotion(own, alias)}`",
    )


def _raise_unknown(registry: Registry, name: str, own: str) -> NoReturn:
    message = f"{registry.address} has no prompt `{told_name(name)}`"
    putting = f"`promptsync upload {own}` or `promptsync.seed()` puts it there"
    if NAME.fullmatch(own) is None:  # no command can put it there
        putting = f"a prompt file is called by 1 to {MAX_NAME} letters, digits, `_`, `.` and `-`"
    if (missing := missing_part(registry)) is not None:
        raise MissingRegistryError(f"{message}: {missing}", hint=putting)
    raise UnknownPromptError(
        message, hint=f"`promptsync status --all` lists what it has; {putting}"
    )


def _promotion(name: str, alias: str) -> str:
    import shlex  # few aliases are wrong

    return shlex.join(["promptsync", "promote", name, "--alias", alias])


def _aliases(registry: Registry, name: str) -> Mapping[str, str]:
    """Return the aliases of a prompt, none where the service does not tell them."""
    try:
        return registry.list_aliases([name]).get(name, {})
    except RegistryRefusedError:
        return {}


def _listed(aliases: Iterable[str]) -> str:
    names = ", ".join(f"`{each}`" for each in sorted(aliases))
    return f"; it has {names}" if names else ""
