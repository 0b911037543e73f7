"""/v1/private/prompts/versions: immutable but for their tags and environments."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..errors import ConflictError, InvalidError, NotFoundError
from ..exchange import nothing
from ..filtering import Paging, filtered
from ..json_values import Json, JsonObject
from ..prompts import Prompt, Version
from ..routing import Route
from ..store import Store
from .prompts import PATH, project_of

VERSIONS = f"{PATH}/versions"


def create(store: Store, request: Request) -> Response:
    """Add a version; a prompt of that name is made if there is none."""
    body = bodies.read_body(request, bodies.NEW_VERSION)
    fields = bodies.part(body, "version")
    bodies.check(fields, bodies.VERSION, "version.")
    name, project_id = str(body["name"]), project_of(store, body)
    prompt = store.prompts.find(name, project_id)
    names = bodies.texts(fields, "environments")
    for each in names:
        # Source: PromptService.createPromptVersion defines them (environmentService.bulkCreate).
        if store.environments.named(each) is None:
            store.environments.add(each)
    if prompt is not None and (taken := store.environments.taken(prompt, names)):
        raise ConflictError(f"Environments already mapped to another version: '{taken}'")
    if prompt is None:
        structure: JsonObject = {"template_structure": body.get("template_structure")}
        prompt = store.prompts.create(name, project_id, structure)
    version = store.prompts.append(prompt, fields)
    if names:
        store.environments.assign(version, names)
    return json_response(answers.version_detail(store, version))


def update_tags(store: Store, request: Request) -> Response:
    """Replace the tags of some versions, or add to them."""
    body = bodies.read_body(request, bodies.TAG_UPDATE)
    update = bodies.part(body, "update")
    bodies.check(update, {"tags": bodies.version_tags}, "update.")
    if update.get("tags") is not None:
        for version in store.prompts.versions_by_id(bodies.texts(body, "ids")):
            tags, merges = bodies.texts(update, "tags"), body.get("merge_tags") is True
            store.prompts.tag(version, tags, merges=merges)
    return nothing()


def retrieve(store: Store, request: Request) -> Response:
    """Return a version by its prompt's name: the latest, or the one that one selector says."""
    body = bodies.read_body(request, bodies.RETRIEVE)
    selectors = [key for key in ("commit", "version_number", "environment") if body.get(key)]
    if len(selectors) > 1:
        raise InvalidError(f"{' and '.join(selectors)} are mutually exclusive")
    prompt = _named(store, body)
    version = _selected(store, prompt, body) if prompt else None
    if version is None:
        raise NotFoundError("Prompt version not found" if prompt else "Prompt not found")
    return json_response(answers.version_detail(store, version))


def _named(store: Store, body: JsonObject) -> Prompt | None:
    name, project_name = str(body["name"]), bodies.text(body, "project_name")
    if project_name is None:
        # Assumption: any project's. Evidence: PromptDAO.findByName without a project.
        found = (store.prompts.find(name, each) for each in _every_project(store))
        return next(filter(None, found), None)
    # Assumption: a project that is not there has no prompts. Evidence: the client's docstrings of
    # autumn 2026; the source of July looked in the whole workspace: see FallsBackToWorkspace.
    project = store.projects.find(project_name)
    return store.prompts.find(name, project.id) if project else None


def _every_project(store: Store) -> list[str | None]:
    return list(dict.fromkeys(each.project_id for each in store.prompts))


def _selected(store: Store, prompt: Prompt, body: JsonObject) -> Version | None:
    environment, number = bodies.text(body, "environment"), bodies.text(body, "version_number")
    commit = bodies.text(body, "commit")
    if environment:
        return store.environments.version_in(prompt, environment)
    if number:
        return prompt.version(number)
    if commit:
        return next((each for each in prompt.versions if each.commit == commit), None)
    return prompt.latest


def retrieve_by_ids(store: Store, request: Request) -> Response:
    """Return versions by their ids, whole; those that are not there are left out."""
    ids = bodies.texts(bodies.read_body(request, {"ids": bodies.ids}), "ids")
    found: list[Json] = [
        answers.version_detail(store, each) for each in store.prompts.versions_by_id(ids)
    ]
    return json_response(found)


def retrieve_by_commits(store: Store, request: Request) -> Response:
    """Return which prompts some commits belong to."""
    body = bodies.read_body(request, {"commits": bodies.commits})
    by_commit = {each.commit: (p, each) for p in store.prompts for each in p.versions}
    links: list[Json] = []
    for commit in bodies.texts(body, "commits"):
        link: JsonObject = {"commit": commit}
        if commit in by_commit:
            prompt, version = by_commit[commit]
            link |= {"prompt_version_id": version.id, "prompt_id": prompt.id}
            link["prompt_name"] = prompt.name
        links.append(link)
    return json_response(links)


def read(store: Store, request: Request) -> Response:
    """Return a version by its id."""
    version = store.version(request.parameters["version_id"])
    return json_response(answers.version_detail(store, version))


def read_by_number(store: Store, request: Request) -> Response:
    """Return a version of a prompt by its number."""
    number = request.parameters["number"]
    bodies.check({"versionNumber": number}, {"versionNumber": bodies.version_number})
    prompt = store.prompts.get(request.parameters["prompt_id"])
    version = prompt.version(number) if prompt else None
    if version is None:
        raise NotFoundError("Prompt version not found")
    return json_response(answers.version_detail(store, version))


def list_all(store: Store, request: Request) -> Response:
    """List the versions of a prompt, whole, the newest first; of an unknown one there are none."""
    prompt, search = store.prompts.get(request.parameters["prompt_id"]), request.first("search")
    versions = reversed(prompt.versions) if prompt else iter(())
    matching = (each for each in versions if _is_found(each, search or ""))
    found = filtered((answers.listed_version(store, each) for each in matching), request)
    paging = Paging.of(request)
    return json_response(answers.page(paging.number, len(found), paging.cut(found)))


def _is_found(version: Version, search: str) -> bool:
    return search in version.template or search in (version.change_description or "")


def set_environments(store: Store, request: Request) -> Response:
    """Make some environments those of a version."""
    body = bodies.read_body(request, {"environments": bodies.environments})
    version, names = store.version(request.parameters["version_id"]), _names(body)
    missing = [each for each in names if store.environments.named(each) is None]
    if missing:
        # Assumption: 404. Evidence: the OpenAPI document; the source of July answered 409.
        raise NotFoundError(f"Environments do not exist in the workspace: '{missing}'")
    store.environments.assign(version, names)
    return nothing()


def _names(body: JsonObject) -> list[str]:
    return bodies.texts(body, "environments")


def restore(store: Store, request: Request) -> Response:
    """Add a version with the content of an older one, without its tags and environments."""
    prompt = store.prompt(request.parameters["prompt_id"])
    version = store.version(request.parameters["version_id"])
    if version.prompt_id != prompt.id:
        raise NotFoundError("Prompt version not found for the specified prompt")
    fields: JsonObject = {
        "template": version.template,
        "metadata": version.metadata,
        "type": version.type,
        "change_description": f"Restored from version v{version.number}",
    }
    restored = store.prompts.append(prompt, fields)
    return json_response(answers.version_detail(store, restored))


ROUTES = (
    Route("POST", VERSIONS, create),
    Route("PATCH", VERSIONS, update_tags),
    Route("POST", f"{VERSIONS}/retrieve", retrieve),
    Route("POST", f"{VERSIONS}/retrieve-by-ids", retrieve_by_ids),
    Route("POST", f"{PATH}/retrieve-by-commits", retrieve_by_commits),
    Route("GET", f"{VERSIONS}/{{version_id}}", read),
    Route("PATCH", f"{VERSIONS}/{{version_id}}/environments", set_environments),
    Route("GET", f"{PATH}/{{prompt_id}}/versions", list_all),
    Route("GET", f"{PATH}/{{prompt_id}}/versions/by-number/{{number}}", read_by_number),
    Route("POST", f"{PATH}/{{prompt_id}}/versions/{{version_id}}/restore", restore),
)
