"""Opik: prompts of one project over its REST API, without its SDK."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from promptsync.daemon_threads import DaemonThreads
from promptsync.errors import ConfigError, RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject, Prompt
from promptsync.registries.base import ANY_VERSION, AskNames
from promptsync.registries.http import HttpClient
from promptsync.registries.http_connections import CONNECTIONS_PER_HOST
from promptsync.registries.http_credentials import Credentials
from promptsync.registries.http_errors import LostAnswerError
from promptsync.registries.http_timeouts import make_timeouts
from promptsync.registries.opik_api import CONFLICT, LOOK_SECONDS, NOT_FOUND, OpikApi, id_of
from promptsync.registries.opik_fields import KIND, folded, read_prompt
from promptsync.registries.opik_identity import Identity, prove
from promptsync.registries.opik_listing import OpikListing, version_of
from promptsync.registries.opik_project import OpikProject, prompt_id_of
from promptsync.registries.opik_version_cache import VersionCache
from promptsync.registries.redaction import shorten
from promptsync.remote_prompt import RemotePrompt, Stamp

if TYPE_CHECKING:
    from promptsync.experiment import Experiment

CLOUD_URL = "https://www.comet.com/opik/api"
DEFAULT_PROJECT = "Default Project"
DEFAULT_WORKSPACE = "default"

# As many prompts are read one by one, side by side, rather than by listing everything.
FEW = 8

# Shared with MLflow, which has some names of its own.
_ALIAS = re.compile(r"(?!latest$|v\d+$)[A-Za-z0-9_-]{1,150}")
_VERSION = re.compile(r"v?([1-9][0-9]{0,8})")

ENVIRONMENT_HINT = (
    "create it in Opik's settings, under Environments; `production`, `staging` and `development` "
    "are there from the start"
)


class OpikRegistry:
    """Prompts of one Opik project.

    Opening it makes no request. With a `timeout`, every request has to be over so many seconds
    after that, and with `each` so many after its own beginning. `proxies` maps a scheme to a proxy,
    and `no` to the hosts that are reached without one. A server of one's own has no `api_key`.
    Which versions were the latest is remembered in a file below `cache`, so that the next run makes
    two requests for 1,000 prompts.
    """

    kind = KIND
    can_rename = True

    def __init__(
        self,
        *,
        url: str = CLOUD_URL,
        project: str = DEFAULT_PROJECT,
        workspace: str = DEFAULT_WORKSPACE,
        api_key: str | None = None,
        cache: Path | None = None,
        timeout: float | None = None,
        each: float | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        api_key = (api_key or "").strip()
        headers = {"comet-workspace": workspace}
        if api_key:
            headers["authorization"] = api_key
        credentials = Credentials(
            headers=headers, secrets=(api_key,) if api_key else (), variable="OPIK_API_KEY"
        )
        url = _checked_url(url)
        timeouts = make_timeouts(over_in=timeout, each=each)
        self._client = HttpClient(credentials, timeouts=timeouts, proxies=proxies)
        self._api = OpikApi(self._client, url)
        key = "\n".join([url, workspace, project, api_key])
        self._project = OpikProject(self._api, project, VersionCache(cache, key))
        self._threads = DaemonThreads(CONNECTIONS_PER_HOST, "promptsync-opik")

    @property
    def address(self) -> str:
        """Where this registry is, for people."""
        host = urlsplit(self._api.url).netloc.rpartition("@")[2]
        return f'opik project "{self._project.name}" ({host})'

    def list_prompts(
        self,
        *,
        wanted: AskNames | None = None,  # noqa: ARG002  what else there is comes on the same page
    ) -> Iterable[RemotePrompt]:
        """Return the latest version of each prompt, each name once.

        The first request is on its way when this returns, and begins the others.
        """
        self._client.prepare()
        listing = OpikListing(self._project, self._threads)
        return listing.finish(listing.begin())

    def get_prompt(
        self,
        name: str,
        *,
        version: str | None = None,
        alias: str | None = None,
        details: bool = True,
    ) -> RemotePrompt | None:
        """Return one prompt; a version may be spelled `v3` or `3`.

        That is one request where the prompt was seen before. Where it was not, it is one without
        `details` if the stamp proves whose the version is, and else two more.
        """
        if alias is not None:
            _check_alias(alias)
        if version is not None and details:
            return self._get_version(name, version)
        if version is not None:
            return self._get_bare_version(name, version)
        if details or self._project.was_seen(name):
            return self._select(self._project.find(name, environment=alias), name, alias)
        return self._get_unseen(name, alias)

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Return several prompts: a few by a request each, many as the listing does."""
        if alias is not None:
            _check_alias(alias)
        if len(names) <= FEW:
            asked = self._threads.map(
                lambda name: self.get_prompt(name, alias=alias), sorted(names)
            )
            return filter(None, asked)
        self._client.prepare()
        listing = OpikListing(self._project, self._threads, alias, frozenset(names))
        return listing.finish(listing.begin())

    def list_versions(self, name: str) -> Sequence[RemotePrompt]:
        """Return every version of a prompt, newest first."""
        found = self._project.find(name)
        if found is None:
            return []
        return [read_prompt(found, each) for each in self._history(id_of(found))]

    def save_prompt(
        self, prompt: Prompt, stamp: Stamp | None, *, replaces: str | None = ANY_VERSION
    ) -> RemotePrompt:
        """Store a prompt whole and return what the service reads back.

        Content that the latest version has already makes no version: details are changed beside
        it, and a stamp is added in its tags. Opik's client would answer one with another.
        """
        from promptsync.registries.opik_writing import OpikWriter

        return OpikWriter(self._project, prompt, stamp).save(replaces)

    def delete_prompt(self, name: str) -> None:
        """Remove a prompt with its versions; nothing happens when there is none."""
        found = self._project.find(name)
        if found is None:
            return
        try:
            self._api.delete_prompt(id_of(found))
        except LostAnswerError:
            if self._api.read_prompt(id_of(found), within=LOOK_SECONDS) is not None:
                raise
        self._project.forget(name)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an environment, which has to exist, at a version of a prompt.

        The service replaces all environments of a version at once: of two that are added to one
        version at the same moment, one may be lost, which its writer is told.
        """
        _check_alias(alias)
        found = self._project.find(name)
        target = self._find_number(found, version) if found else None
        if found is None or target is None:
            raise RegistryRefusedError(
                f"Opik has no version {shorten(version, 40)} of a prompt `{name}`",
                hint="`promptsync history` lists the versions of a prompt",
            )
        environments = sorted({*(target.get("environments") or ()), alias})
        try:
            self._api.set_environments(id_of(target), environments)
        except LostAnswerError:
            if not self._points_at(found, alias, target):
                raise
            return
        except RegistryRefusedError as error:
            # The OpenAPI document says 404, the source of July 2026 says 409.
            if error.status in (NOT_FOUND, CONFLICT):
                raise RegistryRefusedError(
                    f"Opik has no environment `{alias}`", hint=ENVIRONMENT_HINT, status=error.status
                ) from error
            raise
        if not self._points_at(found, alias, target):
            raise RegistryAnswerError(
                f"Opik accepted `{alias}` for `{name}`, but does not serve that version",
                hint="run the same command again",
            )

    def list_aliases(self, names: Collection[str]) -> Mapping[str, Mapping[str, str]]:
        """Return what environments point at: the listing, then a request for each prompt."""
        containers = self._project.containers(frozenset(names)) if names else {}
        read = self._threads.map(lambda each: self._aliases(id_of(each)), list(containers.values()))
        return {name: found for name, found in zip(containers, read, strict=True) if found}

    def rename_prompt(self, name: str, new_name: str) -> None:
        """Give a prompt another name; Opik tells prompts apart by their id."""
        found = self._project.find(name)
        if found is None:
            raise RegistryRefusedError(f"Opik has no prompt `{name}`")
        other = None if folded(name) == folded(new_name) else self._project.find(new_name)
        if other is not None or (taken := self._taken_by_another(name, new_name)):
            there = new_name if other is not None else taken
            raise RegistryRefusedError(f"Opik has a prompt `{there}` already")
        # What is left out would be removed.
        body = {"name": new_name, "tags": found.get("tags") or []}
        if found.get("description"):
            body["description"] = found["description"]
        try:
            self._api.update_prompt(id_of(found), body)
        except LostAnswerError:
            renamed = self._api.read_prompt(id_of(found), within=LOOK_SECONDS)
            if renamed is None or renamed.get("name") != new_name:
                raise
        self._project.forget(name)

    def list_experiments(self, name: str) -> Sequence[Experiment]:
        """Return the experiments that are linked to versions of a prompt, newest first."""
        from promptsync.registries.opik_experiments import read_experiments

        found = self._project.find(name)
        if found is None:
            return ()
        prompt_id = id_of(found)
        listed = [
            each
            for experiment in self._api.list_experiments(prompt_id)
            for each in read_experiments(experiment, prompt_id)
        ]
        return sorted(listed, key=lambda each: each.created or "", reverse=True)

    def unsupported(self, prompt: Prompt, *, replaces: RemotePrompt | None = None) -> list[str]:
        """Say what of this prompt Opik cannot hold; names are compared with those seen so far."""
        from promptsync.registries.opik_limits import find_unsupported

        taken = self._project.taken(prompt.served_name(KIND)) if replaces is None else None
        return [*find_unsupported(prompt, replaces), *([str(taken)] if taken else [])]

    def close(self) -> None:
        """Give back threads and connections."""
        self._threads.close()
        self._client.close()

    def _get_version(self, name: str, version: str) -> RemotePrompt | None:
        found = self._project.find(name)
        selected = self._find_number(found, version) if found else None
        return read_prompt(found, selected) if found and selected else None

    def _get_unseen(self, name: str, alias: str | None) -> RemotePrompt | None:
        """Return a prompt by its name, without what it says beside its versions if that will do."""
        found = self._api.find_version(name, self._project.name, environment=alias)
        if found is None:
            return None
        if (proven := self._prove(found, name, alias)) is not None:
            # Where a project gave its name to another one, the next look by the id shows it.
            self._project.suppose(name, prompt_id_of(found))
            return proven
        container = self._project.find_by_id(prompt_id_of(found), name, environment=alias)
        return self._select(container, name, alias)

    def _prove(self, found: JsonObject, name: str, alias: str | None = None) -> RemotePrompt | None:
        return prove(found, Identity(self._project.name, name, prompt_id_of(found)), alias)

    def _select(
        self, found: JsonObject | None, name: str, alias: str | None
    ) -> RemotePrompt | None:
        selected = version_of(found, alias) if found else None
        if found is None or selected is None:
            return None
        _check_environment(selected, name, alias)
        self._project.keep(found, selected)
        return read_prompt(found, selected)

    def _get_bare_version(self, name: str, version: str) -> RemotePrompt | None:
        """Return a version without what its prompt says if that is proven, or was seen before."""
        match = _VERSION.fullmatch(version)
        if match is None:
            return None
        found = self._api.find_version(name, self._project.name, number=f"v{match[1]}")
        if found is None:
            return None
        _check_number(found, f"v{match[1]}")
        if (proven := self._prove(found, name)) is not None:
            return proven
        self._project.id()
        is_known = prompt_id_of(found) == self._project.known_id(name)
        if is_known and "template_structure" in found:
            return read_prompt({"name": name}, found)
        # It may be a prompt of another project, or one that was made anew.
        container = self._project.find_by_id(prompt_id_of(found), name)
        if container is None:
            return None
        self._project.keep(container, found)
        return read_prompt(container, found)

    def _find_number(self, found: JsonObject, version: str) -> JsonObject | None:
        match = _VERSION.fullmatch(version)
        if match is None:
            return None
        selected = self._api.read_number(id_of(found), f"v{match[1]}")
        if selected is not None:
            _check_number(selected, f"v{match[1]}")
        return selected

    def _history(self, prompt_id: str) -> Iterator[JsonObject]:
        # Masks are versions that only an experiment sees; they have no number.
        return (each for each in self._api.read_history(prompt_id) if each.get("version_number"))

    def _aliases(self, prompt_id: str) -> dict[str, str]:
        return {
            str(environment): str(version["version_number"])
            for version in self._history(prompt_id)
            for environment in version.get("environments") or ()
        }

    def _points_at(self, found: JsonObject, alias: str, target: JsonObject) -> bool:
        served = self._api.read_prompt(id_of(found), environment=alias, within=LOOK_SECONDS)
        version = version_of(served, alias) if served else None
        return version is not None and id_of(version) == id_of(target)

    def _taken_by_another(self, name: str, new_name: str) -> str | None:
        taken = self._project.taken(new_name)
        return taken.other if taken and taken.other != name else None


def _check_alias(alias: str) -> None:
    if not _ALIAS.fullmatch(alias):
        raise RegistryRefusedError(
            f"`{shorten(alias, 80)}` is no name of an environment",
            hint="it has letters, digits, `_` and `-`, and is neither `latest` nor like `v3`",
        )


def _check_environment(version: JsonObject, name: str, alias: str | None) -> None:
    """Refuse a version of which the answer says that the alias is elsewhere; older ones do not."""
    environments = version.get("environments")
    if alias is not None and environments and alias not in environments:
        raise RegistryAnswerError(
            f"Opik answered with version {shorten(str(version.get('version_number')), 20)} of "
            f"`{name}`, where `{alias}` does not point"
        )


def _check_number(version: JsonObject, number: str) -> None:
    if version.get("version_number") != number:
        raise RegistryAnswerError(
            f"Opik answered with version {shorten(str(version.get('version_number')), 20)} where "
            f"version {number} was asked for"
        )


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(
            f"the address `{shorten(url.rpartition('@')[2])}` is no http or https URL",
            hint="check OPIK_URL_OVERRIDE and the configuration",
        )
    return url.rstrip("/")
