"""Prompts at run time: from memory, else from the registry, else from what was deployed.

The path of a load from memory takes no lock and asks nothing of the system but the time.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from typing import get_args

from promptsync.argument_checks import (
    check_optional_texts,
    check_path,
    check_text,
    check_timeout,
    is_duration,
)
from promptsync.errors import UsageError
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.loading import Loading, Times
from promptsync.origins import Settings
from promptsync.prompt_cache import Question
from promptsync.stamp_check import Verify

TYPE_CHECKING = False
if TYPE_CHECKING:  # whoever starts offline waits for no more than it needs
    from pathlib import Path
    from types import TracebackType
    from typing import Literal, Self

TTL = 300.0
# The very first load of a container that just started imports the registry's adapter meanwhile.
TIMEOUT = 5.0
RETRY = 30.0

# A request goes on for so many timeouts after which its caller was served something else: what a
# slow registry answers then is served from memory.
_PATIENCE = 2


class Client:
    """Loads prompts for an application, which may call it from any thread and after a fork.

    `source` is a bundle or a folder with prompt files, `package` a Python package that has one of
    them; without either they are found from the working directory. What is found there names the
    registry, and `registry` and `alias` choose another. All times are in seconds: `ttl` is how long
    a prompt is served from memory before it is looked after in the background; `timeout` how long
    a first load waits for the registry; `retry` how long a registry that is down is left alone.

    `verify` says what becomes of content that is not what its stamp says: "off" serves it, "warn"
    logs a warning, "fallback" serves what was good before or was deployed, and "strict" raises
    InvalidContentError, without a stamp as well. `cache` is the folder for what the registry served
    last, None for the user's cache folder, False for none. With `offline` no registry is asked.
    `clock` gives seconds that never go back; tests may pass one that they move.

    Making a client reads no file and starts no thread. Raises UsageError for a wrong argument.
    """

    def __init__(
        self,
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
        _check_times(ttl=ttl, timeout=timeout, retry=retry)
        _check_verify(verify)
        if not isinstance(offline, bool):
            raise UsageError(f"`offline` is True or False, not {offline!r}")
        check_optional_texts(package=package, registry=registry, alias=alias)
        check_path("source", source)
        check_path("cache", None if cache is False else cache)
        settings = Settings(
            source=source,
            package=package,
            start=_working_folder(),
            registry=registry,
            alias=alias,
            cache=_folder(cache),
            verify=verify,
            patience=timeout * _PATIENCE,
        )
        times = Times(ttl=ttl, timeout=timeout, retry=retry)
        self._timeout = timeout
        self._loading = Loading(settings, times, is_offline=offline, clock=clock)
        self._clock, self._entries = clock, self._loading.cache.entries

    def load(
        self, name: str, *, alias: str | None = None, version: str | None = None
    ) -> LoadedPrompt:
        """Return a prompt: the version that an alias points at, or a version by its number.

        Without either, the alias is that of the client, the bundle or the configuration, else the
        latest version is meant. A version is fetched once; an alias is followed within the `ttl`.

        An outage raises nothing as long as there is anything to serve: `is_fallback` and `reason`
        tell of it. Only a first load raises: UnknownPromptError, UnknownAliasError,
        RegistryRefusedError, InvalidContentError, ConfigError, PromptFileError, and
        RegistryUnavailableError where there is no fallback, and UsageError for a wrong argument. It
        waits `timeout` seconds at most.
        """
        try:
            entry = self._entries.get((name, alias, version))
        except TypeError:  # `begin` says what cannot be a key
            entry = None
        if entry is not None and entry.since <= self._clock() < entry.until:
            return entry.prompt
        asked = Question(name, alias, version)
        begun = self._loading.begin(asked)
        if isinstance(begun, LoadedPrompt):
            return begun
        if begun is not None and begun.flight.ends_within(self._timeout):
            return begun.flight.answer.result()
        return self._loading.instead(asked, begun)

    async def aload(
        self, name: str, *, alias: str | None = None, version: str | None = None
    ) -> LoadedPrompt:
        """Do what `load` does, without keeping the event loop of asyncio waiting."""
        try:
            entry = self._entries.get((name, alias, version))
        except TypeError:  # as above
            entry = None
        if entry is not None and entry.since <= self._clock() < entry.until:
            return entry.prompt
        from promptsync.async_waiting import finished, run  # it imports asyncio

        asked = Question(name, alias, version)
        begun = self._loading.begin(asked)
        if isinstance(begun, LoadedPrompt):
            return begun
        if begun is not None and await finished(begun.flight.answer, self._timeout):
            return begun.flight.answer.result()
        instead = partial(self._loading.instead, asked, begun)
        return await run(self._loading.local_threads, instead)

    def active_versions(self, *, past: bool = False) -> tuple[LoadedPrompt, ...]:
        """Return what this process serves: the current prompt for each name and alias, by name.

        `source` is where each came from in the first place, never memory. With `past`, those that
        it served before and replaced are among them, of which the last 1,000 are remembered.
        """
        return self._loading.cache.active(past=past)

    def forget(self, name: str) -> None:
        """Have the next load of a prompt wait for the registry, as the first one did.

        For whoever knows that an alias was moved, such as a program that moved it. What was served
        stays the fallback; a version that was asked for by its number stays what it is. Raises
        UsageError for what is no name.
        """
        check_text("name", name)
        self._loading.forget(name)

    def close(self) -> None:
        """End what is under way and give back connections; who waits for it gets a UsageError.

        What is in memory is served on, and no longer looked after. A thread that cannot be ended,
        because it waits for a name server or a locked file, is left behind after 4 seconds at most.
        """
        self._loading.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _check_times(*, timeout: float, **seconds: float) -> None:
    for name, value in {"timeout": timeout, **seconds}.items():
        if not is_duration(value):
            raise UsageError(f"`{name}` is a number of seconds, not {value!r}")
    check_timeout(timeout)


def _check_verify(verify: str) -> None:
    if verify not in (known := get_args(Verify)):
        raise UsageError(f"`verify` is one of {', '.join(known)}, not `{verify}`")


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  pathlib costs 5 ms
    except OSError:  # somebody deleted it
        return os.curdir


def _folder(cache: str | os.PathLike[str] | Literal[False] | None) -> Path | Literal[False] | None:
    if not cache:
        return False if cache is False else None
    from pathlib import Path  # costs 5 ms, and few name a folder

    return Path(cache)
