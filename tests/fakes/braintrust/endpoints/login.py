"""Which organisations a key belongs to, and where their data lives."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers
from ..routing import Route
from ..store import Store


def login(store: Store, request: Request) -> Response:
    """Answer with all organisations; the client picks one by its name, or the first."""
    own_url = f"http://{request.headers['host']}"
    return json_response(answers.login(store.organizations, own_url))


ROUTES = (Route("POST", "/api/apikey/login", login),)
