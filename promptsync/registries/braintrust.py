"""Braintrust: prompts over its REST API, without its SDK."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import urlsplit

from promptsync.daemon_threads import DaemonThreads
from promptsync.errors import ConfigError, RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject, Prompt
from promptsync.registries.base import ANY_VERSION, AskNames
from promptsync.registries.braintrust_answers import id_of
from promptsync.registries.braintrust_api import LOOK_SECONDS, PAGE_SIZE, BraintrustApi
from promptsync.registries.braintrust_fields import KIND, decimal_version, read_prompt
from promptsync.registries.braintrust_names import (
    aliases,
    called,
    find_version,
    no_prompt,
    rename,
)
from promptsync.registries.braintrust_routing import APP_URL, Routing, RoutingCache
from promptsync.registries.braintrust_target import Target
from promptsync.registries.http import HttpClient
from promptsync.registries.http_credentials import Credentials
from promptsync.registries.http_errors import LostAnswerError
from promptsync.registries.http_timeouts import make_timeouts
from promptsync.registries.redaction import shorten
from promptsync.remote_prompt import RemotePrompt, Stamp

if TYPE_CHECKING:
    from promptsync.experiment import Experiment
    from promptsync.registries.braintrust_experiments import Experiments
    from promptsync.registries.braintrust_writing import PromptWriter

# Requests that travel side by side; more would only fill the service's queue.
PARALLEL_READS = 8

Result = TypeVar("Result")
# The objects of a page, and the next page if that is already under way.
_Page: TypeAlias = "tuple[list[JsonObject], Future[_Page] | None]"


class BraintrustRegistry:
    """Prompts of one Braintrust project.

    Opening it makes no request. With a `timeout`, every request has to be over so many seconds
    after that, and with `each` so many after its own beginning. `proxies` maps a scheme to a proxy,
    and `no` to the hosts that are reached without one. Reading a project needs no look-up of it;
    the first write looks up its id. What a login found is kept in `routing_cache`, so that the next
    run makes one request for 1,000 prompts.
    """

    kind = KIND
    can_rename = True

    def __init__(
        self,
        *,
        api_key: str,
        project: str | None = None,
        project_id: str | None = None,
        api_url: str | None = None,
        app_url: str = APP_URL,
        org_name: str | None = None,
        routing_cache: RoutingCache | None = None,
        timeout: float | None = None,
        each: float | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        if not (project or project_id):
            raise ConfigError("a Braintrust registry needs `project` or `project-id`")
        api_key = api_key.strip()
        target = Target(
            project=project,
            project_id=project_id,
            api_url=_checked_url(api_url, "BRAINTRUST_API_URL") if api_url else None,
            app_url=_checked_url(app_url, "BRAINTRUST_APP_URL"),
            org_name=org_name,
            api_key=api_key,
        )
        credentials = Credentials(
            headers={"authorization": f"Bearer {api_key}"},
            secrets=(api_key,),
            variable="BRAINTRUST_API_KEY",
        )
        self._label = target.label
        timeouts = make_timeouts(over_in=timeout, each=each)
        self._client = HttpClient(credentials, timeouts=timeouts, proxies=proxies)
        self._routing = Routing(target, self._client, routing_cache)
        self._writer: PromptWriter | None = None
        # What the last listing said; a name that was deleted and made anew has another id.
        self._ids: dict[str, str] = {}
        self._experiments: Experiments | None = None
        self._lock = threading.Lock()
        self._threads = DaemonThreads(PARALLEL_READS, "promptsync-braintrust")

    @property
    def address(self) -> str:
        """Where this registry is, for people."""
        host = urlsplit(self._routing.known_url).netloc.rpartition("@")[2]
        return f"braintrust {self._label} ({host})"

    def list_prompts(self, *, wanted: AskNames | None = None) -> Iterable[RemotePrompt]:
        """Return the latest version of each prompt, each name once.

        The first request is on its way when this returns, and full pages follow each other by
        themselves: iterate later, and other work is done while they travel.
        """
        self._client.prepare()
        cursors: set[str] = set()
        return self._read_pages(self._begin(None, cursors), cursors, wanted)

    def get_prompt(
        self,
        name: str,
        *,
        version: str | None = None,
        alias: str | None = None,
        details: bool = True,  # noqa: ARG002  they come along
    ) -> RemotePrompt | None:
        """Return one prompt; versions may be spelled as the API or as the web interface does."""
        if version is not None and (version := decimal_version(version)) is None:
            return None
        environment = alias if version is None else None
        found = self._ask(lambda api: self._find(api, name, version, environment))
        remote = read_prompt(found) if found else None
        # A server may answer with the latest version where it does not know the one asked for.
        return None if remote and version not in (None, remote.version) else remote

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Return several prompts, a request each: the API answers one slug at a time."""
        found = self._threads.map(lambda name: self.get_prompt(name, alias=alias), sorted(names))
        return filter(None, found)

    def list_versions(self, name: str) -> Sequence[RemotePrompt]:
        """Return every version of a prompt, newest first, without what was before a deletion."""
        return self._ask(lambda api: self._read_versions(api, name))

    def save_prompt(
        self, prompt: Prompt, stamp: Stamp | None, *, replaces: str | None = ANY_VERSION
    ) -> RemotePrompt:
        """Store a prompt whole and return what the service reads back."""
        writer = self._get_writer()
        return self._ask(
            lambda api: writer.save(self._with_project_id(api), prompt, stamp, replaces)
        )

    def delete_prompt(self, name: str) -> None:
        """Remove a prompt; nothing happens when there is none."""
        self._ids.pop(name, None)
        self._ask(lambda api: self._delete(api, name))

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an environment, which has to exist, at a version of a prompt."""
        if alias in ("", ".", ".."):
            raise RegistryRefusedError(f"`{alias}` is no name of an environment")
        number = decimal_version(version)
        if number is None:
            raise RegistryRefusedError(f"`{name}` has no version `{version}`")
        self._ask(lambda api: self._assign(api, name, alias, number))

    def list_aliases(self, names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what environments point at: a request for each prompt that was listed before.

        One more for every other prompt, which finds its id.
        Raises RegistryRefusedError, with what to use instead, where the plan has none.
        """
        asked = sorted(names)
        # A plan without environments refuses all alike: the first one is asked by itself.
        first = [self._aliases_of(name) for name in asked[:1]]
        answers = [*first, *self._threads.map(self._aliases_of, asked[1:])]
        return {name: found for name, found in zip(asked, answers, strict=True) if found}

    def rename_prompt(self, name: str, new_name: str) -> None:
        """Give a prompt another slug; Braintrust tells prompts apart by their id."""
        self._ids.pop(name, None)
        self._ask(lambda api: rename(api, name, new_name))

    def list_experiments(self, name: str) -> Sequence[Experiment]:
        """Return the project's experiments whose model calls used one version of a prompt.

        The experiments are listed once for all prompts, with the versions they ran; a summary is
        one request.
        """
        experiments = self._get_experiments()
        return self._ask(lambda api: _find_experiments(api, name, experiments))

    def unsupported(
        self,
        prompt: Prompt,
        *,
        replaces: RemotePrompt | None = None,  # noqa: ARG002  any version may have any type
    ) -> list[str]:
        """Say what of this prompt Braintrust cannot hold."""
        from promptsync.registries.braintrust_limits import find_unsupported

        return find_unsupported(prompt)

    def close(self) -> None:
        """Give back threads and connections."""
        self._threads.close()
        self._client.close()

    def _get_writer(self) -> PromptWriter:
        from promptsync.registries.braintrust_writing import PromptWriter

        # One for all threads: what it learns of the service costs a version in vain.
        with self._lock:
            if self._writer is None:
                self._writer = PromptWriter()
            return self._writer

    def _get_experiments(self) -> Experiments:
        from promptsync.registries.braintrust_experiments import Experiments

        with self._lock:
            if self._experiments is None:
                self._experiments = Experiments(self._threads)
            return self._experiments

    def _ask(self, question: Callable[[BraintrustApi], Result]) -> Result:
        return self._routing.ask(lambda route: question(BraintrustApi(self._client, route)))

    def _with_project_id(self, api: BraintrustApi) -> BraintrustApi:
        return BraintrustApi(self._client, self._routing.with_project_id(api.route))

    def _aliases_of(self, name: str) -> dict[str, str]:
        return self._ask(lambda api: aliases(api, name, self._ids.get(name)))

    def _find(
        self,
        api: BraintrustApi,
        name: str,
        version: str | None = None,
        alias: str | None = None,
    ) -> JsonObject | None:
        if version is None and alias is None:
            found = api.find(name)
        else:
            found = find_version(api, name, version=version, environment=alias)
        self._routing.confirm_project(api.route, has_prompts=found is not None)
        return found

    def _begin(self, after: str | None, cursors: set[str]) -> Future[_Page]:
        return self._threads.submit(self._read_ahead, after, cursors)

    def _read_ahead(self, after: str | None, cursors: set[str]) -> _Page:
        """Read a page and, behind a full one, begin the next: there is no doubt that it matters."""
        objects = self._read_page(after)
        is_full = len(objects) >= PAGE_SIZE
        return objects, self._begin(_next_cursor(objects, cursors), cursors) if is_full else None

    def _read_page(self, after: str | None = None) -> list[JsonObject]:
        return self._ask(
            lambda api: self._first_page(api) if after is None else api.read_page(after)
        )

    def _first_page(self, api: BraintrustApi) -> list[JsonObject]:
        page = api.read_page()
        self._routing.confirm_project(api.route, has_prompts=bool(page))
        return page

    def _read_pages(
        self, first: Future[_Page], cursors: set[str], wanted: AskNames | None
    ) -> Iterator[RemotePrompt]:
        """Read until an empty page, then what was wanted and did not come.

        A prompt that was deleted and made anew meanwhile comes twice: the newest is right.
        """
        newest: dict[str, RemotePrompt] = {}
        page, upcoming = first.result()
        missing = set(wanted()) if wanted else set()
        while page:
            missing.difference_update(str(each.get("slug")) for each in page)
            is_last = wanted is not None and not missing and len(page) < PAGE_SIZE
            if upcoming is None and not is_last:
                upcoming = self._begin(_next_cursor(page, cursors), cursors)
            self._ids.update((str(each.get("slug")), id_of(each)) for each in page)
            for remote in map(read_prompt, page):
                known = newest.get(remote.name)
                if known is None or int(known.version) < int(remote.version):
                    newest[remote.name] = remote
            page, upcoming = upcoming.result() if upcoming else ([], None)
        yield from newest.values()
        if newest:
            yield from self._read_each(missing)

    def _read_each(self, names: Collection[str]) -> Iterator[RemotePrompt]:
        return filter(None, self._threads.map(self.get_prompt, sorted(names)))

    def _read_versions(self, api: BraintrustApi, name: str) -> list[RemotePrompt]:
        latest = self._find(api, name)
        if latest is None:
            return []
        rows = {
            row["_xact_id"]: row
            for row in api.read_history(latest)
            if row["audit_data"]["action"] != "delete"
        }
        versions = self._threads.map(lambda row: _read_row(api, latest, row), rows.values())
        return sorted(versions, key=lambda each: int(each.version), reverse=True)

    def _delete(self, api: BraintrustApi, name: str) -> None:
        found = self._find(api, name)
        if found is None:
            return
        try:
            api.delete(id_of(found))
        except LostAnswerError:
            if api.find(name, within=LOOK_SECONDS) is not None:
                raise

    def _assign(self, api: BraintrustApi, name: str, alias: str, version: str) -> None:
        found = self._find(api, name)
        if found is None:
            raise no_prompt(name)
        try:
            api.assign(id_of(found), alias, version)
        except LostAnswerError as lost:
            if not _serves(api, name, alias, version):
                raise lost from None
            return
        if not _serves(api, name, alias, version):
            raise RegistryAnswerError(
                f"Braintrust accepted `{alias}` for `{name}`, but it does not serve that version"
            )


def _serves(api: BraintrustApi, name: str, alias: str, version: str) -> bool:
    found = find_version(api, name, environment=alias, within=LOOK_SECONDS)
    return found is not None and found.get("_xact_id") == version


def _find_experiments(api: BraintrustApi, name: str, experiments: Experiments) -> list[Experiment]:
    found = api.find(name)
    return experiments.that_ran(api, id_of(found)) if found else []


def _read_row(api: BraintrustApi, latest: JsonObject, row: JsonObject) -> RemotePrompt:
    # Only a full write is known to be logged whole.
    if not (row["audit_data"]["action"] == "upsert" and "prompt_data" in row and "slug" in row):
        row = api.read_version(id_of(latest), row["_xact_id"])
    return read_prompt(called(str(latest.get("slug")), row))


def _next_cursor(page: Sequence[JsonObject], cursors: set[str]) -> str:
    cursor = id_of(page[-1])
    if cursor in cursors:
        raise RegistryAnswerError("Braintrust sent the same page of prompts twice")
    cursors.add(cursor)
    return cursor


def _checked_url(url: str, variable: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"the address `{shorten(url.rpartition('@')[2])}` is no http or https URL",
            hint=f"check {variable} and the configuration",
        )
    return url.rstrip("/")
