"""Load prompts beyond memory: who waits for the registry, and for how long.

What a caller's thread does here waits for nothing but files; the registry is waited for in the
threads of `Flights`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from promptsync.argument_checks import check_optional_texts, check_text
from promptsync.background import BackgroundThreads
from promptsync.errors import (
    LoadError,
    PromptsyncError,
    RegistryAnswerError,
    RegistryUnavailableError,
    UsageError,
)
from promptsync.forking import survive_forks
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.origins import Origins, Settings
from promptsync.outage import MissingRegistryError
from promptsync.prompt_cache import Entry, Question
from promptsync.serving import Serving
from promptsync.stamp_check import UnprovenContentError

TYPE_CHECKING = False
if TYPE_CHECKING:  # whoever starts offline waits for no more than it needs
    from promptsync.flights import Flight, Flights

    # How often the prompt was forgotten when it was asked for comes with the question.
    _Key = tuple[Question, int]

_THREADS = 8
# What a thread may need, on a busy machine, to end when its client was closed; in seconds. One that
# cannot be woken, such as by a name server that is silent, is left behind after that.
_GRACE = 2.0
# What the registry has, if it has any, is none of these errors' fault.
_FALL_BACK = (
    RegistryUnavailableError,
    RegistryAnswerError,
    MissingRegistryError,
    UnprovenContentError,
)
# A load that finds nothing to serve has the registry asked, unless it has so much to do already:
# names may come from whoever uses the application, and an outage may last.
_QUEUE = 100


class ClosedClientError(UsageError):
    """The client was closed, before or while it should have asked the registry."""

    def __init__(self) -> None:
        super().__init__("this client was closed", hint="load with another `Client`")


class Times(NamedTuple):
    """How long a prompt is fresh, a caller waits, and a registry that is down is left alone."""

    ttl: float
    timeout: float
    retry: float


class Waiting(NamedTuple):
    """A question under way; `answers` is how many the registry had given when the wait began."""

    flight: Flight[LoadedPrompt]
    answers: int


class Loading:
    """What one client does for a load that memory cannot answer. Safe in threads."""

    def __init__(
        self, settings: Settings, times: Times, *, is_offline: bool, clock: Callable[[], float]
    ) -> None:
        self._times = times
        self._is_offline = is_offline
        self._is_closed = False
        self._origins = Origins(settings)
        self._serving = Serving(self._origins, ttl=times.ttl, retry=times.retry, clock=clock)
        self._outage = self._serving.outage
        self.cache = self._serving.cache
        self._entries = self.cache.entries
        self._renew()
        survive_forks(self)

    def close(self) -> None:
        """End what is under way and give back connections; nothing is fetched after that."""
        self._is_closed = True
        with self._asking:
            if self._flights is not None:
                self._flights.close()
        self._origins.close()
        self._threads.join(_GRACE)
        self.local_threads.join(_GRACE)

    def forget(self, name: str) -> None:
        """Have what an alias pointed at fetched before it is served again, if that is possible."""
        if not self._is_offline:
            self._serving.forget(name)

    def after_fork(self) -> None:
        """Go on in a child process: with the prompts, without threads, locks and connections."""
        self._serving.after_fork()
        self._origins.after_fork()
        self._renew()

    def _renew(self) -> None:
        # As those of `Serving`: a handler of a signal may load or close while its thread has it.
        self._asking = threading.RLock()
        self._threads = BackgroundThreads(_THREADS, "promptsync-load")
        self.local_threads = BackgroundThreads(2, "promptsync-fallback")
        self._flights: Flights[_Key, LoadedPrompt] | None = None

    # -- in the caller's thread --

    def begin(self, asked: Question) -> LoadedPrompt | Waiting | None:
        """Return a stale prompt, a question to wait for, or None where nobody should wait."""
        check_text("name", asked.name)
        check_optional_texts(alias=asked.alias, version=asked.version)
        entry = self._entries.get(asked)
        if entry is not None and (self._is_closed or not entry.is_outdated):
            self._look_after(entry)
            return entry.prompt
        if asked.alias is not None and asked.version is not None:
            raise UsageError(f"load `{asked.name}` by an alias or a version, not by both")
        self._origins.prepare()
        is_down = self._outage.error is not None
        if self._is_offline or (is_down and not self._outage.claim_probe()):
            return None
        looks = 0 if entry is None else entry.looks
        answers, flight = self._serving.answers, self._ask(asked, looks=looks)
        return None if is_down or flight is None else Waiting(flight, answers)

    def instead(self, asked: Question, late: Waiting | None) -> LoadedPrompt:
        """Return what is served to somebody who waits for the registry no longer."""
        if self._is_offline:
            return self._serving.deployed(asked)
        error = self._outage.error or RegistryUnavailableError("the registry was not asked")
        if late is not None:
            error = RegistryUnavailableError(f"no answer within {self._times.timeout:g} s")
            # It may answer others, or be busy with them.
            if late.flight.has_begun and self._serving.answers == late.answers:
                self._outage.begin(error)
        return self._fall_back(asked, error)

    def _look_after(self, entry: Entry) -> None:
        """See to it that a stale entry is fetched again, once."""
        error = self._outage.error
        if self._is_offline or self._is_closed:
            self.cache.rest(entry, self._times.retry)
        elif error is not None and not self._outage.claim_probe():
            self._serving.keep(entry, error, is_hearsay=True)
        else:
            looks = entry.looks
            self._serving.rest(entry, self._times.timeout)
            with suppress(UsageError):  # it was closed this very moment
                self._ask(entry.question, looks=looks)

    def _ask(self, asked: Question, *, looks: int) -> Flight[LoadedPrompt] | None:
        # Whoever forgot a prompt shares no question that was asked before.
        times_forgotten = self._serving.times_forgotten(asked.name)
        was_down = self._outage.error is not None
        ask = partial(self._fetch, asked, looks, times_forgotten, was_down=was_down)
        try:
            return self._questions().join((asked, times_forgotten), ask)
        except RuntimeError:  # no thread can be started: too many, or the interpreter ends
            return None

    def _questions(self) -> Flights[_Key, LoadedPrompt]:
        from promptsync.flights import Flights  # futures import logging, 10 ms

        with self._asking:
            if self._flights is None:
                self._flights = Flights(self._threads, ClosedClientError)
                if self._is_closed:
                    self._flights.close()
            return self._flights

    # -- in the thread that waits for the registry --

    def _fetch(
        self, asked: Question, looks: int, times_forgotten: int, *, was_down: bool
    ) -> LoadedPrompt:
        """Ask the registry, unless it was asked since somebody found that it should be."""
        entry = self._entries.get(asked)
        if entry is not None and entry.looks != looks:
            return entry.prompt
        if not was_down and (known := self._outage.error) is not None:
            # Found out while this waited for a thread: a thousand need not do so one by one.
            if entry is None:
                return self._fall_back(asked, known)
            return self._serving.keep(entry, known, is_hearsay=True)
        answers = self._serving.answers
        try:
            fetched = self._origins.fetch(asked)
        except Exception as error:
            if self._is_closed:  # it ends because of that
                raise ClosedClientError from error
            self._serving.hear(error, answers)
            if (served := self._despite(error, asked)) is None:
                raise
            return served
        if self._is_closed:  # nobody waits for it any more
            raise ClosedClientError
        self._serving.hear(None, answers)
        return self._serving.serve(asked, fetched, times_forgotten)

    def _despite(self, error: Exception, asked: Question) -> LoadedPrompt | None:
        """Return what is served although the registry failed, None where that is to be raised."""
        # It may have come into being while the registry was waited for.
        if (entry := self._entries.get(asked)) is not None:
            entry.looks += 1
            return self._serving.keep(entry, error)
        return self._fall_back(asked, error) if isinstance(error, _FALL_BACK) else None

    # -- in either --

    def _fall_back(self, asked: Question, error: PromptsyncError) -> LoadedPrompt:
        if (found := self._serving.fall_back(asked, error)) is None:
            raise self._nothing(asked, error) from error
        return found

    def _nothing(self, asked: Question, error: PromptsyncError) -> PromptsyncError:
        """Return the error where there is no fallback, and have the next load find better."""
        if isinstance(error, LoadError):
            return error
        if self._outage.error is not None and self._questions().count < _QUEUE:
            self._ask(asked, looks=0)
        return RegistryUnavailableError(
            f"`{asked.name}` cannot be loaded, and nothing is there in its place: {error.message}",
            hint=self._origins.way_out(asked),
        )
