"""The default client, made at the first load, for programs that keep none of their own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

from promptsync.client import RETRY, TIMEOUT, TTL, Client
from promptsync.forking import survive_forks
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.loading import ClosedClientError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from promptsync.stamp_check import Verify


class _Default:
    """The client of this process."""

    def __init__(self) -> None:
        self.client: Client | None = None
        self.after_fork()

    def made(self) -> Client:
        with self._lock:
            if self.client is None:
                self.client = Client()
            return self.client

    def replaced(self, client: Client | None) -> None:
        with self._lock:
            before, self.client = self.client, client
        if before is not None:
            before.close()

    def has_another_than(self, client: Client) -> bool:
        """Tell whether somebody configured another client while this one was asked."""
        return self.client not in (None, client)

    def after_fork(self) -> None:
        self._lock = threading.RLock()


_DEFAULT = _Default()
survive_forks(_DEFAULT)


def load(name: str, *, alias: str | None = None, version: str | None = None) -> LoadedPrompt:
    """Return a prompt: the version that an alias points at, or a version by its number.

    It is that of the default client, which the first load makes as `Client()` and `configure` in
    another way. Without `alias` and `version`, the alias is that of the bundle or the
    configuration, else the latest version is meant.

    An outage raises nothing as long as there is anything to serve: `is_fallback` and `reason` of
    the prompt tell of it. Only the first load of a prompt waits, 5 seconds at most, and raises:
    UnknownPromptError, UnknownAliasError, RegistryRefusedError, InvalidContentError, ConfigError,
    PromptFileError, UsageError, and RegistryUnavailableError where there is no fallback.
    """
    client = _DEFAULT.client or _DEFAULT.made()
    try:
        return client.load(name, alias=alias, version=version)
    except ClosedClientError:
        if not _DEFAULT.has_another_than(client):
            raise
        return load(name, alias=alias, version=version)


async def aload(name: str, *, alias: str | None = None, version: str | None = None) -> LoadedPrompt:
    """Do what `load` does, errors too, without keeping the event loop of asyncio waiting.

    Who is cancelled keeps no other caller from the answer.
    """
    client = _DEFAULT.client or _DEFAULT.made()
    try:
        return await client.aload(name, alias=alias, version=version)
    except ClosedClientError:
        if not _DEFAULT.has_another_than(client):
            raise
        return await aload(name, alias=alias, version=version)


def active_versions(*, past: bool = False) -> tuple[LoadedPrompt, ...]:
    """Return what this process serves: the current prompt for each name and alias, by name.

    `source` is where each came from in the first place, never memory. With `past`, those that it
    served before and replaced are among them, of which the last 1,000 are remembered. They are the
    prompts of the default client; no registry is asked.
    """
    return () if _DEFAULT.client is None else _DEFAULT.client.active_versions(past=past)


def configure(
    source: str | os.PathLike[str] | None = None,
    *,
    package: str | None = None,
    registry: str | None = None,
    alias: str | None = None,
    ttl: float = TTL,
    timeout: float = TIMEOUT,
    retry: float = RETRY,
    verify: Verify = "warn",
    cache: str | os.PathLike[str] | Literal[False] | None = None,
    offline: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Make the default client anew, with the arguments of `Client`, which says what they mean.

    The one before is closed, and what it served is forgotten. Raises UsageError for a wrong
    argument, and then leaves the client as it is.
    """
    client = Client(
        source,
        package=package,
        registry=registry,
        alias=alias,
        ttl=ttl,
        timeout=timeout,
        retry=retry,
        verify=verify,
        cache=cache,
        offline=offline,
        clock=clock,
    )
    _DEFAULT.replaced(client)


def close() -> None:
    """Close the default client, if there is one; a later load makes another one, as `Client()`.

    Requests that are under way end. See `Client.close`.
    """
    _DEFAULT.replaced(None)


def forget(name: str) -> None:
    """Have the next load of a prompt wait for the registry, as the first one did.

    For whoever hears that an alias was moved; `set_alias`, `register` and `seed` do so themselves.
    What was served stays the fallback. It concerns the default client of this process alone.
    """
    if (client := _DEFAULT.client) is not None:
        client.forget(name)
