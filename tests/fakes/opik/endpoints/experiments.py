"""/v1/private/experiments: reading only."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers
from ..filtering import Paging
from ..routing import Route
from ..store import Store


def list_all(store: Store, request: Request) -> Response:
    """List experiments, those that ran a prompt where one is named, the newest first."""
    prompt_id, paging = request.first("prompt_id"), Paging.of(request)
    found = [
        answers.experiment(store, each)
        for each in reversed(store.experiments)
        if prompt_id is None or prompt_id in {link.prompt_id for link in each.versions}
    ]
    return json_response(answers.page(paging.number, len(found), paging.cut(found)))


ROUTES = (Route("GET", "/v1/private/experiments", list_all),)
