"""Ask a registry for one prompt that an application is to serve; tell apart why there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NoReturn

from promptsync.config import RegistryConfig, user_cache_folder
from promptsync.errors import (
    InvalidContentError,
    RegistryRefusedError,
    UnknownAliasError,
    UnknownPromptError,
)
from promptsync.registries import open_registry
from promptsync.registries.base import Registry
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
) -> RemotePrompt:
    """Return the version that an alias points at, or a version by its number, or else the latest.

    That is one request when all is well; only to tell why there is none, more are made. `within`
    bounds them all, in seconds. Raises UnknownPromptError or UnknownAliasError for what is not
    there, InvalidContentError for another prompt than was asked for, and what registries raise.
    """
    with deadline(within):
        remote = registry.get_prompt(served_name, version=version, alias=alias)
        if remote is None:
            _explain(registry, served_name, alias=alias, version=version)
    if remote.name != served_name:
        raise InvalidContentError(
            f"{registry.address} answered with `{remote.name}` where `{served_name}` was asked for",
            hint="check what stands between the registry and this machine",
        )
    return remote


def check_stamp(remote: RemotePrompt) -> str | None:
    """Say what is wrong with the stamp of a prompt: none, or one of other content; None is fine."""
    what = f"version {remote.version} of `{remote.name}`"
    if remote.stamp is None:
        return f"{what} has no stamp: nothing says which prompt file it came from"
    if remote.stamp.content_hash != remote.content_hash:
        return (
            f"{what} has the content {remote.content_hash}, and its stamp says "
            f"{remote.stamp.content_hash}"
        )
    return None


def _explain(registry: Registry, name: str, *, alias: str | None, version: str | None) -> NoReturn:
    """Raise the error that says what is missing: the prompt, its version, or the alias."""
    aliases = _aliases(registry, name) if version is None and alias is not None else {}
    is_there = bool(aliases) or registry.get_prompt(name) is not None
    if not is_there:
        raise UnknownPromptError(
            f"{registry.address} has no prompt `{name}`",
            hint=f"`promptsync status --all` lists what it has; `promptsync upload {name}` or "
            "`promptsync.seed()` puts it there",
        )
    if version is not None or alias is None:
        raise UnknownPromptError(
            f"{registry.address} has no version `{version}` of `{name}`",
            hint=f"`promptsync history {name}` lists its versions",
        )
    raise UnknownAliasError(
        f"no version of `{name}` has the alias `{alias}` in {registry.address}{_listed(aliases)}",
        hint=f"`promptsync promote {name} --alias {alias}`",
    )


def _aliases(registry: Registry, name: str) -> Mapping[str, str]:
    """Return the aliases of a prompt, none where the service does not tell them."""
    try:
        return registry.list_aliases([name]).get(name, {})
    except RegistryRefusedError:
        return {}


def _listed(aliases: Iterable[str]) -> str:
    names = ", ".join(f"`{each}`" for each in sorted(aliases))
    return f"; it has {names}" if names else ""
