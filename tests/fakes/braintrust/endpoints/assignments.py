"""/environment-object/prompt: which version of a prompt an environment points at."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response, text_response

from .. import answers, bodies
from ..environments import Assignment
from ..errors import BadRequestError
from ..json_values import Json, JsonObject
from ..listing import transaction_of
from ..prompts import Prompt
from ..routing import Route
from ..store import Store
from .prompts import environments_named

# Assumption: all of this file. Evidence: a page of the documentation and the source of the official
# clients; the endpoint is in no published schema and in no recording.


def assign(store: Store, request: Request) -> Response:
    """Point the environment in the path at a version; doing it twice changes nothing."""
    body = bodies.checked(bodies.parsed(request), bodies.ASSIGN)
    return _assigned(store, _prompt(store, request), request.parameters["environment"], body)


def assign_to(store: Store, request: Request) -> Response:
    """Point the environment in the body at a version."""
    body = bodies.checked(bodies.parsed(request), bodies.ASSIGN_TO)
    return _assigned(store, _prompt(store, request), bodies.text(body, "environment_slug"), body)


def list_all(store: Store, request: Request) -> Response:
    """List a prompt's environments."""
    objects: list[Json] = [
        answers.assignment(assignment)
        for assignment in store.environments.of(_prompt(store, request))
    ]
    return json_response({"objects": objects})


def read(store: Store, request: Request) -> Response:
    """Return what one environment points at."""
    assignment = _assignment(store, request)
    return json_response(answers.assignment(assignment)) if assignment else _not_assigned()


def unassign(store: Store, request: Request) -> Response:
    """Take a prompt out of an environment; the answer is what it pointed at."""
    assignment = _assignment(store, request)
    if assignment is None:
        return _not_assigned()
    store.environments.unassign(assignment)
    return json_response(answers.assignment(assignment))


def _prompt(store: Store, request: Request) -> Prompt:
    return store.prompt(request.parameters["prompt_id"])


def _assignment(store: Store, request: Request) -> Assignment | None:
    return store.environments.assigned(_prompt(store, request), request.parameters["environment"])


def _assigned(store: Store, prompt: Prompt, slug: str, body: JsonObject) -> Response:
    (environment,) = environments_named(store, prompt.project, [slug])
    transaction = transaction_of(bodies.text(body, "object_version"))
    if prompt.version(transaction) is None:
        raise BadRequestError(f"Prompt {prompt.id} has no version {transaction}")
    assignment = store.environments.assign(environment, prompt, transaction)
    return json_response(answers.assignment(assignment))


def _not_assigned() -> Response:
    return text_response("Environment object not found", status=404)


ROUTES = (
    Route("GET", "/environment-object/prompt/{prompt_id}", list_all),
    Route("POST", "/environment-object/prompt/{prompt_id}", assign_to),
    Route("GET", "/environment-object/prompt/{prompt_id}/{environment}", read),
    Route("PUT", "/environment-object/prompt/{prompt_id}/{environment}", assign),
    Route("DELETE", "/environment-object/prompt/{prompt_id}/{environment}", unassign),
)
