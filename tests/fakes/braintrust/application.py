"""The whole service as one function from request to response."""

from __future__ import annotations

import time
import uuid

from tests.fakes.service.exchange import Request, Response, text_response

from .endpoints import (
    assignments,
    environments,
    experiments,
    functions,
    history,
    login,
    logs,
    projects,
    prompts,
)
from .errors import ApiError, UnauthorizedError
from .json_values import UnstorableTextError
from .routing import make_router
from .store import Store

ROUTES = (
    *prompts.ROUTES,
    *login.ROUTES,
    *logs.ROUTES,
    *projects.ROUTES,
    *environments.ROUTES,
    *experiments.ROUTES,
    *assignments.ROUTES,
    *functions.ROUTES,
    *history.ROUTES,
)

# The words recorded for a login with a wrong key. Assumption: the API's own host says the same.
# Evidence: none.
WRONG_KEY = (
    "Failed to validate Cognito JWT: Error: JWT string does not consist of exactly 3 parts "
    "(header, payload, signature)"
)


class Application:
    """Checks the key, finds the endpoint, and puts refusals into the service's words."""

    def __init__(self, store: Store, api_key: str) -> None:
        self._store = store
        self._api_key = api_key
        self._route = make_router(ROUTES)
        self._lists: dict[str, Response] = {}
        self._lists_revision = 0

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        try:
            self._check_key(request)
            with self._store.lock:
                return self._answer(request)
        except ApiError as error:
            return refusal(self._store, error.status, error.text)
        except UnstorableTextError as error:
            return refusal(self._store, 400, str(error))

    def _answer(self, request: Request) -> Response:
        if request.method != "GET" or request.path != "/v1/prompt":
            return self._route(self._store, request)
        # A benchmark asks for the same thousand prompts again and again: an encoded page is kept
        # until anything changes.
        if self._lists_revision != self._store.revision:
            self._lists.clear()
            self._lists_revision = self._store.revision
        if request.target not in self._lists:
            self._lists[request.target] = self._route(self._store, request)
        return self._lists[request.target]

    def _check_key(self, request: Request) -> None:
        if request.headers.get("authorization", "") != f"Bearer {self._api_key}":
            raise UnauthorizedError(WRONG_KEY)


def refusal(store: Store, status: int, text: str) -> Response:
    """Answer as plain text that carries the caller's e-mail, unless the caller is unknown."""
    person = f"[user_email={store.user_email}] [user_org={store.organizations[0].name}] "
    trace = f"[timestamp={time.time():.3f}] [request_id=iad1::{uuid.uuid4().hex[:12]}]"
    return text_response(f"{text} {'' if status == 401 else person}{trace}", status=status)
