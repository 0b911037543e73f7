"""Read all prompts of a project in the fewest requests: pages of prompts, and their versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from promptsync.daemon_threads import DaemonThreads
from promptsync.errors import RegistryAnswerError
from promptsync.prompt import JsonObject
from promptsync.registries.opik_api import PAGE_SIZE, id_of
from promptsync.registries.opik_fields import read_prompt
from promptsync.registries.opik_project import OpikProject
from promptsync.registries.opik_version_cache import KnownPrompt
from promptsync.remote_prompt import RemotePrompt

# How often a listing is read anew that changed while its pages were read.
READ_AGAIN = 2

# Two million prompts, at the size that is asked for; a server that says more is not believed.
MOST_PAGES = 2000

# What stands for a count that the service did not send.
_UNCOUNTED = -2

# A prompt as a list or a read shows it, with the version that is wanted of it.
Pair: TypeAlias = tuple[JsonObject, JsonObject]
_Read: TypeAlias = Future[Pair | None]


@dataclass(frozen=True, slots=True)
class _Page:
    """Which prompts a page has of how many, and what it began.

    `expected` maps prompts to the versions that are on their way, `reads` asks for the others.
    The first page knows what is on its way, `ahead`, and the pages behind it.
    """

    listed: Mapping[str, JsonObject]
    total: int
    expected: Mapping[str, str]
    reads: Mapping[str, _Read]
    ahead: Sequence[Future[list[JsonObject]]] = field(default=())
    more: Sequence[Future[_Page]] = field(default=())


@dataclass(frozen=True, slots=True)
class OpikListing:
    """A reading of the latest version of each prompt, or of the one an alias points at.

    Which versions that were is remembered, and they are asked for together with the list that
    tells whether they still are: two requests read 1,000 prompts, where each prompt takes one
    otherwise. `names` narrows it.
    """

    project: OpikProject
    threads: DaemonThreads
    alias: str | None = None
    names: Collection[str] | None = None

    def begin(self) -> Future[_Page]:
        """Send the first requests; what they answer begins the others."""
        return self.threads.submit(self._read_first)

    def finish(self, first: Future[_Page]) -> Iterator[RemotePrompt]:
        """Yield what was read, each prompt once."""
        pages = _gathered(first)
        for _ in range(READ_AGAIN):
            if len({each for page in pages for each in page.listed}) >= max(
                page.total for page in pages
            ):
                break
            # Prompts were made or removed meanwhile, and moved others to pages already read.
            pages += _gathered(self.begin())
        seen: dict[str, KnownPrompt] = {}
        for prompt_id, (container, version) in self._pairs(pages).items():
            seen[prompt_id] = self._known(prompt_id, container, version)
            yield read_prompt(container, version)
        everything = self.alias is None and self.names is None
        self.project.cache.put(seen, everything=everything)

    def _read_first(self) -> _Page:
        project_id = self.project.id()
        ahead = [self.threads.submit(self.project.api.read_versions, ids) for ids in self._chunks()]
        page = self._read_page(1, project_id)
        if not page.total:
            # A project that is gone looks like one that is empty.
            project_id = self.project.confirm()
            page = self._read_page(1, project_id)
        numbers = _further_pages(page)
        more = [self.threads.submit(self._read_page, each, project_id) for each in numbers]
        return replace(page, ahead=ahead, more=more)

    def _chunks(self) -> Iterator[list[str]]:
        """Cut the versions that are expected into what one request may ask for."""
        known = (
            self._expected(each)
            for each in self.project.cache.all()
            if self.names is None or each.name in self.names
        )
        ids = [each for each in known if each is not None]
        return (ids[at : at + PAGE_SIZE] for at in range(0, len(ids), PAGE_SIZE))

    def _expected(self, known: KnownPrompt) -> str | None:
        return known.version_id if self.alias is None else known.aliases.get(self.alias)

    def _read_page(self, number: int, project_id: str) -> _Page:
        page = self.project.api.list_prompts(project_id, number)
        listed = {id_of(each): each for each in page.objects}
        expected: dict[str, str] = {}
        reads: dict[str, _Read] = {}
        for prompt_id, container in listed.items():
            if not self._is_wanted(container):
                continue
            if version_id := self._version_id(prompt_id, container):
                expected[prompt_id] = version_id
            else:
                reads[prompt_id] = self.threads.submit(self._read_one, prompt_id)
        return _Page(listed, page.total, expected, reads)

    def _is_wanted(self, container: JsonObject) -> bool:
        name = str(container.get("name"))
        return self.project.has(container, name) and (self.names is None or name in self.names)

    def _version_id(self, prompt_id: str, container: JsonObject) -> str | None:
        """Return the version that is expected, None where it has to be asked for."""
        known = self.project.cache.get(prompt_id)
        state = _state(container)
        is_same = known is not None and (known.count, known.updated) == state
        # Some releases do not move the time: only the count tells that nothing was added.
        is_known = known is not None and (
            self.alias is not None or (is_same and state[0] != _UNCOUNTED)
        )
        return self._expected(known) if known and is_known else None

    def _pairs(self, pages: Sequence[_Page]) -> Mapping[str, Pair]:
        """Put versions to their prompts; those that turn out to be others are asked for."""
        ahead = [version for page in pages for read in page.ahead for version in read.result()]
        versions = {version.get("id"): version for version in ahead}
        pairs: dict[str, Pair] = {}
        reads = {each: read for page in pages for each, read in page.reads.items()}
        for page in pages:
            for prompt_id, version_id in page.expected.items():
                version = versions.get(version_id)
                if version is not None and self._is_right(prompt_id, version):
                    pairs[prompt_id] = page.listed[prompt_id], version
                elif prompt_id not in reads:
                    reads[prompt_id] = self.threads.submit(self._read_one, prompt_id)
        for prompt_id, read in reads.items():
            if (pair := read.result()) is not None:
                pairs[prompt_id] = pair
        return pairs

    def _is_right(self, prompt_id: str, version: JsonObject) -> bool:
        if version.get("prompt_id") != prompt_id:
            return False
        # One version owns an environment, so that its word proves what the alias points at.
        return self.alias is None or self.alias in (version.get("environments") or ())

    def _read_one(self, prompt_id: str) -> Pair | None:
        found = self.project.api.read_prompt(prompt_id, environment=self.alias)
        version = version_of(found, self.alias) if found else None
        return (found, version) if found and version else None

    def _known(self, prompt_id: str, container: JsonObject, version: JsonObject) -> KnownPrompt:
        before = self.project.cache.get(prompt_id)
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
    return (count if isinstance(count, int) else _UNCOUNTED), str(container.get("last_updated_at"))


def _further_pages(first: _Page) -> range:
    """Return the numbers of the pages behind the first one, of the same size."""
    size = len(first.listed)
    count = -(-first.total // size) if size else 0
    if count > MOST_PAGES:
        raise RegistryAnswerError("Opik says that it has more pages of prompts than there can be")
    return range(2, count + 1)


def _gathered(first: Future[_Page]) -> list[_Page]:
    page = first.result()
    return [page, *(each.result() for each in page.more)]
