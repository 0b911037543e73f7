"""Look up where a Braintrust project lives: the organisation of a key, and the id of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject
from promptsync.registries.braintrust_answers import (
    CREDENTIALS_REFUSED,
    NOT_FOUND,
    read_objects,
)
from promptsync.registries.http import HttpClient
from promptsync.registries.redaction import redact, shorten

if TYPE_CHECKING:
    from promptsync.registries.braintrust_target import Route, Target


def find_organization(client: HttpClient, target: Target) -> tuple[str | None, str]:
    """Return the name of the organisation that is meant, and the address of its data."""
    organization = _log_in(client, target)
    name = organization.get("name")
    return name if isinstance(name, str) else None, _api_url(organization)


def _log_in(client: HttpClient, target: Target) -> JsonObject:
    answer = client.query(f"{target.app_url}/api/apikey/login")
    organizations = answer.get("org_info") if isinstance(answer, dict) else None
    if not isinstance(organizations, list) or not all(
        isinstance(each, dict) for each in organizations
    ):
        raise RegistryAnswerError(
            f"the login at {redact(target.app_url)} did not say which organisations there are",
            hint="check BRAINTRUST_APP_URL",
        )
    wanted = target.org_name
    for each in organizations:
        if wanted in (None, each.get("name")):
            return dict(each)
    names = ", ".join(f"`{shorten(str(each.get('name')), 40)}`" for each in organizations)
    raise RegistryRefusedError(
        f"the key belongs to no organisation `{wanted}`"
        if wanted
        else "the key belongs to no organisation",
        hint=f"it belongs to {names}" if names else "check BRAINTRUST_API_KEY",
    )


def _api_url(organization: JsonObject) -> str:
    url = organization.get("api_url")
    if not (isinstance(url, str) and url.startswith(("https://", "http://"))):
        raise RegistryAnswerError(
            "the login did not say where the organisation's data lives",
            hint="set BRAINTRUST_API_URL",
        )
    return url.rstrip("/")


def find_project(client: HttpClient, target: Target, route: Route) -> str:
    """Return the id of the project that is meant. Raises RegistryRefusedError if there is none."""
    if target.project_id is not None:
        return _check_project_id(client, target, route, target.project_id)
    query = {"project_name": target.project or ""}
    if route.org_name:
        query["org_name"] = route.org_name
    for found in read_objects(client.get(f"{route.api_url}/v1/project", query)):
        if found.get("name") == target.project and isinstance(found.get("id"), str):
            return str(found["id"])
    raise _no_such_project(target, route)


def _check_project_id(client: HttpClient, target: Target, route: Route, project_id: str) -> str:
    try:
        client.get(f"{route.api_url}/v1/project/{quote(project_id, '')}")
    except RegistryRefusedError as error:
        if error.status in CREDENTIALS_REFUSED:
            raise
        raise _no_such_project(target, route) from error
    return project_id


def _no_such_project(target: Target, route: Route) -> RegistryRefusedError:
    where = f" in the organisation `{shorten(route.org_name, 40)}`" if route.org_name else ""
    return RegistryRefusedError(
        f"Braintrust has no {target.label}{where}",
        hint="create it there, or correct `project` in the configuration; "
        "the key may also belong to another organisation or region",
        status=NOT_FOUND,
    )
