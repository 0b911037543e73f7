"""/v1/prompt, and the list of /v1/function, which is the same storage."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..environments import Environment
from ..errors import BadRequestError, missing
from ..json_values import Json, JsonObject
from ..listing import selected, shown_version
from ..projects import Project
from ..routing import Route
from ..store import Store


def create(store: Store, request: Request) -> Response:
    """Create a prompt, or return the one with this slug unmodified."""
    body = bodies.checked(bodies.parsed(request), bodies.CREATE_PROMPT)
    project = store.project(bodies.text(body, "project_id"), access="insert")
    existing = store.prompts.find(project.id, bodies.text(body, "slug"))
    if existing is None:
        return _written(store, project, body)
    # Assumption: unmodified, shown as GET shows it, and with the header that projects have.
    # Evidence: the API reference says unmodified; POST /v1/function was recorded replacing, without
    # the header: the switch PostReplaces.
    return json_response(
        answers.read_prompt(existing, existing.latest), headers={"x-bt-found-existing": "true"}
    )


def replace(store: Store, request: Request) -> Response:
    """Create a prompt, or replace the one with this slug: `id` stays, `created` does not."""
    body = bodies.checked(bodies.parsed(request), bodies.CREATE_PROMPT)
    project = store.project(bodies.text(body, "project_id"), access="insert")
    return _written(store, project, body)


def list_all(store: Store, request: Request) -> Response:
    """List prompts; one that is not there is an empty list, not an error (recorded)."""
    prompts = selected(store, request)
    if request.first("environment") and len(prompts) > 1:
        raise BadRequestError("environment requires the request to match a single prompt")
    # Assumption: with a version or environment that a prompt does not have, it is left out.
    # Evidence: none; see EnvironmentUnassignedAnswers and UnknownVersionAnswersLatest.
    shown = [(prompt, shown_version(store, request, prompt)) for prompt in prompts]
    objects: list[Json] = [
        answers.read_prompt(prompt, version) for prompt, version in shown if version is not None
    ]
    return json_response({"objects": objects})


def read(store: Store, request: Request) -> Response:
    """Return one prompt, at its latest version, a given one, or an environment's."""
    prompt = store.prompt(request.parameters["prompt_id"])
    version = shown_version(store, request, prompt)
    if version is None:
        # Assumption: 400, as everything that is missing by id. Evidence: none.
        raise missing("prompt", prompt.id)
    return json_response(answers.read_prompt(prompt, version))


def patch(store: Store, request: Request) -> Response:
    """Change some fields; `id` and `created` stay."""
    prompt = store.prompt(request.parameters["prompt_id"], access="update")
    body = bodies.checked(bodies.parsed(request), bodies.PATCH_PROMPT)
    slug = bodies.optional_text(body, "slug")
    holder = store.prompts.find(prompt.project.id, slug) if slug else None
    if holder not in {None, prompt}:
        # Assumption: refused. Evidence: a slug is unique in its project.
        raise BadRequestError(f"A prompt with slug {slug} already exists")
    store.prompts.merge(prompt, body)
    return json_response(answers.patched_prompt(prompt))


def delete(store: Store, request: Request) -> Response:
    """Delete a prompt."""
    prompt = store.prompt(request.parameters["prompt_id"], access="delete")
    store.prompts.delete(prompt)
    return json_response(answers.deleted_prompt(prompt))


def environments_named(store: Store, project: Project, slugs: list[str]) -> list[Environment]:
    """Return the environments that a write names; one unknown slug refuses the whole write."""
    found = {slug: store.environments.find(project.organization, slug) for slug in slugs}
    for slug, environment in found.items():
        if environment is None:
            raise BadRequestError(f"Environment {slug} does not exist")
    return [environment for environment in found.values() if environment is not None]


def _written(store: Store, project: Project, body: JsonObject) -> Response:
    slugs = bodies.texts(body, "environment_slugs")
    environments = environments_named(store, project, slugs)
    prompt = store.prompts.write(project, answers.content_of(body))
    for environment in environments:
        store.environments.assign(environment, prompt, prompt.latest.transaction)
    return json_response(answers.written_prompt(prompt, body))


ROUTES = (
    Route("POST", "/v1/prompt", create),
    Route("PUT", "/v1/prompt", replace),
    Route("GET", "/v1/prompt", list_all),
    Route("GET", "/v1/prompt/{prompt_id}", read),
    Route("PATCH", "/v1/prompt/{prompt_id}", patch),
    Route("DELETE", "/v1/prompt/{prompt_id}", delete),
    Route("GET", "/v1/function", list_all),
)
