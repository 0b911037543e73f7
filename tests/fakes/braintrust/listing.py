"""Which prompts a list shows: filters, order and pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.fakes.service.exchange import Request

from .errors import BadRequestError, invalid, not_a_uuid, wrong_type
from .ids import is_uuid, transaction_id
from .projects import Project
from .prompts import Prompt, Version
from .store import Store


@dataclass(frozen=True)
class Page:
    """Where a page of a list starts and how long it may be."""

    limit: int | None = None
    starting_after: str | None = None
    ending_before: str | None = None

    @classmethod
    def of(cls, request: Request) -> Page:
        """Read the paging parameters of a list request."""
        after, before = request.first("starting_after"), request.first("ending_before")
        if after and before:
            # Assumption: refused. Evidence: "you may only pass one of" them, in the API reference.
            raise BadRequestError("Only one of starting_after and ending_before may be specified")
        limit = request.first("limit")
        if limit is not None and not limit.isdecimal():
            raise invalid(wrong_type("number", "nan", "limit"))
        return cls(None if limit is None else int(limit), _id(after), _id(before))


def selected(store: Store, request: Request) -> list[Prompt]:
    """Return one page of the prompts that meet every filter, the newest born first."""
    page = Page.of(request)
    ids = frozenset(_id(one) for one in request.all("ids"))
    name = request.first("prompt_name")
    prompts = [
        prompt
        for prompt in _candidates(store, request)
        if (not ids or prompt.id in ids) and name in {None, prompt.latest.content.get("name")}
    ]
    return _page(store, prompts, page)


def shown_version(store: Store, request: Request, prompt: Prompt) -> Version | None:
    """Return the version that a read asks for: by number, by environment, or the latest."""
    version, environment = request.first("version"), request.first("environment")
    if version and environment:
        raise BadRequestError("environment cannot be used together with version")
    if environment:
        return store.environments.version_in(prompt, environment)
    if version:
        return prompt.version(transaction_of(version))
    return prompt.latest


def transaction_of(version: str) -> int:
    """Read a version given in a request, or refuse the request."""
    try:
        return transaction_id(version)
    except ValueError as error:
        raise BadRequestError(str(error)) from error


def _candidates(store: Store, request: Request) -> Iterator[Prompt]:
    chosen = list(projects(store, request))
    slug = request.first("slug")
    if slug is not None:
        found = (store.prompts.find(project.id, slug) for project in chosen)
        known = [prompt for prompt in found if prompt is not None]
        return iter(sorted(known, key=lambda prompt: prompt.birth, reverse=True))
    ids = {project.id for project in chosen}
    return (prompt for prompt in store.prompts.newest_first() if prompt.project.id in ids)


def projects(store: Store, request: Request) -> Iterator[Project]:
    """Return the projects that a list request is about."""
    # Assumption: a project that is not there gives an empty list. Evidence: recorded for an
    # unknown slug only.
    return store.projects.matching(
        project_id=_id(request.first("project_id"), "project_id"),
        name=request.first("project_name"),
        org_name=request.first("org_name"),
    )


def _page(store: Store, prompts: list[Prompt], page: Page) -> list[Prompt]:
    if page.starting_after:
        birth = _birth(store, page.starting_after)
        prompts = [prompt for prompt in prompts if prompt.birth < birth]
    if page.ending_before:
        birth = _birth(store, page.ending_before)
        prompts = [prompt for prompt in prompts if prompt.birth > birth]
        return prompts if page.limit is None else prompts[max(0, len(prompts) - page.limit) :]
    # A list without a limit has been recorded with 545 objects.
    # Assumption: it has no end. Evidence: the API reference names neither default nor maximum;
    # see the switch PageCap.
    return prompts[: page.limit]


def _birth(store: Store, prompt_id: str) -> int:
    # Assumption: the cursor still works after its prompt was deleted. Evidence: none.
    prompt = store.prompts.get(prompt_id, even_deleted=True)
    if prompt is None:
        raise BadRequestError(f"Invalid cursor: {prompt_id}")
    return prompt.birth


def _id(identifier: str | None, key: str = "id") -> str | None:
    if identifier is not None and not is_uuid(identifier):
        raise invalid(not_a_uuid(key, 0))
    return identifier
