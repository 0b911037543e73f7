"""/insert-functions: many prompts in one transaction, as SDKs and command lines publish them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..environments import Environment
from ..errors import BadRequestError
from ..json_values import Json, JsonObject
from ..projects import Project
from ..prompts import Prompt
from ..routing import Route
from ..store import Store
from .prompts import environments_named

IF_EXISTS = frozenset({"error", "replace", "ignore"})


@dataclass(frozen=True)
class Entry:
    """One function of the request, and the prompt that has its slug already."""

    project: Project
    body: JsonObject
    environments: list[Environment]
    existing: Prompt | None

    @property
    def is_ignored(self) -> bool:
        """Whether what is there stays as it is."""
        return self.existing is not None and self.body.get("if_exists") == "ignore"


def insert(store: Store, request: Request) -> Response:
    """Write every entry, all with one transaction id (recorded)."""
    body = bodies.parsed(request)
    functions = body.get("functions") if isinstance(body, dict) else None
    if not isinstance(functions, list):
        raise BadRequestError("functions is not an array")
    # Assumption: every entry is checked before the first one is written. Evidence: none; the
    # switch StopsHalfway does the contrary.
    entries = [_checked(store, function, index) for index, function in enumerate(functions)]
    transaction = store.transactions.next()
    written: list[Json] = [_written(store, entry, transaction) for entry in entries]
    return json_response({"status": "success", "xact_id": str(transaction), "functions": written})


def _checked(store: Store, function: Json, index: int) -> Entry:
    body = bodies.checked(function, bodies.INSERT_FUNCTION, "functions", index)
    if body["function_data"] != answers.FUNCTION_DATA:
        raise BadRequestError("this server stores prompts only")
    project = store.project(bodies.text(body, "project_id"), access="insert")
    existing = store.prompts.find(project.id, bodies.text(body, "slug"))
    # Assumption: null means error. Evidence: the default of the official command line; the SDK
    # sends null and documents nothing.
    policy = body.get("if_exists") or "error"
    if policy not in IF_EXISTS:
        raise BadRequestError(f"Invalid if_exists: {policy}")
    if existing and policy == "error":
        raise BadRequestError(f"Function with slug {existing.slug} already exists")
    slugs = _environment_slugs(body)
    return Entry(project, body, environments_named(store, project, slugs), existing)


def _written(store: Store, entry: Entry, transaction: int) -> JsonObject:
    if entry.is_ignored and entry.existing is not None:
        prompt = entry.existing
    else:
        content = answers.content_of(entry.body)
        prompt = store.prompts.write(entry.project, content, transaction=transaction)
        for environment in entry.environments:
            store.environments.assign(environment, prompt, transaction)
    return {
        "id": prompt.id,
        "project_id": prompt.project.id,
        "slug": prompt.slug,
        "found_existing": entry.existing is not None,
    }


def _environment_slugs(body: JsonObject) -> list[str]:
    environments = body.get("environments")
    if not isinstance(environments, list):
        return []
    return [str(one["slug"]) for one in environments if isinstance(one, dict) and "slug" in one]


ROUTES = (Route("POST", "/insert-functions", insert),)
