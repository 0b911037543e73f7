"""Where the prompts of an application come from: its registry, else its disk, else its bundle.

Everything here waits for files or for the network; no caller's time is looked after.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import NamedTuple

from promptsync import load_log
from promptsync.alias_override import read_alias_override
from promptsync.bundled import Bundled, find_bundled
from promptsync.errors import (
    InvalidContentError,
    PromptFileError,
    RenderError,
    UnknownAliasError,
    UnknownPromptError,
    UsageError,
)
from promptsync.light_dataclass import replace
from promptsync.loaded_prompt import LoadedPrompt, Source, make_loaded_prompt
from promptsync.stamp_check import find_doubt

TYPE_CHECKING = False
if TYPE_CHECKING:  # whoever starts offline waits for no more than it needs
    from pathlib import Path
    from typing import Any, Literal

    from promptsync.bundled_prompt import BundledPrompt
    from promptsync.last_known_good import LastKnownGood
    from promptsync.prompt import Prompt
    from promptsync.prompt_cache import Question
    from promptsync.registries.base import Registry
    from promptsync.remote_prompt import RemotePrompt
    from promptsync.stamp_check import Verify


class Settings(NamedTuple):
    """What an application says about where its prompts come from, see `Client`.

    `patience` bounds everything that is asked for one prompt, in seconds.
    """

    source: str | os.PathLike[str] | None
    package: str | None
    start: str
    registry: str | None
    alias: str | None
    cache: Path | Literal[False] | None
    verify: Verify
    patience: float


class Fetched(NamedTuple):
    """What a registry served; `doubt` says why its stamp does not prove it."""

    prompt: LoadedPrompt
    remote: RemotePrompt
    doubt: str | None


class Origins:
    """The registry, the disk and the bundle or prompt files of one client. Safe in threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._renew()
        self._found: Bundled | None = None
        self._registry: Registry | None = None
        self._kept: LastKnownGood | None = None
        self._override = read_alias_override()
        self._lacking: set[str] = set()
        self._has_told_trouble = False
        self._is_closed = False

    def prepare(self) -> None:
        """Find in the caller's own thread what another one would wait for in vain.

        A package that loads prompts as it is imported is finished when they are there, and to any
        other thread it is there when it is finished. Raises UsageError and ConfigError.
        """
        package = self._settings.package
        if package is None or self._found is not None:
            return
        with suppress(ModuleNotFoundError):  # which is worded where it is looked for
            import_module(package)  # without the lock, for the same reason
        self._bundled()

    def fetch(self, asked: Question) -> Fetched:
        """Ask the registry. Raises what `fetching.fetch` does."""
        fetched = self._fetch_at_alias(asked)
        self._tell_trouble(fetched.prompt)
        return fetched

    def _fetch_at_alias(self, asked: Question) -> Fetched:
        alias, *instead = self._aliases(asked)
        try:
            return self._fetch(asked, alias)
        except UnknownAliasError:
            if not instead:
                raise
        fetched = self._fetch(asked, instead[0])
        self._tell_lack(fetched.prompt)
        return fetched

    def _fetch(self, asked: Question, alias: str | None) -> Fetched:
        from promptsync.fetching import fetch  # an application offline has none

        registry = self._opened()
        try:
            remote = fetch(
                registry,
                self._bundled().served_name(asked.name),
                alias=alias,
                version=asked.version,
                within=self._settings.patience,
                name=asked.name,
            )
        except UnknownPromptError as error:
            raise self._with_hint(asked, error) from error.__cause__
        doubt = find_doubt(remote, self._settings.verify, name=asked.name)
        return Fetched(self._loaded(asked, remote, Source.REGISTRY, alias), remote, doubt)

    def keep(self, asked: Question, fetched: Fetched) -> None:
        """Keep on disk what the registry served."""
        name, kept = self._bundled().served_name(asked.name), self._last_known_good()
        kept.write(name, fetched.prompt.alias, asked.version, fetched.remote)

    def fall_back(self, asked: Question, reason: str) -> LoadedPrompt | None:
        """Return what is served while the registry is not: from disk, else bundle or file.

        `tell` logs what of that could not be read.
        """
        found = next(self._fallbacks(asked), None)
        return found and replace(found, is_fallback=True, reason=reason)

    def way_out(self, asked: Question) -> str:
        """Return the hint of an outage in which there is nothing to serve."""
        from promptsync.unknown_names import way_out  # few processes have no fallback

        return way_out(asked.name, self._bundled())

    def tell(self) -> None:
        """Log what could not be read from disk, for a caller that holds no lock by now."""
        if self._kept is not None:
            self._kept.tell()

    def deployed(self, asked: Question) -> LoadedPrompt:
        """Return what the bundle or the prompt files have.

        Raises UnknownPromptError, and PromptFileError for a prompt file that is wrong.
        """
        bundled = self._bundled()
        if (found := bundled.find(asked.name)) is None:
            why = bundled.why_not(asked.name)
            if isinstance(why, PromptFileError):
                raise why
            error = UnknownPromptError(
                why.message if why else f"there is no prompt `{asked.name}`",
                hint=why.hint if why else None,
            )
            raise self._with_hint(asked, error)
        deployed = self._deployed(asked, found)
        if len(self._aliases(asked)) > 1:
            self._tell_lack(deployed)
        return deployed

    def close(self) -> None:
        """Give back connections; the registry is asked nothing after that."""
        self._is_closed = True
        registry, self._registry = self._registry, None
        if registry is not None:
            registry.close()

    def after_fork(self) -> None:
        """Leave the parent's connections to it, and drop locks that its threads may have held."""
        self._renew()
        if self._registry is not None:
            _LEFT_TO_THE_PARENT.append(self._registry)
            self._registry = None

    def _renew(self) -> None:
        self._lock = threading.RLock()
        # Another lock: an adapter takes long to import, and who waits no longer needs the first.
        self._opening = threading.RLock()

    def _fallbacks(self, asked: Question) -> Iterator[LoadedPrompt]:
        name = self._bundled().served_name(asked.name)
        for alias in self._aliases(asked):
            kept = self._last_known_good().read(name, alias, asked.version)
            if kept is not None:
                with suppress(InvalidContentError):
                    find_doubt(kept, self._settings.verify, name=asked.name)
                    yield self._loaded(asked, kept, Source.DISK, alias)
        with suppress(InvalidContentError):
            if (found := self._bundled().find(asked.name)) is not None:
                yield self._deployed(asked, found)

    def _loaded(
        self, asked: Question, remote: RemotePrompt, source: Source, alias: str | None
    ) -> LoadedPrompt:
        registry, stamp = self._bundled().registry, remote.stamp
        is_proven = stamp is not None and stamp.content_hash == remote.content_hash
        return _understood(
            replace(remote.prompt, name=asked.name),
            content_hash=remote.content_hash,
            source=source,
            version=remote.version,
            alias=alias,
            commit=stamp.commit if stamp and is_proven else None,
            path=stamp.path if stamp else None,
            registry=registry.name,
            kind=registry.kind,
            service_ids=remote.service_ids,
        )

    def _deployed(self, asked: Question, found: BundledPrompt) -> LoadedPrompt:
        registry = self._bundled().registry
        return _understood(
            found.prompt,
            content_hash=found.content_hash,
            source=found.source,
            alias=self._alias(asked),
            commit=found.commit,
            path=found.path,
            registry=registry.name,
            kind=registry.kind,
        )

    def _with_hint(self, asked: Question, error: UnknownPromptError) -> UnknownPromptError:
        from promptsync.unknown_names import with_hint  # few names are wrong

        return with_hint(error, asked.name, self._bundled())

    def _alias(self, asked: Question) -> str | None:
        if asked.version is not None:
            return None
        return asked.alias or self._settings.alias or self._bundled().registry.alias

    def _aliases(self, asked: Question) -> tuple[str | None, ...]:
        """Return the alias to ask for, and the program's own after one of the environment."""
        alias = self._alias(asked)
        if self._override is None:
            return (alias,)
        names = (asked.name, self._bundled().served_name(asked.name))
        return self._override.aliases(names, alias=alias, version=asked.version)

    def _tell_lack(self, loaded: LoadedPrompt) -> None:
        """Log once for each prompt that it is not served at the alias of the environment."""
        with self._lock:
            is_known = loaded.name in self._lacking
            self._lacking.add(loaded.name)
        if self._override is not None and not is_known:
            load_log.lacks_alias(loaded, self._override.alias)

    def _tell_trouble(self, loaded: LoadedPrompt) -> None:
        """Log once, while the registry answers, that nothing is deployed for when it does not."""
        with self._lock:
            is_known, self._has_told_trouble = self._has_told_trouble, True
        if not is_known and (trouble := self._bundled().trouble) is not None:
            load_log.has_no_bundle(loaded, trouble)

    def _bundled(self) -> Bundled:
        with self._lock:
            if self._found is None:
                given = self._settings
                self._found = find_bundled(given.source, given.package, given.start, given.registry)
            return self._found

    def _opened(self) -> Registry:
        from promptsync.fetching import open_for_loading

        bundled = self._bundled()
        with self._opening:
            opened = self._registry
            if opened is None and not self._is_closed:
                opened = self._registry = open_for_loading(
                    bundled.registry, bundled.folder, self._settings.patience
                )
            if opened is None or self._is_closed:
                if opened is not None:
                    opened.close()  # nobody else may know what was opened meanwhile
                raise UsageError("this client was closed")
            return opened

    def _last_known_good(self) -> LastKnownGood:
        from promptsync.last_known_good import (  # as for fetching
            LastKnownGood,
            default_folder,
        )
        from promptsync.registry_identity import registry_key  # as for fetching

        bundled = self._bundled()
        with self._lock:
            if self._kept is None:
                given = self._settings.cache
                folder = None if given is False else given or default_folder()
                self._kept = LastKnownGood(folder, registry_key(bundled.registry, bundled.folder))
            return self._kept


def _understood(prompt: Prompt, **facts: Any) -> LoadedPrompt:
    try:
        return make_loaded_prompt(prompt, **facts)
    except RenderError as error:
        raise InvalidContentError(error.message, hint=error.hint) from error


# Closing a connection would say goodbye to the server in the parent's name.
_LEFT_TO_THE_PARENT: list[Registry] = []
