"""MLflow: prompts over the REST API of `mlflow server`, without its SDK."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeAlias
from urllib.parse import urlsplit

from promptsync.daemon_threads import DaemonThreads
from promptsync.errors import ConfigError, RegistryAnswerError, RegistryRefusedError
from promptsync.experiment import Experiment
from promptsync.prompt import JsonObject, Prompt
from promptsync.registries.base import ANY_VERSION, AskNames
from promptsync.registries.http import HttpClient
from promptsync.registries.http_errors import LostAnswerError
from promptsync.registries.http_timeouts import make_timeouts
from promptsync.registries.mlflow_address import MlflowLogin, checked_url, credentials
from promptsync.registries.mlflow_api import LOOK_SECONDS, MlflowApi, in_portions, is_prompt
from promptsync.registries.mlflow_fields import version_of
from promptsync.registries.mlflow_reading import (
    Described,
    aliases_of,
    description_of,
    find_bare_version,
    find_prompt,
    find_version,
    latest_version,
    read_history,
    read_versions,
)
from promptsync.registries.mlflow_tags import KIND
from promptsync.registries.redaction import shorten
from promptsync.remote_prompt import RemotePrompt, Stamp

# Requests that travel side by side; more would only fill the server's queue.
PARALLEL_READS = 8

# Nine digits: every one of them is an integer to MLflow's database.
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
# What the server takes, in whatever case: `latest` and `v3` are its own names for versions.
_ALIAS = re.compile(r"(?!(?i:latest|v\d+)$)[\w-]{1,255}")

_Page: TypeAlias = tuple[list[JsonObject], str | None]


class MlflowRegistry:
    """Prompts of one MLflow server.

    Opening it makes no request. With a `timeout`, every request has to be over so many seconds
    after that, and with `each` so many after its own beginning. `proxies` maps a scheme to a proxy,
    and `no` to the hosts that are reached without one. One request lists 1,000 prompts with their
    text; another one finds out who wrote before, where somebody else than promptsync wrote last.
    """

    kind = KIND
    can_rename = True

    def __init__(
        self,
        *,
        tracking_uri: str | None = None,
        registry_uri: str | None = None,
        login: MlflowLogin | None = None,
        verify_tls: bool = True,
        timeout: float | None = None,
        each: float | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        uri = registry_uri or tracking_uri
        if uri is None:
            raise ConfigError("an MLflow registry needs a `tracking-uri`")
        login = login or MlflowLogin()
        url, own = checked_url(uri, login)
        self._tracking_url, tracking = checked_url(tracking_uri or uri, login)
        timeouts = make_timeouts(over_in=timeout, each=each)
        # What one address has before its `@` is not for the other server.
        self._client, self._tracking = (
            HttpClient(credentials(each), timeouts=timeouts, proxies=proxies, verify_tls=verify_tls)
            for each in (own, tracking)
        )
        self._api = MlflowApi(self._client, url)
        self._threads = DaemonThreads(PARALLEL_READS, "promptsync-mlflow")

    @property
    def address(self) -> str:
        """Where this registry is, for people."""
        parts = urlsplit(self._api.url)
        return f"mlflow ({parts.netloc}{parts.path})"

    def list_prompts(self, *, wanted: AskNames | None = None) -> Iterable[RemotePrompt]:
        """Return the latest version of each prompt, each name once.

        The first request is on its way when this returns.
        """
        self._client.prepare()
        return self._read_listing(self._threads.submit(self._api.read_page), wanted)

    def get_prompt(
        self,
        name: str,
        *,
        version: str | None = None,
        alias: str | None = None,
        details: bool = True,
    ) -> RemotePrompt | None:
        """Return one prompt: in one request without `details`.

        With them it is one more for a version that is not the latest, and for one that somebody
        else than promptsync wrote.
        """
        if version is not None and not _VERSION.fullmatch(version):
            return None
        if alias is not None:
            _check_alias(alias)
        find = find_version if details else find_bare_version
        return find(self._api, name, version=version, alias=alias)

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Return several prompts: one request, and one more where an alias points further back."""
        if alias is not None:
            _check_alias(alias)
        versions, behind = [], {}
        for found in self._read_some(names):
            latest = latest_version(found)
            number = version_of(latest) if latest and alias is None else None
            number = aliases_of(found).get(alias) if alias is not None else number
            if latest is not None and number == version_of(latest):
                versions.append((latest, description_of(found)))
            elif number is not None:
                behind[found["name"], number] = description_of(found)
        return read_versions(self._api, [*versions, *self._read_behind(behind)])

    def list_versions(self, name: str) -> Sequence[RemotePrompt]:
        """Return every version of a prompt, newest first."""
        return read_history(self._api, name)

    def save_prompt(
        self, prompt: Prompt, stamp: Stamp | None, *, replaces: str | None = ANY_VERSION
    ) -> RemotePrompt:
        """Store a prompt whole and return what the service reads back."""
        from promptsync.registries.mlflow_writing import save

        return save(self._api, prompt, stamp, replaces)

    def delete_prompt(self, name: str) -> None:
        """Remove a prompt with its versions; nothing happens when there is none."""
        found = self._api.find(name)
        if found is None or not is_prompt(found):
            return
        try:
            self._api.delete(name)
        except LostAnswerError:
            if self._api.find(name, within=LOOK_SECONDS) is not None:
                raise

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version of a prompt."""
        _check_alias(alias)
        self._require(name)
        if not _VERSION.fullmatch(version):
            raise RegistryRefusedError(f"`{name}` has no version `{version}`")
        try:
            self._api.set_alias(name, alias, version)
        except (LostAnswerError, RegistryRefusedError):
            # Of two who set a new alias at the same moment, MLflow's database refuses one.
            if self._target(name, alias) != version:
                raise
            return
        if self._target(name, alias) != version:
            raise RegistryAnswerError(
                f"MLflow accepted `{alias}` for `{name}`, but it does not point at that version"
            )

    def list_aliases(self, names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what the aliases of some prompts point at: one request for 1,000 of them."""
        found = {each["name"]: aliases_of(each) for each in self._read_some(names)}
        return {name: aliases for name, aliases in found.items() if aliases}

    def rename_prompt(self, name: str, new_name: str) -> None:
        """Give a prompt another name; its versions and aliases follow."""
        self._require(name)
        if self._api.find(new_name) is not None:
            raise RegistryRefusedError(f"MLflow has something of the name `{new_name}` already")
        try:
            self._api.rename(name, new_name)
        except LostAnswerError:
            if self._api.find(new_name, within=LOOK_SECONDS) is None:
                raise

    def list_experiments(self, name: str) -> Sequence[Experiment]:
        """Return the runs that loaded versions of a prompt, newest first."""
        from promptsync.registries.mlflow_runs import read_experiments

        return read_experiments(self._tracking, self._tracking_url, name, self._threads)

    def unsupported(
        self,
        prompt: Prompt,
        *,
        replaces: RemotePrompt | None = None,  # noqa: ARG002  any version may have any type
    ) -> list[str]:
        """Say what of this prompt MLflow cannot hold."""
        from promptsync.registries.mlflow_limits import find_unsupported

        return find_unsupported(prompt)

    def close(self) -> None:
        """Give back threads and connections."""
        self._threads.close()
        self._client.close()
        self._tracking.close()

    def _require(self, name: str) -> None:
        if find_prompt(self._api, name) is None:
            raise RegistryRefusedError(f"MLflow has no prompt `{name}`")

    def _target(self, name: str, alias: str) -> str | None:
        found = self._api.find(name, within=LOOK_SECONDS)
        return aliases_of(found).get(alias) if found else None

    def _read_listing(
        self, first: Future[_Page], wanted: AskNames | None
    ) -> Iterator[RemotePrompt]:
        """Read to the end, then what was wanted and did not come.

        Pages are counted by the service: a prompt that is deleted meanwhile moves another one to
        a page that was read already, and one that is made moves one to a page that is yet to come.
        """
        page, token = first.result()
        names = set(wanted()) if wanted else None
        seen: set[str] = set()
        is_divided = token is not None
        while True:
            upcoming = self._threads.submit(self._api.read_page, token) if token else None
            fresh = [each for each in page if each.get("name") not in seen]
            seen.update(str(each.get("name")) for each in fresh)
            yield from read_versions(self._api, _latest_versions(fresh), wanted=names)
            if upcoming is None:
                break
            page, token = upcoming.result()
        if is_divided and names and (missing := names - seen):
            yield from self.get_prompts(missing)

    def _read_some(self, names: Collection[str]) -> Iterator[JsonObject]:
        """Yield the prompts of these names: asked for by name if that is one request, or all."""
        portions = list(in_portions(sorted(names)))
        if not portions:
            return
        asked = portions[0] if len(portions) == 1 else ()
        page, token = self._api.read_page(names=asked)
        while True:
            yield from (each for each in page if each.get("name") in names)
            if token is None:
                return
            page, token = self._api.read_page(token, asked)

    def _read_behind(self, behind: Mapping[tuple[str, str], str | None]) -> Iterator[Described]:
        """Yield versions that are not the latest, by name and number."""
        portions = list(in_portions(sorted(name for name, _ in behind)))
        for versions in self._threads.map(self._api.read_versions, portions):
            for each in versions:
                key = each["name"], version_of(each)
                if key in behind:
                    yield each, behind[key]


def _check_alias(alias: str) -> None:
    if not _ALIAS.fullmatch(alias):
        raise RegistryRefusedError(
            f"MLflow takes no alias `{shorten(alias, 80)}`",
            hint="it has letters, digits, `_` and `-`, and is neither `latest` nor like `v3`",
        )


def _latest_versions(page: Iterable[JsonObject]) -> Iterator[Described]:
    for found in page:
        latest = latest_version(found)
        # A prompt may be registered without a version.
        if latest is not None:
            yield latest, description_of(found)
