"""/v1/private/environments: the names that a workspace defines."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..exchange import created, nothing
from ..json_values import JsonObject
from ..routing import Route
from ..store import Store

PATH = "/v1/private/environments"


def create(store: Store, request: Request) -> Response:
    """Define an environment."""
    body = bodies.read_body(request, {"id": bodies.null_or_id, "name": bodies.environment})
    made = store.environments.add(
        str(body["name"]),
        bodies.text(body, "description"),
        bodies.text(body, "color"),
        environment_id=bodies.text(body, "id"),
    )
    return created(f"{PATH}/{made.id}")


def list_all(store: Store, _request: Request) -> Response:
    """List every environment on one page."""
    found = [answers.environment(each) for each in store.environments.all()]
    return json_response(answers.page(1, len(found), found))


def read(store: Store, request: Request) -> Response:
    """Return an environment."""
    found = store.environment(request.parameters["environment_id"])
    return json_response(answers.environment(found))


def update(store: Store, request: Request) -> Response:
    """Change some fields of an environment."""
    body = bodies.read_body(request, {"name": bodies.null_or_environment})
    found = store.environment(request.parameters["environment_id"])
    texts = {key: bodies.text(body, key) for key in ("name", "description", "color")}
    store.environments.update(found, **{key: text for key, text in texts.items() if text})
    return nothing()


def delete(store: Store, request: Request) -> Response:
    """Remove environments."""
    body: JsonObject = bodies.read_body(request, {"ids": bodies.ids})
    store.environments.delete(bodies.texts(body, "ids"))
    return nothing()


ROUTES = (
    Route("POST", PATH, create),
    Route("GET", PATH, list_all),
    Route("POST", f"{PATH}/delete", delete),
    Route("GET", f"{PATH}/{{environment_id}}", read),
    Route("PATCH", f"{PATH}/{{environment_id}}", update),
)
