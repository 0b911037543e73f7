"""/v1/private/projects, as far as prompts need it, and whether the service is alive."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..errors import NotFoundError
from ..exchange import created, nothing
from ..routing import Route
from ..store import Store

PATH = "/v1/private/projects"


def retrieve(store: Store, request: Request) -> Response:
    """Return a project by its name."""
    body = bodies.read_body(request, {"name": bodies.not_blank})
    found = store.projects.find(str(body["name"]))
    if found is None:
        raise NotFoundError("Project not found")
    return json_response(answers.project(found))


def create(store: Store, request: Request) -> Response:
    """Make a project."""
    body = bodies.read_body(request, {"name": bodies.not_blank})
    return created(f"{PATH}/{store.projects.add(str(body['name'])).id}")


def read(store: Store, request: Request) -> Response:
    """Return a project by its id."""
    return json_response(answers.project(store.project(request.parameters["project_id"])))


def delete(store: Store, request: Request) -> Response:
    """Delete a project."""
    # Assumption: its prompts stay, out of reach by its name. Evidence: none.
    store.projects.delete(request.parameters["project_id"])
    return nothing()


def ping(_store: Store, _request: Request) -> Response:
    """Say that the service is alive."""
    return json_response({"message": "Healthy Server", "healthy": True})


def version(_store: Store, _request: Request) -> Response:
    """Say which release this is: the one that the source was read of, which is an assumption."""
    return json_response({"version": "2.0.0"})


ROUTES = (
    Route("POST", f"{PATH}/retrieve", retrieve),
    Route("POST", PATH, create),
    Route("GET", f"{PATH}/{{project_id}}", read),
    Route("DELETE", f"{PATH}/{{project_id}}", delete),
    Route("GET", "/is-alive/ping", ping),
    Route("GET", "/is-alive/ver", version),
)
