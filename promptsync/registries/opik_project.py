"""One project of an Opik server: its id, and its prompts by name."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject
from promptsync.registries.base import AnotherPromptError
from promptsync.registries.opik_api import NOT_FOUND, OpikApi, id_of
from promptsync.registries.opik_fields import folded
from promptsync.registries.opik_version_cache import KnownPrompt, VersionCache
from promptsync.registries.redaction import shorten


@dataclass(frozen=True, slots=True)
class Taken:
    """A name that is one name to the service, and another one to everybody else."""

    name: str
    other: str

    def __str__(self) -> str:
        """Say so, and what to do."""
        return (
            f"Opik takes `{self.name}` and its prompt `{self.other}` for one name: rename one of "
            "them"
        )


class OpikProject:
    """Finds prompts by name, and remembers their ids. Safe to use from several threads.

    The service ignores case and accents in names, and releases up to July 2026 answered with
    prompts of other projects: what comes back is compared with what was asked for.
    """

    def __init__(self, api: OpikApi, name: str, cache: VersionCache) -> None:
        self.api = api
        self.name = name
        self.cache = cache
        self._lock = threading.Lock()
        self._id: str | None = None
        self._ids: dict[str, str | None] = {}
        self._names: dict[str, str] = {}

    def id(self) -> str:
        """Return the project's id, asked for at most once.

        Raises RegistryRefusedError when there is no such project: none is ever created.
        """
        with self._lock:
            if self._id is None:
                self._id = self.cache.project_id()
            if self._id is None:
                self._id = self._look_up()
            return self._id

    def confirm(self) -> str:
        """Look up the project's id again, for one that may be out of date."""
        with self._lock:
            self._id = self._look_up()
            return self._id

    def _look_up(self) -> str:
        found = self.api.find_project(self.name)
        if found is None:
            raise RegistryRefusedError(
                f"Opik has no project `{shorten(self.name, 80)}`",
                hint="create it there, or correct `project` in the configuration; the address of "
                "Opik's API ends with /api",
                status=NOT_FOUND,
            )
        self.cache.put_project(found)
        return found

    def remember(self, container: JsonObject) -> None:
        """Keep the id of a prompt that was seen."""
        name = container.get("name")
        if isinstance(name, str):
            with self._lock:
                self._ids[name] = id_of(container)
                self._names[folded(name)] = name

    def keep(self, container: JsonObject, version: JsonObject) -> None:
        """Keep the id of a prompt that was read for the next run as well."""
        name, prompt_id = container.get("name"), id_of(container)
        if isinstance(name, str) and self.cache.find_id(name) != prompt_id:
            # A count that no prompt has: which version is the latest is not known.
            self.cache.put({prompt_id: KnownPrompt(name, -1, "", id_of(version))}, everything=False)

    def forget(self, name: str) -> None:
        """Forget a prompt that is gone."""
        with self._lock:
            self._ids[name] = None
            self._names.pop(folded(name), None)

    def known_id(self, name: str) -> str | None:
        """Return the id that a prompt had when it was last seen."""
        with self._lock:
            return self._ids[name] if name in self._ids else self.cache.find_id(name)

    def suppose(self, name: str, prompt_id: str) -> None:
        """Keep an id that is proven by the stamp of a version; the next look goes by that id."""
        with self._lock:
            self._ids[name] = prompt_id

    def was_seen(self, name: str) -> bool:
        """Tell whether a prompt is read by its id: by this process before, or in one request."""
        with self._lock:
            if name in self._ids:
                return self._ids[name] is not None
        return self.cache.project_id() is not None and self.cache.find_id(name) is not None

    def taken(self, name: str) -> Taken | None:
        """Tell whether a prompt was seen whose name differs only in case or accents."""
        with self._lock:
            other = self._names.get(folded(name))
        return Taken(name, other) if other not in (None, name) else None

    def has(self, container: JsonObject, name: str) -> bool:
        """Tell whether what came back is this project's prompt of this name."""
        if container.get("project_id") != (self._id or self.id()):
            return False
        self.remember(container)
        return container.get("name") == name

    def find(
        self, name: str, *, environment: str | None = None, within: float | None = None
    ) -> JsonObject | None:
        """Return a prompt whole, with the version of an environment where one is named.

        None when there is no such prompt, or when the environment points at none of its versions.
        """
        self.id()
        known = self.known_id(name)
        if known is not None:
            found = self.api.read_prompt(known, environment=environment, within=within)
            if found is not None and self.has(found, name):
                return found
        version = self.api.find_version(name, self.name, environment=environment, within=within)
        if version is None:
            if environment is None:
                self.forget(name)
            return None
        return self.find_by_id(prompt_id_of(version), name, environment=environment, within=within)

    def find_by_id(
        self,
        prompt_id: str,
        name: str,
        *,
        environment: str | None = None,
        within: float | None = None,
    ) -> JsonObject | None:
        """Return a prompt that the service found by its name, None if it is another project's.

        Raises AnotherPromptError if it has another name.
        """
        found = self.api.read_prompt(prompt_id, environment=environment, within=within)
        if found is None or self.has(found, name):
            return found
        # The project may have been deleted since, and another one have taken its name.
        if found.get("project_id") != self.id() and found.get("project_id") != self.confirm():
            return None
        self._refuse_another(found, name)
        return found if self.has(found, name) else None

    def _refuse_another(self, found: JsonObject, name: str) -> None:
        """Raise for a prompt whose name is another one to Opik as well."""
        answered = found.get("name")
        if not isinstance(answered, str) or folded(answered) != folded(name):
            raise AnotherPromptError("Opik", asked=name, answered=answered)

    def find_bare(self, name: str) -> JsonObject | None:
        """Return a prompt also where it has no version yet, or another spelling of its name."""
        number = 1
        while (page := self.api.list_prompts(self.id(), number, name=name)).objects:
            for each in page.objects:
                if folded(str(each.get("name"))) == folded(name):
                    self.remember(each)
                    return self.api.read_prompt(id_of(each))
            number += 1
        return None

    def containers(self, names: Collection[str]) -> Mapping[str, JsonObject]:
        """Return some prompts as the listing has them, without their versions, by name."""
        found: dict[str, JsonObject] = {}
        seen, number = 0, 1
        while (page := self.api.list_prompts(self.id(), number)).objects:
            for each in page.objects:
                if each.get("name") in names and self.has(each, str(each["name"])):
                    found[str(each["name"])] = each
            seen, number = seen + len(page.objects), number + 1
            if seen >= page.total:
                break
        return found


def prompt_id_of(version: JsonObject) -> str:
    """Return the id of the prompt that a version belongs to. Raises RegistryAnswerError."""
    found = version.get("prompt_id")
    if not isinstance(found, str):
        raise RegistryAnswerError("Opik sent a version without its prompt's id")
    return id_of({"id": found})
