"""The endpoints of Braintrust's API that promptsync uses, each behind one function."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import Json, JsonObject
from promptsync.registries.base import AnotherPromptError
from promptsync.registries.braintrust_answers import (
    BAD_REQUEST,
    UNAUTHORIZED,
    is_missing,
    raise_unless_missing,
    read_objects,
    without_environments,
)
from promptsync.registries.braintrust_fields import decimal_version
from promptsync.registries.braintrust_target import Route
from promptsync.registries.http import HttpClient
from promptsync.registries.http_credentials import is_header_text

PAGE_SIZE = 1000

# A write that gets no answer is followed by a look at what is there. Both together stay within
# the time in which a dead server has to show.
WRITE_SECONDS = 9.0
LOOK_SECONDS = 4.0

SQL_HINT = "experiments are found with SQL, which a self-hosted Braintrust knows since v1.1.29"


@dataclass(frozen=True, slots=True)
class BraintrustApi:
    """One Braintrust server, asked about one project."""

    client: HttpClient
    route: Route

    def read_page(self, after: str | None = None) -> list[JsonObject]:
        """Return the latest version of some prompts, those behind a prompt id where it is given.

        The end is an empty page: a server may send fewer than it was asked for.
        """
        query = {**self.route.project_query, "limit": str(PAGE_SIZE)}
        if after is not None:
            query["starting_after"] = after
        return read_objects(self.client.get(self._url("/v1/prompt"), query))

    def find(
        self,
        slug: str,
        *,
        version: str | None = None,
        environment: str | None = None,
        within: float | None = None,
    ) -> JsonObject | None:
        """Return a prompt by its slug, None if there is none, or no such version of it.

        A version from before a rename has the slug of that time, if it is found at all.
        """
        query = {**self.route.project_query, "slug": slug, "limit": "1"}
        chosen = _chosen(version, environment)
        try:
            answer = self.client.get(self._url("/v1/prompt"), {**query, **chosen}, within=within)
            objects = read_objects(answer)
        except RegistryRefusedError as error:
            raise_unless_missing(error, chosen)
            return None
        if objects and objects[0].get("slug") != slug and not chosen:
            raise AnotherPromptError("Braintrust", asked=slug, answered=objects[0].get("slug"))
        return objects[0] if objects else None

    def find_by_id(
        self, prompt_id: str, *, version: str | None = None, environment: str | None = None
    ) -> JsonObject | None:
        """Return a version of a prompt whatever it was called then, None if there is none."""
        chosen = _chosen(version, environment)
        try:
            found = self.client.get(self._url("/v1/prompt", prompt_id), chosen)
        except RegistryRefusedError as error:
            raise_unless_missing(error, chosen)
            return None
        if not isinstance(found, dict):
            raise RegistryAnswerError("Braintrust answered with something other than a prompt")
        if found.get("id") != prompt_id:
            raise AnotherPromptError("Braintrust", asked=prompt_id, answered=found.get("slug"))
        return found

    def read_version(self, prompt_id: str, version: str) -> JsonObject:
        """Return a version that is known to exist."""
        answer = self.client.get(self._url("/v1/prompt", prompt_id), {"version": version})
        if not isinstance(answer, dict) or answer.get("_xact_id") != version:
            raise RegistryAnswerError("Braintrust answered with another version than was asked for")
        return answer

    def put(self, body: JsonObject) -> None:
        """Create a prompt, or replace it whole. The answer only echoes what was sent."""
        self.client.write("PUT", self._url("/v1/prompt"), dict(body), within=WRITE_SECONDS)

    def insert(self, body: JsonObject) -> None:
        """Do the same by the way that SDKs publish, which takes metadata; undocumented."""
        function = {**body, "function_data": {"type": "prompt"}, "if_exists": "replace"}
        self.client.write(
            "POST",
            self._url("/insert-functions"),
            {"functions": [function]},
            within=WRITE_SECONDS,
        )

    def delete(self, prompt_id: str) -> None:
        """Delete a prompt; nothing happens when it is gone already."""
        try:
            self.client.write("DELETE", self._url("/v1/prompt", prompt_id), within=WRITE_SECONDS)
        except RegistryRefusedError as error:
            if not is_missing(error):
                raise

    def assign(self, prompt_id: str, environment: str, version: str) -> None:
        """Point an environment at a version; undocumented."""
        body = {"object_version": version}
        if self.route.org_name:
            body["org_name"] = self.route.org_name
        url = self._url("/environment-object/prompt", prompt_id, environment)
        try:
            self.client.write("PUT", url, body, within=WRITE_SECONDS)
        except RegistryRefusedError as error:
            if error.status == UNAUTHORIZED:
                raise
            raise without_environments(error) from error

    def assignments(self, prompt_id: str) -> dict[str, str]:
        """Return the version that each environment points at; undocumented."""
        url = self._url("/environment-object/prompt", prompt_id)
        query = {"org_name": self.route.org_name} if self.route.org_name else {}
        try:
            return dict(map(_assignment, read_objects(self.client.get(url, query))))
        except RegistryRefusedError as error:
            if is_missing(error):
                return {}
            if error.status == UNAUTHORIZED:
                raise
            raise without_environments(error) from error

    def patch(self, prompt_id: str, body: JsonObject) -> None:
        """Change the fields of a prompt that are named; the answer only echoes them."""
        url = self._url("/v1/prompt", prompt_id)
        self.client.write("PATCH", url, dict(body), within=WRITE_SECONDS)

    def read_history(self, prompt: JsonObject) -> list[JsonObject]:
        """Return the rows of a prompt's audit log, in no order; undocumented."""
        from promptsync.registries.braintrust_queries import history_query, is_history_row

        answer = self._query(history_query(str(prompt.get("project_id")), str(prompt.get("id"))))
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(map(is_history_row, rows)):
            raise RegistryAnswerError(
                "Braintrust answered the question for a prompt's versions in an unknown shape",
                hint="a newer promptsync may know it",
            )
        return rows

    def read_experiments(self, after: str | None = None) -> list[JsonObject]:
        """Return experiments of the project, newest first; those behind one where it is given."""
        query = {**self.route.project_query, "limit": str(PAGE_SIZE)}
        if after is not None:
            query["starting_after"] = after
        return read_objects(self.client.get(self._url("/v1/experiment"), query))

    def read_runs(self, experiment_ids: Sequence[str]) -> list[JsonObject]:
        """Return which version of which prompt each experiment ran.

        Each row has `experiment_id`, `prompt_id` and `version`; the last two are what a span's
        metadata says, which may be anything.
        """
        from promptsync.registries.braintrust_queries import MAX_RUNS, is_run, runs_query

        try:
            answer = self._query({"query": runs_query(experiment_ids)})
        except RegistryRefusedError as error:
            if error.status != BAD_REQUEST:
                raise
            raise RegistryRefusedError(error.message, hint=SQL_HINT, status=error.status) from error
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(map(is_run, rows)) or len(rows) >= MAX_RUNS:
            raise RegistryAnswerError(
                "Braintrust answered which prompts experiments ran in an unknown shape",
                hint="a newer promptsync may know it",
            )
        return rows

    def summarize(self, experiment_id: str) -> JsonObject:
        """Return the averages of an experiment's scores and metrics."""
        url = self._url("/v1/experiment", experiment_id) + "/summarize"
        answer = self.client.get(url, {"summarize_scores": "true"})
        if not isinstance(answer, dict):
            raise RegistryAnswerError("Braintrust sent no summary of an experiment")
        return answer

    def _query(self, body: JsonObject) -> Json:
        org_name = self.route.org_name
        headers = {"x-bt-org-name": org_name} if org_name and is_header_text(org_name) else {}
        return self.client.query(self._url("/btql"), dict(body), headers=headers)

    def _url(self, path: str, *parts: str) -> str:
        return "/".join([self.route.api_url + path, *(quote(each, safe="") for each in parts)])


def _chosen(version: str | None, environment: str | None) -> dict[str, str]:
    chosen = {"version": version, "environment": environment}
    return {key: value for key, value in chosen.items() if value is not None}


def _assignment(found: JsonObject) -> tuple[str, str]:
    environment, version = found.get("environment_slug"), found.get("object_version")
    number = decimal_version(version) if isinstance(version, str) else None
    if not isinstance(environment, str) or number is None:
        raise RegistryAnswerError(
            "Braintrust told what an environment points at in an unknown shape",
            hint="a newer promptsync may know it",
        )
    return environment, number
