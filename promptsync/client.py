"""Prompts at run time: from memory, else from the registry, else from what was deployed.

The path of a load from memory takes no lock and asks nothing of the system but the time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import partial

from promptsync import load_log
from promptsync.background import BackgroundThreads
from promptsync.errors import (
    LoadError,
    PromptsyncError,
    RegistryAnswerError,
    RegistryError,
    RegistryUnavailableError,
    UsageError,
)
from promptsync.forking import survive_forks
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.origins import Fetched, Origins, Settings, UnprovenContentError, Verify
from promptsync.outage import Outage
from promptsync.prompt_cache import FOREVER, Entry, PromptCache, Question, reason, trouble_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # whoever starts offline waits for no more than it needs
    from pathlib import Path
    from types import TracebackType
    from typing import Literal, Self

    from promptsync.flights import Flight, Flights

TTL = 300.0
TIMEOUT = 2.0
RETRY = 30.0

# A request goes on for so many timeouts after which its caller was served something else: what a
# slow registry answers then is served from memory.
_PATIENCE = 3
_THREADS = 8
# What the registry has, if it has any, is none of these errors' fault.
_FALL_BACK = (RegistryUnavailableError, RegistryAnswerError, UnprovenContentError)
_CLOSED = "this client was closed while it loaded a prompt"
_VERIFY = ("off", "warn", "fallback", "strict")


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
        if verify not in _VERIFY:
            raise UsageError(f"`verify` is one of {', '.join(_VERIFY)}, not `{verify}`")
        self._ttl, self._timeout, self._retry = ttl, timeout, retry
        self._is_offline = offline
        self._is_closed = False
        self._clock = clock
        self._cache = PromptCache(clock)
        self._entries = self._cache.entries
        self._outage = Outage(retry, clock)
        self._origins = Origins(
            Settings(
                source=source,
                package=package,
                start=_working_folder(),
                registry=registry,
                alias=alias,
                cache=_folder(cache),
                verify=verify,
                patience=timeout * _PATIENCE,
            )
        )
        self._renew()
        survive_forks(self)

    def load(
        self, name: str, *, alias: str | None = None, version: str | None = None
    ) -> LoadedPrompt:
        """Return a prompt: the version that an alias points at, or a version by its number.

        Without either, the alias is that of the client, the bundle or the configuration, else the
        latest version is meant. A version is fetched once; an alias is followed within the `ttl`.

        An outage raises nothing as long as there is anything to serve: `is_fallback` and `reason`
        tell of it. Only a first load raises: UnknownPromptError, UnknownAliasError,
        RegistryRefusedError, InvalidContentError, ConfigError, and RegistryUnavailableError where
        there is no fallback. It waits `timeout` seconds at most.
        """
        entry = self._entries.get((name, alias, version))
        if entry is not None and entry.since <= self._clock() < entry.until:
            return entry.prompt
        return self._load(Question(name, alias, version))

    async def aload(
        self, name: str, *, alias: str | None = None, version: str | None = None
    ) -> LoadedPrompt:
        """Do what `load` does, without keeping the event loop of asyncio waiting."""
        entry = self._entries.get((name, alias, version))
        if entry is not None and entry.since <= self._clock() < entry.until:
            return entry.prompt
        from promptsync.async_waiting import finished, run  # noqa: PLC0415  it imports asyncio

        asked, answers = Question(name, alias, version), self._answers
        begun = self._begin(asked)
        if isinstance(begun, LoadedPrompt):
            return begun
        if begun is not None and await finished(begun.answer, self._timeout):
            return _landed(begun)
        return await run(self._local_threads, partial(self._instead, asked, begun, answers))

    def active_versions(self, *, past: bool = False) -> tuple[LoadedPrompt, ...]:
        """Return what this process serves: the current prompt for each name and alias, by name.

        With `past`, those that it served before and replaced are among them.
        """
        return self._cache.active(past=past)

    def close(self) -> None:
        """End what is under way and give back connections; waits for a request that still runs.

        What is in memory is served on, and no longer looked after.
        """
        self._is_closed = True
        with self._writing:
            if self._flights is not None:
                self._flights.close()
        self._origins.close()
        self._threads.close(self._timeout * _PATIENCE)
        self._local_threads.close(self._timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def after_fork(self) -> None:
        """Go on in a child process: with the prompts, without threads, locks and connections."""
        self._outage.after_fork()
        self._origins.after_fork()
        self._renew()

    def _renew(self) -> None:
        self._writing = threading.Lock()
        # A handler of the log may load a prompt when it is told of a file that cannot be read.
        self._falling_back = threading.RLock()
        self._threads = BackgroundThreads(_THREADS, "promptsync-load")
        self._local_threads = BackgroundThreads(2, "promptsync-fallback")
        self._flights: Flights[Question, LoadedPrompt] | None = None
        self._answers = 0

    # -- in the caller's thread --

    def _load(self, asked: Question) -> LoadedPrompt:
        answers = self._answers
        begun = self._begin(asked)
        if isinstance(begun, LoadedPrompt):
            return begun
        if begun is not None:
            from concurrent.futures import wait  # noqa: PLC0415  it imports logging, 10 ms

            if wait([begun.answer], self._timeout).done:
                return _landed(begun)
        return self._instead(asked, begun, answers)

    def _begin(self, asked: Question) -> LoadedPrompt | Flight[LoadedPrompt] | None:
        """Return a stale prompt, a question to wait for, or None where nobody should wait."""
        entry = self._entries.get(asked)
        if entry is not None:
            self._look_after(entry)
            return entry.prompt
        if asked.alias is not None and asked.version is not None:
            raise UsageError(f"load `{asked.name}` by an alias or a version, not by both")
        is_down = self._outage.error is not None
        if self._is_offline or (is_down and not self._outage.claim_probe()):
            return None
        flight = self._ask(asked, looks=0)
        return None if is_down else flight

    def _ask(self, asked: Question, *, looks: int) -> Flight[LoadedPrompt] | None:
        try:
            return self._questions().join(asked, partial(self._fetch, asked, looks))
        except RuntimeError:  # no thread can be started: too many, or the interpreter ends
            return None

    def _questions(self) -> Flights[Question, LoadedPrompt]:
        from promptsync.flights import Flights  # noqa: PLC0415  futures import logging, 10 ms

        with self._writing:
            if self._flights is None:
                self._flights = Flights(self._threads)
                if self._is_closed:
                    self._flights.close()
            return self._flights

    def _look_after(self, entry: Entry) -> None:
        """See to it that a stale entry is fetched again, once."""
        error = self._outage.error
        if self._is_offline or self._is_closed:
            self._cache.rest(entry, self._retry)
        elif error is not None and not self._outage.claim_probe():
            self._keep(entry, error)
        else:
            looks = entry.looks
            self._cache.rest(entry, self._timeout)
            self._ask(entry.question, looks=looks)

    def _instead(
        self, asked: Question, late: Flight[LoadedPrompt] | None, answers: int
    ) -> LoadedPrompt:
        """Return what is served to somebody who waits for the registry no longer."""
        if self._is_offline:
            return self._deployed(asked)
        error = self._outage.error or RegistryUnavailableError("the registry was not asked")
        if late is not None:
            error = RegistryUnavailableError(f"no answer within {self._timeout:g} s")
            # It may answer others, or be busy with them.
            if late.has_begun and self._answers == answers:
                self._outage.begin(error)
        return self._fall_back(asked, error)

    def _deployed(self, asked: Question) -> LoadedPrompt:
        loaded = self._origins.deployed(asked)
        with self._writing:
            entry = self._cache.put(asked, loaded, FOREVER)
        load_log.changed(loaded)
        return entry.prompt

    # -- in the thread that waits for the registry --

    def _fetch(self, asked: Question, looks: int) -> LoadedPrompt:
        """Ask the registry, unless it was asked since somebody found that it should be."""
        entry = self._entries.get(asked)
        if entry is not None and entry.looks != looks:
            return entry.prompt
        try:
            fetched = self._origins.fetch(asked)
        except Exception as error:
            if self._is_closed:  # it ends because of that
                raise UsageError(_CLOSED) from error
            self._hear(error)
            # It may have come into being while the registry was waited for.
            if (entry := self._entries.get(asked)) is not None:
                entry.looks += 1
                return self._keep(entry, error)
            if isinstance(error, _FALL_BACK):
                return self._fall_back(asked, error)
            raise
        self._hear(None)
        return self._serve(asked, fetched)

    def _hear(self, error: Exception | None) -> None:
        """Note that the registry answered, or that it did not."""
        if isinstance(error, RegistryUnavailableError):
            self._outage.begin(error)
        elif error is None or isinstance(error, RegistryError | LoadError):
            self._answers += 1
            if self._outage.end():
                self._cache.expire_fallbacks()

    def _serve(self, asked: Question, fetched: Fetched) -> LoadedPrompt:
        """Serve from now on what the registry answered."""
        seconds = self._ttl if asked.version is None else FOREVER
        with self._writing:
            known = self._entries.get(asked)
            before = None if known is None else known.prompt
            self._cache.put(asked, fetched.prompt, seconds).looks += 1
        _tell(before, fetched)
        self._origins.keep(asked, fetched)
        return fetched.prompt

    def _keep(self, entry: Entry, error: Exception) -> LoadedPrompt:
        """Serve on what is in memory, and say once that it may be old."""
        with self._writing:
            if isinstance(error, RegistryUnavailableError) and self._outage.error is None:
                return entry.prompt  # it answered somebody else meanwhile
            is_known = self._cache.keep(entry, error, self._retry)
        if not is_known:
            load_log.fell_back(entry.prompt)
        return entry.prompt

    def _fall_back(self, asked: Question, error: PromptsyncError) -> LoadedPrompt:
        """Serve what is on disk or was deployed, or what somebody else put into memory."""
        with self._falling_back:
            if (entry := self._entries.get(asked)) is not None:
                return entry.prompt
            found = self._origins.fall_back(asked, reason(error))
            if found is None:
                raise self._nothing(asked, error) from error
            with self._writing:
                if (entry := self._entries.get(asked)) is not None:
                    return entry.prompt
                entry = self._cache.put(asked, found, self._retry)
                entry.trouble = trouble_of(error)
        load_log.fell_back(found)
        return found

    def _nothing(self, asked: Question, error: PromptsyncError) -> PromptsyncError:
        """Return the error where there is no fallback, and have the next load find better."""
        if isinstance(error, LoadError):
            return error
        if self._outage.error is not None:
            self._ask(asked, looks=0)
        return RegistryUnavailableError(
            f"`{asked.name}` cannot be loaded, and nothing is there in its place: {error.message}",
            hint="`promptsync bundle` makes what a process serves when its registry is down",
        )


def _landed(flight: Flight[LoadedPrompt]) -> LoadedPrompt:
    from concurrent.futures import CancelledError  # noqa: PLC0415  as above

    try:
        return flight.answer.result()
    except CancelledError:
        raise UsageError(_CLOSED) from None


def _tell(before: LoadedPrompt | None, fetched: Fetched) -> None:
    loaded = fetched.prompt
    known = before and (before.version, before.content_hash)
    if known != (loaded.version, loaded.content_hash):
        load_log.changed(loaded)
        if fetched.doubt is not None:
            load_log.unproven(loaded, fetched.doubt)
    if before is not None and before.is_fallback:
        load_log.recovered(loaded)


def _check_times(*, timeout: float, **seconds: float) -> None:
    for name, value in {"timeout": timeout, **seconds}.items():
        if isinstance(value, bool) or not value >= 0:
            raise UsageError(f"`{name}` is a number of seconds, not {value!r}")
    if not 0 < timeout < FOREVER:
        raise UsageError("`timeout` is a number of seconds above 0")


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  pathlib costs 5 ms
    except OSError:  # somebody deleted it
        return os.curdir


def _folder(cache: str | os.PathLike[str] | Literal[False] | None) -> Path | Literal[False] | None:
    if not cache:
        return False if cache is False else None
    from pathlib import Path  # noqa: PLC0415  costs 5 ms, and few name a folder

    return Path(cache)
