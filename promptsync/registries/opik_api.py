"""The endpoints of Opik's API that promptsync uses, each behind one function.

Bodies and answers are those of https://www.comet.com/docs/opik/reference/rest-api/overview and of
the service's published source of July 2026; a running one was not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject
from promptsync.registries.base import AnotherPromptError
from promptsync.registries.http import HttpClient
from promptsync.registries.opik_fields import ID

PAGE_SIZE = 1000

# A write that gets no answer is followed by a look at what is there. Both together stay within
# the time in which a dead server has to show.
WRITE_SECONDS = 9.0
LOOK_SECONDS = 4.0

NOT_FOUND, CONFLICT = 404, 409

_ID = re.compile(ID)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `total` counts what all pages have together."""

    objects: list[JsonObject]
    total: int


@dataclass(frozen=True, slots=True)
class OpikApi:
    """One Opik server."""

    client: HttpClient
    url: str

    def find_project(self, name: str) -> str | None:
        """Return the id of a project, None if there is none."""
        try:
            found = self.client.query(self._url("projects", "retrieve"), {"name": name})
        except RegistryRefusedError as error:
            if is_missing(error):
                return None
            raise
        return id_of(_object(found))

    def list_prompts(self, project_id: str, number: int = 1, *, name: str | None = None) -> Page:
        """Return a page of a project's prompts, without their versions.

        With a `name`, those whose name holds it, in whatever case.
        """
        query = {"project_id": project_id, "page": str(number), "size": str(PAGE_SIZE)}
        if name is not None:
            query["name"] = name
        return _page(self.client.get(self._url("prompts"), query))

    def read_prompt(
        self, prompt_id: str, *, environment: str | None = None, within: float | None = None
    ) -> JsonObject | None:
        """Return a prompt with its latest version, and the one an environment points at.

        None if there is no such prompt, or if the environment points at none of its versions.
        """
        query = {"environment": environment} if environment is not None else None
        try:
            answer = self.client.get(self._url("prompts", prompt_id), query, within=within)
        except RegistryRefusedError as error:
            if is_missing(error):
                return None
            raise
        found = _object(answer)
        if id_of(found) != prompt_id:
            raise AnotherPromptError("Opik", asked=prompt_id, answered=found.get("name"))
        return found

    def find_version(
        self,
        name: str,
        project: str,
        *,
        number: str | None = None,
        environment: str | None = None,
        within: float | None = None,
    ) -> JsonObject | None:
        """Return a version by its prompt's name, the latest unless something says which.

        Releases up to July 2026 looked in other projects too: the caller checks whose it is.
        """
        body = {"name": name, "project_name": project}
        if number is not None:
            body["version_number"] = number
        if environment is not None:
            body["environment"] = environment
        url = self._url("prompts", "versions", "retrieve")
        try:
            found = self.client.query(url, dict(body), within=within)
        except RegistryRefusedError as error:
            if is_missing(error):
                return None
            raise
        return _object(found)

    def read_versions(self, version_ids: Sequence[str]) -> list[JsonObject]:
        """Return up to 1,000 versions by their ids, whole; those that are gone are left out."""
        url = self._url("prompts", "versions", "retrieve-by-ids")
        return _objects(self.client.query(url, {"ids": list(version_ids)}))

    def read_number(self, prompt_id: str, number: str) -> JsonObject | None:
        """Return a version of a prompt by its number, spelled `v<N>`; None if there is none."""
        url = self._url("prompts", prompt_id, "versions", "by-number", number)
        try:
            return _object(self.client.get(url))
        except RegistryRefusedError as error:
            if is_missing(error):
                return None
            raise

    def read_history(self, prompt_id: str) -> Iterator[JsonObject]:
        """Yield every version of a prompt, the newest first."""
        url = self._url("prompts", prompt_id, "versions")
        yield from self._every_page(url, {})

    def create_prompt(self, body: JsonObject) -> None:
        """Make a prompt with its first version. A name that is taken is refused with 409."""
        self.client.write("POST", self._url("prompts"), dict(body), within=WRITE_SECONDS)

    def create_version(self, body: JsonObject) -> JsonObject:
        """Add a version to a prompt and return it as the answer has it."""
        url = self._url("prompts", "versions")
        return _object(self.client.write("POST", url, dict(body), within=WRITE_SECONDS))

    def update_prompt(self, prompt_id: str, body: JsonObject) -> None:
        """Replace name, description and tags; a description that is left out is removed."""
        url = self._url("prompts", prompt_id)
        self.client.write("PUT", url, dict(body), within=WRITE_SECONDS)

    def tag_version(self, version_id: str, tags: Sequence[str], *, merge: bool) -> None:
        """Add tags to a version, or replace all it has."""
        body = {"ids": [version_id], "update": {"tags": list(tags)}, "merge_tags": merge}
        self.client.write("PATCH", self._url("prompts", "versions"), body, within=WRITE_SECONDS)

    def set_environments(self, version_id: str, environments: Sequence[str]) -> None:
        """Make these the environments of a version; other versions lose them."""
        url = self._url("prompts", "versions", version_id, "environments")
        body = {"environments": list(environments)}
        self.client.write("PATCH", url, body, within=WRITE_SECONDS)

    def delete_prompt(self, prompt_id: str) -> None:
        """Delete a prompt with its versions; nothing happens when it is gone already."""
        try:
            self.client.write("DELETE", self._url("prompts", prompt_id), within=WRITE_SECONDS)
        except RegistryRefusedError as error:
            if not is_missing(error):
                raise

    def list_experiments(self, prompt_id: str) -> Iterator[JsonObject]:
        """Yield the experiments that ran any version of a prompt."""
        yield from self._every_page(self._url("experiments"), {"prompt_id": prompt_id})

    def _every_page(self, url: str, query: dict[str, str]) -> Iterator[JsonObject]:
        seen, number = 0, 1
        while True:
            paging = {"page": str(number), "size": str(PAGE_SIZE)}
            page = _page(self.client.get(url, {**query, **paging}))
            yield from page.objects
            seen, number = seen + len(page.objects), number + 1
            if not page.objects or seen >= page.total:
                return

    def _url(self, *parts: str) -> str:
        return "/".join([f"{self.url}/v1/private", *(quote(each, safe="") for each in parts)])


def is_missing(error: RegistryRefusedError) -> bool:
    """Tell whether a refusal means that something is not there.

    A path that the server does not know is a 404 too: that is a wrong address.
    """
    return error.status == NOT_FOUND


def id_of(found: JsonObject) -> str:
    """Return the id of an object. Raises RegistryAnswerError for what cannot be one."""
    identifier = found.get("id")
    if not (isinstance(identifier, str) and _ID.fullmatch(identifier)):
        raise RegistryAnswerError("Opik sent an object without an id")
    return identifier


def _object(answer: object) -> JsonObject:
    if not isinstance(answer, dict) or not _is_known(answer):
        raise _unknown_shape()
    return answer


def _objects(answer: object) -> list[JsonObject]:
    if not isinstance(answer, list):
        raise _unknown_shape()
    return [_object(each) for each in answer]


_TEXTS = ("id", "name", "project_id", "prompt_id")
_LISTS_OF_TEXTS = ("tags", "environments")
_VERSIONS = ("latest_version", "requested_version")


def _is_known(found: JsonObject) -> bool:
    """Tell whether the members that are looked at without reading a prompt are what they were."""
    for key in _TEXTS:
        text = found.get(key)
        if text is not None and not isinstance(text, str):
            return False
    for key in _LISTS_OF_TEXTS:
        texts = found.get(key)
        if texts and not (isinstance(texts, list) and all(isinstance(each, str) for each in texts)):
            return False
    for key in _VERSIONS:
        version = found.get(key)
        if version and not (isinstance(version, dict) and _is_known(version)):
            return False
    return True


def _page(answer: object) -> Page:
    found = _object(answer)
    objects, total = _objects(found.get("content")), found.get("total")
    return Page(objects, total if isinstance(total, int) else len(objects))


def _unknown_shape() -> RegistryAnswerError:
    return RegistryAnswerError(
        "Opik answered in a shape that promptsync does not know",
        hint="check the registry's address: that of the API ends with /api",
    )
