"""/v1/private/experiments"""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..exchange import created, nothing
from ..experiments import Experiment, ExperimentItem
from ..filtering import Paging
from ..routing import Route
from ..store import Store

PATH = "/v1/private/experiments"


def list_all(store: Store, request: Request) -> Response:
    """List experiments, those that ran a prompt where one is named, the newest first."""
    prompt_id, paging = request.first("prompt_id"), Paging.of(request)
    found = [
        answers.experiment(store, each)
        for each in reversed(store.experiments)
        if prompt_id is None or prompt_id in {link.prompt_id for link in each.versions}
    ]
    return json_response(answers.page(paging.number, len(found), paging.cut(found)))


def create(store: Store, request: Request) -> Response:
    """Make an experiment that is linked to versions of prompts."""
    body = bodies.read_body(request, {"dataset_name": bodies.not_blank})
    links = body.get("prompt_versions")
    named = [each["id"] for each in links if isinstance(each, dict)] if links else []  # type: ignore[union-attr]  # a list, as the schema has it
    made = Experiment(
        str(body.get("id") or store.ids.next()),
        str(body.get("name")),
        tuple(store.version(str(each)) for each in named),
        metadata=body.get("metadata"),
        dataset_name=str(body["dataset_name"]),
    )
    store.experiments.append(made)
    return created(f"{PATH}/{made.id}")


def read(store: Store, request: Request) -> Response:
    """Return an experiment."""
    found = store.experiment(request.parameters["experiment_id"])
    return json_response(answers.experiment(store, found))


def add_items(store: Store, request: Request) -> Response:
    """Say which items of its dataset an experiment ran."""
    body = bodies.read_body(request, {"experiment_items": bodies.experiment_items})
    for each in bodies.objects(body, "experiment_items"):
        made = ExperimentItem(
            str(each.get("id") or store.ids.next()),
            store.experiment(str(each["experiment_id"])).id,
            str(each["dataset_item_id"]),
            str(each["trace_id"]),
        )
        store.experiment_items[made.id] = made
    return nothing()


def finish(_store: Store, request: Request) -> Response:
    """Take note that experiments are over: the service sends alerts then."""
    bodies.read_body(request, {"ids": bodies.ids})
    return nothing()


ROUTES = (
    Route("GET", PATH, list_all),
    Route("POST", PATH, create),
    Route("POST", f"{PATH}/items", add_items),
    Route("POST", f"{PATH}/finish", finish),
    Route("GET", f"{PATH}/{{experiment_id}}", read),
)
