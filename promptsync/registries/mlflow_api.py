"""The endpoints of MLflow's REST API that promptsync uses, each behind one function.

https://mlflow.org/docs/latest/api_reference/rest-api.html describes them. None of them writes
when it reads: the official client marks a prompt with the experiment that loaded it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import Json, JsonObject
from promptsync.registries.base import AnotherPromptError
from promptsync.registries.http import HttpClient
from promptsync.registries.mlflow_shapes import is_registered, is_version
from promptsync.registries.mlflow_tags import IS_PROMPT_TAG, read_tags
from promptsync.registries.redaction import shorten
from promptsync.remote_prompt import STAMP_KEY

PAGE_SIZE = 1000
VERSIONS_PAGE_SIZE = 10_000

# A write that gets no answer is followed by a look at what is there. Both together stay within
# the time in which a dead server has to show.
WRITE_SECONDS = 9.0
LOOK_SECONDS = 4.0

# Proxies take addresses of 8 kB; a name costs its length and a few characters around it.
_NAMES_CHARACTERS = 4000

_IS_PROMPT = f"tags.`{IS_PROMPT_TAG}` = 'true'"
_IS_STAMPED = f"tags.`{STAMP_KEY}` LIKE '%content_hash%'"
_MISSING, _NOT_FOUND = "RESOURCE_DOES_NOT_EXIST", 404
_INVALID = "INVALID_PARAMETER_VALUE"


@dataclass(frozen=True, slots=True)
class MlflowApi:
    """One MLflow server; `url` has no slash at its end."""

    client: HttpClient
    url: str

    def read_page(
        self, token: str | None = None, names: Sequence[str] = ()
    ) -> tuple[list[JsonObject], str | None]:
        """Return some prompts with their latest versions and aliases, and where to go on.

        `names` are those to look for; nothing looks for all.
        """
        clauses = [*([_is_one_of(names)] if names else []), _IS_PROMPT]
        query = {"filter": " AND ".join(clauses), "max_results": str(PAGE_SIZE)}
        return self._read_objects("registered-models/search", "registered_models", query, token)

    def read_versions(
        self, names: Sequence[str], *, stamped: bool = False, within: float | None = None
    ) -> list[JsonObject]:
        """Return all versions of some prompts, in no order; only those with a stamp if asked."""
        clauses = [_is_one_of(names), _IS_PROMPT, *([_IS_STAMPED] if stamped else [])]
        query = {"filter": " AND ".join(clauses), "max_results": str(VERSIONS_PAGE_SIZE)}
        found: list[JsonObject] = []
        token = None
        while True:
            page, token = self._read_objects(
                "model-versions/search", "model_versions", query, token, within=within
            )
            found += page
            if token is None:
                return found

    def find(self, name: str, *, within: float | None = None) -> JsonObject | None:
        """Return what is registered under a name, which may be a model, None if nothing is."""
        if not is_name(name):
            return None
        return self._find("registered-models/get", "registered_model", {"name": name}, within)

    def find_version(self, name: str, version: str) -> JsonObject | None:
        """Return one version of what is registered under a name."""
        query = {"name": name, "version": version}
        return self._find("model-versions/get", "model_version", query, None)

    def find_aliased(self, name: str, alias: str) -> JsonObject | None:
        """Return the version that an alias points at."""
        query = {"name": name, "alias": alias}
        try:
            found = self._find("registered-models/alias", "model_version", query, None)
        except RegistryRefusedError as error:
            # It says so of an alias that is not there, and of nothing else that is sent here.
            if error.code == _INVALID:
                return None
            raise
        own = found.get("aliases") if found is not None else None
        if found is not None and isinstance(own, list) and own and alias not in own:
            raise RegistryAnswerError(
                f"MLflow answered with version {found['version']} of `{name}`, where `{alias}` "
                "does not point"
            )
        return found

    def create(self, name: str, description: str | None) -> None:
        """Register a prompt without a version."""
        tags = [{"key": IS_PROMPT_TAG, "value": "true"}]
        body = {"name": name, "description": description or "", "tags": tags}
        self._write("registered-models/create", body)

    def describe(self, name: str, description: str | None) -> None:
        """Set the description of a prompt."""
        body = {"name": name, "description": description or ""}
        self._write("registered-models/update", body, method="PATCH")

    def create_version(self, body: JsonObject) -> str:
        """Make a version and return its number."""
        answer = self._write("model-versions/create", body)
        found = answer.get("model_version") if isinstance(answer, dict) else None
        version = found.get("version") if isinstance(found, dict) else None
        if not isinstance(version, str) or not version.isdecimal():
            raise _strange("model-versions/create")
        return version

    def delete(self, name: str) -> None:
        """Delete a prompt with its versions and aliases; nothing happens when it is gone."""
        try:
            self._write("registered-models/delete", {"name": name}, method="DELETE")
        except RegistryRefusedError as error:
            if error.code != _MISSING:
                raise

    def rename(self, name: str, new_name: str) -> None:
        """Give a prompt another name."""
        self._write("registered-models/rename", {"name": name, "new_name": new_name})

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """Point an alias at a version."""
        self._write("registered-models/alias", {"name": name, "alias": alias, "version": version})

    def _find(
        self, path: str, key: str, query: dict[str, str], within: float | None
    ) -> JsonObject | None:
        try:
            answer = self._get(path, query, within)
        except RegistryRefusedError as error:
            if error.code == _MISSING:
                return None
            raise
        found = answer.get(key) if isinstance(answer, dict) else None
        is_known = is_version if key == "model_version" else is_registered
        if not isinstance(found, dict) or not is_known(found):
            raise _strange(path)
        if found["name"] != query["name"]:
            raise AnotherPromptError("MLflow", asked=query["name"], answered=found["name"])
        if found.get("version") != query.get("version", found.get("version")):
            raise RegistryAnswerError(
                f"MLflow answered with version {shorten(str(found['version']), 20)} of "
                f"`{query['name']}` where version {query['version']} was asked for"
            )
        return found

    def _read_objects(
        self,
        path: str,
        key: str,
        query: dict[str, str],
        token: str | None,
        *,
        within: float | None = None,
    ) -> tuple[list[JsonObject], str | None]:
        """Return a page and where to go on. An empty list is left out by the service."""
        page = query | ({"page_token": token} if token else {})
        answer = self._get(path, page, within)
        if not isinstance(answer, dict):
            raise _strange(path)
        objects, upcoming = answer.get(key, []), answer.get("next_page_token") or None
        is_known = is_version if key == "model_versions" else is_registered
        if not isinstance(objects, list) or not all(
            isinstance(each, dict) and is_known(each) for each in objects
        ):
            raise _strange(path)
        if upcoming is not None and (upcoming == token or not isinstance(upcoming, str)):
            raise RegistryAnswerError("MLflow sent the same page of prompts twice")
        return objects, upcoming

    def _get(self, path: str, query: dict[str, str], within: float | None) -> Json:
        try:
            return self.client.get(self._url(path), query, within=within)
        except RegistryRefusedError as error:
            if error.status != _NOT_FOUND or error.code is not None:
                raise
            # MLflow itself says in its own words what it does not find.
            hint = "check the tracking URI: this is not the address of an MLflow server"
            raise RegistryRefusedError(error.message, hint=hint, status=error.status) from error

    def _write(self, path: str, body: JsonObject, *, method: str = "POST") -> Json:
        return self.client.write(method, self._url(path), dict(body), within=WRITE_SECONDS)

    def _url(self, path: str) -> str:
        return f"{self.url}/api/2.0/mlflow/{path}"


def is_name(name: str) -> bool:
    """Tell whether MLflow looks for a name: it takes the others for paths, and refuses to."""
    return name not in ("", ".", "..") and "/" not in name and ":" not in name


def is_prompt(found: JsonObject) -> bool:
    """Tell whether what is registered under a name is a prompt rather than a model."""
    try:
        return read_tags(found).get(IS_PROMPT_TAG, "").lower() == "true"
    except (AttributeError, KeyError, TypeError) as error:
        raise _strange("registered-models/get") from error


def in_portions(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Divide names so that each portion fits into the address of one request."""
    start, length = 0, 0
    for index, name in enumerate(names):
        length += len(name) + len("%27%27%2C")
        if length > _NAMES_CHARACTERS and index > start:
            yield names[start:index]
            start, length = index, len(name)
    if start < len(names):
        yield names[start:]


def _is_one_of(names: Sequence[str]) -> str:
    return f"name IN ({', '.join(map(_quoted, names))})"


def _quoted(name: str) -> str:
    # No prompt has a quote in its name; one that is asked for may.
    return "'" + name.replace("'", "") + "'"


def _strange(path: str) -> RegistryAnswerError:
    return RegistryAnswerError(
        f"MLflow answered {path} in a shape that promptsync does not know",
        hint="check the tracking URI; a newer promptsync may know it",
    )
