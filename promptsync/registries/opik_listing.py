"""Read all prompts of a project in the fewest requests: pages of prompts, then their versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from promptsync.daemon_threads import DaemonThreads
from promptsync.prompt import JsonObject
from promptsync.registries.opik_api import PAGE_SIZE, id_of
from promptsync.registries.opik_fields import read_prompt
from promptsync.registries.opik_project import OpikProject
from promptsync.registries.opik_version_cache import KnownPrompt
from promptsync.remote_prompt import RemotePrompt

# How often a listing is read anew that changed while its pages were read.
READ_AGAIN = 2

# A prompt as a list or a read shows it, with the version that is wanted of it.
Pair: TypeAlias = tuple[JsonObject, JsonObject]


@dataclass(frozen=True, slots=True)
class _Page:
    """Which prompts a page has of how many, and what it began: reads of versions, other pages."""

    ids: frozenset[str]
    total: int
    reads: Sequence[Future[list[Pair]]]
    more: Sequence[Future[_Page]] = field(default=())


@dataclass(frozen=True, slots=True)
class OpikListing:
    """A reading of the latest version of each prompt, or of the one an alias points at.

    Which versions that were is remembered: then two requests read 1,000 prompts, where each
    prompt takes one otherwise. `names` narrows it.
    """

    project: OpikProject
    threads: DaemonThreads
    alias: str | None = None
    names: Collection[str] | None = None

    def begin(self) -> Future[_Page]:
        """Send the first request; what it answers begins the others."""
        return self.threads.submit(self._read_first)

    def finish(self, first: Future[_Page]) -> Iterator[RemotePrompt]:
        """Yield what was read, each prompt once."""
        pages = _gathered(first)
        for _ in range(READ_AGAIN):
            if len(_ids(pages)) >= max(each.total for each in pages):
                break
            # Prompts were made or removed meanwhile, and moved others to pages already read.
            pages += _gathered(self.begin())
        seen: dict[str, KnownPrompt] = {}
        for container, version in _once(pages):
            prompt_id = id_of(container)
            seen[prompt_id] = self._known(container, version)
            yield read_prompt(container, version)
        everything = self.alias is None and self.names is None
        self.project.cache.put(seen, everything=everything)

    def _read_first(self) -> _Page:
        page = self._read_page(1, self.project.id())
        if not page.total:
            # A project that is gone looks like one that is empty.
            page = self._read_page(1, self.project.confirm())
        size, project_id = len(page.ids), self.project.id()
        numbers = range(2, -(-page.total // size) + 1) if size else range(0)
        more = [self.threads.submit(self._read_page, each, project_id) for each in numbers]
        return replace(page, more=more)

    def _read_page(self, number: int, project_id: str) -> _Page:
        page = self.project.api.list_prompts(project_id, number)
        wanted = [each for each in page.objects if self._is_wanted(each)]
        known = {id_of(each): each for each in wanted if self._version_id(each)}
        # A server may send fewer than it was asked for, never more.
        chunks = [
            list(known.values())[at : at + PAGE_SIZE] for at in range(0, len(known), PAGE_SIZE)
        ]
        reads = [self.threads.submit(self._read_known, chunk) for chunk in chunks]
        unknown = (each for each in wanted if id_of(each) not in known)
        reads += [self.threads.submit(self._read_one, each) for each in unknown]
        return _Page(frozenset(map(id_of, page.objects)), page.total, reads)

    def _is_wanted(self, container: JsonObject) -> bool:
        name = str(container.get("name"))
        return self.project.has(container, name) and (self.names is None or name in self.names)

    def _version_id(self, container: JsonObject) -> str | None:
        """Return the version that is expected, None where it has to be asked for."""
        known = self.project.cache.get(id_of(container))
        if known is None:
            return None
        if self.alias is not None:
            return known.aliases.get(self.alias)
        is_latest = (known.count, known.updated) == _state(container)
        return known.version_id if is_latest else None

    def _read_known(self, containers: Sequence[JsonObject]) -> list[Pair]:
        """Read expected versions at once, and one by one those that turn out to be others."""
        expected = {id_of(each): self._version_id(each) for each in containers}
        ids = [each for each in expected.values() if each is not None]
        found = {each.get("id"): each for each in self.project.api.read_versions(ids)}
        pairs: list[Pair] = []
        for container in containers:
            version = found.get(expected[id_of(container)])
            if version is not None and self._is_right(container, version):
                pairs.append((container, version))
            else:
                pairs += self._read_one(container)
        return pairs

    def _is_right(self, container: JsonObject, version: JsonObject) -> bool:
        if version.get("prompt_id") != container.get("id"):
            return False
        # One version owns an environment, so that its word proves what the alias points at.
        return self.alias is None or self.alias in (version.get("environments") or ())

    def _read_one(self, container: JsonObject) -> list[Pair]:
        found = self.project.api.read_prompt(id_of(container), environment=self.alias)
        version = version_of(found, self.alias) if found else None
        return [(found, version)] if found and version else []

    def _known(self, container: JsonObject, version: JsonObject) -> KnownPrompt:
        before = self.project.cache.get(id_of(container))
        count, updated = _state(container)
        name, version_id = str(container.get("name")), id_of(version)
        if self.alias is None:
            aliases = before.aliases if before else {}
            return KnownPrompt(name, count, updated, version_id, aliases)
        if before is None:
            # A count that no prompt has: the latest version is not known.
            before = KnownPrompt(name, -1, "", version_id)
        return replace(before, aliases={**before.aliases, self.alias: version_id})


def version_of(found: JsonObject, alias: str | None) -> JsonObject | None:
    """Return the version that was asked for of a prompt that was read whole."""
    version = found.get("latest_version" if alias is None else "requested_version")
    return version if isinstance(version, dict) else None


def _state(container: JsonObject) -> tuple[int, str]:
    count = container.get("version_count")
    return (count if isinstance(count, int) else -2), str(container.get("last_updated_at"))


def _gathered(first: Future[_Page]) -> list[_Page]:
    page = first.result()
    return [page, *(each.result() for each in page.more)]


def _ids(pages: Sequence[_Page]) -> set[str]:
    return {each for page in pages for each in page.ids}


def _once(pages: Sequence[_Page]) -> Iterator[Pair]:
    """Yield each prompt once: one that was made while pages were read moves others on."""
    seen: set[str] = set()
    for page in pages:
        for read in page.reads:
            for container, version in read.result():
                if id_of(container) not in seen:
                    seen.add(id_of(container))
                    yield container, version
