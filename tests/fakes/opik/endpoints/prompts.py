"""/v1/private/prompts: what the versions of one name share."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..collation import folded
from ..errors import BadRequestError, ConflictError, NotFoundError
from ..exchange import created, nothing
from ..filtering import Paging, filtered
from ..json_values import JsonObject
from ..routing import Route
from ..store import Store

PATH = "/v1/private/prompts"


def create(store: Store, request: Request) -> Response:
    """Create a prompt, and its first version where there is a template."""
    body = bodies.read_body(request, bodies.PROMPT)
    project_id = project_of(store, body)
    prompt = store.prompts.create(str(body["name"]), project_id, body)
    if body.get("template"):
        # Its tags are the prompt's, not the version's.
        store.prompts.append(prompt, {**body, "id": None, "tags": None})
    return created(f"{PATH}/{prompt.id}")


def list_all(store: Store, request: Request) -> Response:
    """List prompts without their versions, the newest first."""
    paging, name = Paging.of(request), request.first("name")
    project_id = request.first("project_id")
    prompts = (each for each in store.prompts if project_id in (None, each.project_id))
    named = (each for each in prompts if not name or folded(name) in folded(each.name))
    found = filtered(map(answers.listed_prompt, named), request)
    return json_response(answers.page(paging.number, len(found), paging.cut(found)))


def read(store: Store, request: Request) -> Response:
    """Return a prompt with its latest version, and the one of an environment if that is asked."""
    environment = request.first("environment")
    if environment and request.first("mask_id"):
        raise BadRequestError("mask_id and environment are mutually exclusive")
    bodies.check({"environment": environment}, {"environment": bodies.null_or_environment})
    prompt = store.prompt(request.parameters["prompt_id"])
    requested = None
    if environment:
        requested = store.environments.version_in(prompt, environment)
        if requested is None:
            raise NotFoundError("Prompt version not found")
    return json_response(answers.whole_prompt(store, prompt, requested))


def update(store: Store, request: Request) -> Response:
    """Change name, description and tags of a prompt."""
    body = bodies.read_body(request, bodies.PROMPT_UPDATE)
    store.prompts.update(store.prompt(request.parameters["prompt_id"]), body)
    return nothing()


def delete(store: Store, request: Request) -> Response:
    """Delete a prompt with its versions."""
    # Source: PromptService.delete reads it first, and that is a 404 when there is none.
    store.prompts.delete(store.prompt(request.parameters["prompt_id"]).id)
    return nothing()


def delete_several(store: Store, request: Request) -> Response:
    """Delete prompts; those that are not there are ignored."""
    for each in bodies.texts(bodies.read_body(request, {"ids": bodies.ids}), "ids"):
        store.prompts.delete(each)
    return nothing()


def read_by_commit(store: Store, request: Request) -> Response:
    """Return the prompt that one commit belongs to, with that version as the requested one."""
    commit = request.parameters["commit"]
    found = [(p, v) for p in store.prompts for v in p.versions if v.commit == commit]
    if len(found) > 1:
        raise ConflictError(f"Ambiguous commit: multiple prompt versions found for '{commit}'")
    for prompt, version in found:
        return json_response(answers.whole_prompt(store, prompt, version))
    raise NotFoundError("Prompt version not found")


def project_of(store: Store, body: JsonObject) -> str | None:
    """Return the project that a write names; one that is only named is made."""
    project_id, name = bodies.text(body, "project_id"), bodies.text(body, "project_name")
    if project_id is not None:
        return store.project(project_id).id
    return store.projects.add(name).id if name else None


ROUTES = (
    Route("POST", PATH, create),
    Route("GET", PATH, list_all),
    Route("POST", f"{PATH}/delete", delete_several),
    Route("GET", f"{PATH}/by-commit/{{commit}}", read_by_commit),
    Route("GET", f"{PATH}/{{prompt_id}}", read),
    Route("PUT", f"{PATH}/{{prompt_id}}", update),
    Route("DELETE", f"{PATH}/{{prompt_id}}", delete),
)
