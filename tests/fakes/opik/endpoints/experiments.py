"""/v1/private/experiments"""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..exchange import created
from ..experiments import Experiment
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
    )
    store.experiments.append(made)
    return created(f"{PATH}/{made.id}")


ROUTES = (Route("GET", PATH, list_all), Route("POST", PATH, create))
