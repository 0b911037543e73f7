"""The prompts that a process serves from memory, and those it served before."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from promptsync.errors import PromptsyncError, RegistryAnswerError, RegistryUnavailableError
from promptsync.light_dataclass import replace
from promptsync.loaded_prompt import LoadedPrompt, Source

FOREVER = float("inf")

# Replaced versions that are remembered; a process may run for years.
_PAST = 1000


class Question(NamedTuple):
    """What an application asks for, as it asks: no alias may mean that of the configuration."""

    name: str
    alias: str | None = None
    version: str | None = None


class Entry:
    """What is served for a question, and from which moment to which one without a second look.

    `looks` counts how often the registry was asked about it, and `trouble` is the kind of what came
    of the last time, None for an answer. `doubt` is why the stamp of an answer did not prove it.
    `is_outdated` says that it is known to be another one now.
    """

    __slots__ = (
        "doubt",
        "is_outdated",
        "looks",
        "prompt",
        "question",
        "since",
        "trouble",
        "until",
    )

    def __init__(
        self, question: Question, prompt: LoadedPrompt, since: float, until: float
    ) -> None:
        self.question, self.prompt = question, prompt
        self.since, self.until = since, until
        self.looks = 0
        self.trouble: str | None = None
        self.doubt: str | None = None
        self.is_outdated = False


class PromptCache:
    """Entries by question. Reading takes no lock; whoever writes holds one of his own.

    An entry stays as long as the process: what it was asked for once it is asked for again.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.entries: dict[tuple[str, str | None, str | None], Entry] = {}
        self._past: dict[tuple[object, ...], LoadedPrompt] = {}

    def put(self, question: Question, prompt: LoadedPrompt, seconds: float) -> Entry:
        """Serve a prompt from now on; an equal one stays the same object."""
        now = self._clock()
        if prompt.source is Source.REGISTRY:
            prompt = replace(prompt, source=Source.MEMORY)
        entry = self.entries.get(question)
        if entry is None:
            entry = Entry(question, prompt, now, now + seconds)
        elif entry.prompt != prompt:
            self._remember(_identity(question.version, entry.prompt), entry.prompt)
            entry.prompt = prompt
        entry.since, entry.until, entry.trouble = now, now + seconds, None
        entry.is_outdated = False
        self.entries[question] = entry
        return entry

    def _remember(self, identity: tuple[object, ...], prompt: LoadedPrompt) -> None:
        self._past.pop(identity, None)
        self._past[identity] = prompt
        if len(self._past) > _PAST:
            del self._past[next(iter(self._past))]

    def keep(self, entry: Entry, error: Exception, seconds: float) -> bool:
        """Serve an entry on although the registry failed; tell whether that is known already."""
        is_known, entry.trouble = entry.trouble == trouble_of(error), trouble_of(error)
        entry.is_outdated = False
        if not is_known:
            entry.prompt = replace(entry.prompt, is_fallback=True, reason=reason(error))
        self.rest(entry, seconds)
        return is_known

    def rest(self, entry: Entry, seconds: float) -> None:
        """Let nobody look a second time for so long."""
        entry.since = self._clock()
        entry.until = entry.since + seconds

    def outdate(self, name: str) -> None:
        """Have nobody served what an alias pointed at, unless nothing else can be had."""
        for entry in tuple(self.entries.values()):
            if entry.question.name == name and entry.question.version is None:
                entry.is_outdated, entry.until = True, -FOREVER

    def expire_fallbacks(self) -> None:
        """Have everything looked at again that is served because of an outage."""
        for entry in tuple(self.entries.values()):
            if entry.prompt.is_fallback:
                entry.until = -FOREVER

    def active(self, *, past: bool) -> tuple[LoadedPrompt, ...]:
        """Return what is served now for each name, alias and pinned version, sorted by those.

        With the source that each came from: that it is in memory by now goes without saying.
        """
        current = {
            (each.prompt.name, each.prompt.alias, each.question.version): each.prompt
            for each in tuple(self.entries.values())
        }
        served = {_identity(key[2], prompt): prompt for key, prompt in current.items()}
        before = {key: each for key, each in tuple(self._past.items()) if key not in served}
        found = (*served.values(), *before.values()) if past else tuple(served.values())
        return tuple(sorted(map(_with_origin, found), key=_order))


def reason(error: Exception) -> str:
    """Return what an error says, for people."""
    return (
        error.message if isinstance(error, PromptsyncError) else f"{type(error).__name__}: {error}"
    )


def trouble_of(error: Exception) -> str:
    """Return which kind of trouble an error tells of: an outage is one, however it shows."""
    is_outage = isinstance(error, RegistryUnavailableError | RegistryAnswerError)
    return "outage" if is_outage else type(error).__name__


def _with_origin(prompt: LoadedPrompt) -> LoadedPrompt:
    # What comes from elsewhere keeps its source in memory too, see `put`.
    is_fetched = prompt.source is Source.MEMORY
    return replace(prompt, source=Source.REGISTRY) if is_fetched else prompt


def _identity(pin: str | None, prompt: LoadedPrompt) -> tuple[object, ...]:
    return (prompt.name, prompt.alias, pin, prompt.version, prompt.content_hash)


def _order(prompt: LoadedPrompt) -> tuple[str, str, str]:
    return (prompt.name, prompt.alias or "", prompt.version or "")
