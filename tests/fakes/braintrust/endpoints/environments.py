"""/environment, without the /v1 of its neighbours: what environments an organisation has."""

from __future__ import annotations

from dataclasses import replace

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..environments import Environment
from ..errors import BadRequestError, missing
from ..json_values import Json
from ..routing import Route
from ..store import Store

# Assumption: all of this file. Evidence: the OpenAPI document, and no recording.


def create(store: Store, request: Request) -> Response:
    """Define an environment; a slug that is taken is refused."""
    body = bodies.checked(bodies.parsed(request), bodies.CREATE_ENVIRONMENT)
    organization = store.organization(bodies.optional_text(body, "org_name"))
    slug = bodies.text(body, "slug")
    if store.environments.find(organization, slug):
        raise BadRequestError(f"Environment {slug} already exists")
    environment = store.environments.add(
        organization, slug, bodies.text(body, "name"), bodies.optional_text(body, "description")
    )
    return json_response(answers.environment(environment))


def list_all(store: Store, request: Request) -> Response:
    """List environments, filtered by id, name and organisation."""
    ids, name, org_name = request.all("ids"), request.first("name"), request.first("org_name")
    objects: list[Json] = [
        answers.environment(environment)
        for environment in store.environments.living()
        if (not ids or environment.id in ids)
        and name in {None, environment.name}
        and org_name in {None, environment.organization.name}
    ]
    return json_response({"objects": objects})


def read(store: Store, request: Request) -> Response:
    """Return one environment."""
    return json_response(answers.environment(_environment(store, request)))


def patch(store: Store, request: Request) -> Response:
    """Change name, slug or description."""
    environment = _environment(store, request)
    body = bodies.checked(bodies.parsed(request), bodies.PATCH_ENVIRONMENT)
    changed = replace(
        environment,
        name=bodies.optional_text(body, "name") or environment.name,
        slug=bodies.optional_text(body, "slug") or environment.slug,
        description=bodies.optional_text(body, "description") or environment.description,
    )
    return json_response(answers.environment(store.environments.save(changed)))


def delete(store: Store, request: Request) -> Response:
    """Delete an environment; the answer has `deleted_at` set."""
    environment = store.environments.delete(_environment(store, request))
    return json_response(answers.environment(environment))


def _environment(store: Store, request: Request) -> Environment:
    environment = store.environments.get(request.parameters["environment_id"])
    if environment is None:
        raise missing("environment", request.parameters["environment_id"])
    return environment


ROUTES = (
    Route("POST", "/environment", create),
    Route("GET", "/environment", list_all),
    Route("GET", "/environment/{environment_id}", read),
    Route("PATCH", "/environment/{environment_id}", patch),
    Route("DELETE", "/environment/{environment_id}", delete),
)
