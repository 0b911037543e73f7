"""What a client serves once its registry answered or failed: put into memory, and told to the log.

Nothing here waits for the network; files are read where memory has nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from promptsync import load_log
from promptsync.errors import LoadError, PromptsyncError, RegistryError, RegistryUnavailableError
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.origins import Fetched, Origins
from promptsync.outage import Outage
from promptsync.prompt_cache import FOREVER, Entry, PromptCache, Question, reason, trouble_of


class Serving:
    """The memory of one client, and what is known of its registry. Safe in threads.

    A prompt is fresh for `ttl` seconds; a registry that is down is left alone for `retry`.
    """

    def __init__(
        self, origins: Origins, *, ttl: float, retry: float, clock: Callable[[], float]
    ) -> None:
        self.cache = PromptCache(clock)
        self.outage = Outage(retry, clock)
        # How often the registry answered, whatever it was asked.
        self.answers = 0
        self._entries = self.cache.entries
        self._origins = origins
        self._ttl = ttl
        self._retry = retry
        self._forgotten: dict[str, int] = {}
        self._renew()

    def after_fork(self) -> None:
        """Go on in a child process: with the prompts, without locks that a thread may have held."""
        self.outage.after_fork()
        self._renew()

    def _renew(self) -> None:
        # Locks that a thread takes again: a handler of a signal, or an object's `__del__`, may use
        # the client in the middle of what this thread does with it.
        self._writing = threading.RLock()
        self._falling_back = threading.RLock()

    def hear(self, error: Exception | None, answers: int) -> None:
        """Note that the registry answered, or that it was silent to everybody who asked.

        `answers` is how many there were when it was asked.
        """
        if isinstance(error, RegistryUnavailableError):
            if self.answers == answers:
                self.outage.begin(error)
        elif error is None or isinstance(error, RegistryError | LoadError):
            self.answers += 1
            if self.outage.end():
                self.cache.expire_fallbacks()

    def times_forgotten(self, name: str) -> int:
        """Return how often a prompt was forgotten; an answer to an older question may be old."""
        return self._forgotten.get(name, 0)

    def forget(self, name: str) -> None:
        """Have what an alias pointed at fetched before it is served again, if that is possible."""
        with self._writing:
            self._forgotten[name] = self.times_forgotten(name) + 1
            self.cache.outdate(name)

    def rest(self, entry: Entry, seconds: float) -> None:
        """Let nobody look at an entry for so long, unless it is known to be another one now."""
        with self._writing:
            if not entry.is_outdated:
                self.cache.rest(entry, seconds)

    def serve(self, asked: Question, fetched: Fetched, times_forgotten: int) -> LoadedPrompt:
        """Serve from now on what the registry answered."""
        seconds = self._ttl if asked.version is None else FOREVER
        with self._writing:
            if self.times_forgotten(asked.name) != times_forgotten:
                return fetched.prompt  # the alias may have moved while that travelled
            known = self._entries.get(asked)
            before = None if known is None else known.prompt
            entry = self.cache.put(asked, fetched.prompt, seconds)
            entry.looks += 1
            is_doubt_known, entry.doubt = entry.doubt == fetched.doubt, fetched.doubt
        _tell(before, fetched, is_doubt_known=is_doubt_known)
        self._origins.keep(asked, fetched)
        return fetched.prompt

    def keep(self, entry: Entry, error: Exception, *, is_hearsay: bool = False) -> LoadedPrompt:
        """Serve on what is in memory, and say once that it may be old."""
        with self._writing:
            if is_hearsay and self.outage.error is None:
                return entry.prompt  # it answers again, and may have answered this question
            is_known = self.cache.keep(entry, error, self._retry)
        if not is_known:
            load_log.fell_back(entry.prompt)
        return entry.prompt

    def deployed(self, asked: Question) -> LoadedPrompt:
        """Serve for good what was deployed, as an application does that is offline."""
        loaded = self._origins.deployed(asked)
        with self._writing:
            entry = self.cache.put(asked, loaded, FOREVER)
        load_log.changed(loaded)
        return entry.prompt

    def fall_back(self, asked: Question, error: PromptsyncError) -> LoadedPrompt | None:
        """Serve what is on disk or was deployed, or what somebody else put into memory."""
        with self._falling_back:
            entry = self._entries.get(asked)
            found = self._find(asked, error) if entry is None else None
        self._origins.tell()  # a handler of the log that loads, too, has a lock of its own
        if entry is not None:
            is_old = entry.is_outdated
            return self.keep(entry, error, is_hearsay=True) if is_old else entry.prompt
        # What the registry answered meanwhile was told by whoever asked it.
        if found is not None and found.is_fallback:
            load_log.fell_back(found)
        return found

    def _find(self, asked: Question, error: PromptsyncError) -> LoadedPrompt | None:
        found = self._origins.fall_back(asked, reason(error))
        if found is None:
            return None
        with self._writing:
            if (entry := self._entries.get(asked)) is not None:
                return entry.prompt
            entry = self.cache.put(asked, found, self._retry)
            entry.trouble = trouble_of(error)
        return found


def _tell(before: LoadedPrompt | None, fetched: Fetched, *, is_doubt_known: bool) -> None:
    loaded = fetched.prompt
    known = before and (before.version, before.content_hash)
    if known != (loaded.version, loaded.content_hash):
        load_log.changed(loaded)
    if fetched.doubt is not None and not is_doubt_known:
        load_log.unproven(loaded, fetched.doubt)
    if before is not None and before.is_fallback:
        load_log.recovered(loaded)
