"""/v1/project"""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..json_values import Json
from ..routing import Route
from ..store import Store


def create(store: Store, request: Request) -> Response:
    """Create a project, or return the one of that name unmodified (recorded)."""
    body = bodies.checked(bodies.parsed(request), bodies.CREATE_PROJECT)
    organization = store.organization(bodies.optional_text(body, "org_name"))
    name = bodies.text(body, "name")
    for existing in store.projects.matching(name=name, org_name=organization.name):
        return json_response(answers.project(existing), headers={"x-bt-found-existing": "true"})
    project = store.projects.add(organization, name, bodies.optional_text(body, "description"))
    return json_response(answers.project(project))


def list_all(store: Store, request: Request) -> Response:
    """List the projects, filtered by name, id and organisation."""
    ids = request.all("ids")
    found = store.projects.matching(
        name=request.first("project_name"), org_name=request.first("org_name")
    )
    objects: list[Json] = [
        answers.project(project) for project in found if not ids or project.id in ids
    ]
    limit = request.first("limit")
    return json_response({"objects": objects[: int(limit)] if limit else objects})


def read(store: Store, request: Request) -> Response:
    """Return one project."""
    return json_response(answers.project(store.project(request.parameters["project_id"])))


def patch(store: Store, request: Request) -> Response:
    """Change name, description or settings."""
    project = store.project(request.parameters["project_id"], access="update")
    body = bodies.checked(bodies.parsed(request), bodies.PATCH_PROJECT)
    settings = body.get("settings")
    changed = replace(
        project,
        name=bodies.optional_text(body, "name") or project.name,
        description=bodies.optional_text(body, "description") or project.description,
        settings=settings if isinstance(settings, dict) else project.settings,
    )
    return json_response(answers.project(store.projects.save(changed)))


def delete(store: Store, request: Request) -> Response:
    """Delete a project; the answer has `deleted_at` set."""
    project = store.project(request.parameters["project_id"], access="delete")
    return json_response(answers.project(store.projects.delete(project)))


ROUTES = (
    Route("POST", "/v1/project", create),
    Route("GET", "/v1/project", list_all),
    Route("GET", "/v1/project/{project_id}", read),
    Route("PATCH", "/v1/project/{project_id}", patch),
    Route("DELETE", "/v1/project/{project_id}", delete),
)
