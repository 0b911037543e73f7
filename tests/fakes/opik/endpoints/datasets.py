"""/v1/private/datasets, as far as `evaluate` of the SDK needs it."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..datasets import Dataset, Item
from ..errors import BadRequestError, NotFoundError
from ..exchange import created, nothing, streamed
from ..filtering import Paging
from ..json_values import JsonObject
from ..routing import Route
from ..store import Store
from .prompts import project_of

PATH = "/v1/private/datasets"


def create(store: Store, request: Request) -> Response:
    """Make a dataset; a project that is only named is made."""
    body = bodies.read_body(request, bodies.DATASET)
    name, description = str(body["name"]), bodies.text(body, "description")
    made = store.datasets.create(name, project_of(store, body), description)
    return created(f"{PATH}/{made.id}")


def retrieve(store: Store, request: Request) -> Response:
    """Return a dataset by its name."""
    body = bodies.read_body(request, {"dataset_name": bodies.not_blank})
    return json_response(answers.dataset(_named(store, body)))


def read(store: Store, request: Request) -> Response:
    """Return a dataset by its id."""
    return json_response(answers.dataset(store.dataset(request.parameters["dataset_id"])))


def put_items(store: Store, request: Request) -> Response:
    """Add or replace items of a dataset."""
    body = bodies.read_body(request, {"items": bodies.dataset_items})
    dataset_id = bodies.text(body, "dataset_id")
    if dataset_id is None and bodies.text(body, "dataset_name") is None:
        raise BadRequestError("Either dataset_id or dataset_name must be provided")
    dataset = store.dataset(dataset_id) if dataset_id else _named(store, body)
    store.datasets.put(dataset, bodies.objects(body, "items"))
    return nothing()


def list_items(store: Store, request: Request) -> Response:
    """List the items of a dataset, the newest first."""
    dataset, paging = store.dataset(request.parameters["dataset_id"]), Paging.of(request)
    found = [answers.dataset_item(dataset, each) for each in _newest(dataset)]
    return json_response(answers.page(paging.number, len(found), paging.cut(found)))


def stream_items(store: Store, request: Request) -> Response:
    """Send the items behind the one that was received last, each on a line of its own."""
    body = bodies.read_body(request, {"dataset_name": bodies.not_blank})
    dataset, limit = _named(store, body), body.get("steam_limit")
    last = bodies.text(body, "last_retrieved_id")
    found = [each for each in _newest(dataset) if last is None or each.id < last]
    # Source: DatasetItemStreamRequest; `steam` is how it spells it.
    wanted = found[: limit if isinstance(limit, int) else 500]
    return streamed([answers.dataset_item(dataset, each) for each in wanted])


def list_versions(store: Store, request: Request) -> Response:
    """List the versions of a dataset, the newest first."""
    dataset, paging = store.dataset(request.parameters["dataset_id"]), Paging.of(request)
    found = [answers.dataset_version(dataset, each) for each in reversed(dataset.versions)]
    return json_response(answers.page(paging.number, len(found), paging.cut(found)))


def _newest(dataset: Dataset) -> list[Item]:
    return sorted(dataset.items.values(), key=lambda each: each.id, reverse=True)


def _named(store: Store, body: JsonObject) -> Dataset:
    project = bodies.text(body, "project_name")
    found = store.projects.find(project) if project else None
    dataset = store.datasets.find(str(body["dataset_name"]), found.id if found else None)
    if dataset is None:
        raise NotFoundError("Dataset not found")
    return dataset


ROUTES = (
    Route("POST", PATH, create),
    Route("POST", f"{PATH}/retrieve", retrieve),
    Route("PUT", f"{PATH}/items", put_items),
    Route("POST", f"{PATH}/items/stream", stream_items),
    Route("GET", f"{PATH}/{{dataset_id}}", read),
    Route("GET", f"{PATH}/{{dataset_id}}/items", list_items),
    Route("GET", f"{PATH}/{{dataset_id}}/versions", list_versions),
)
