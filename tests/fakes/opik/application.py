"""The whole service as one function from request to response."""

from __future__ import annotations

from tests.fakes.braintrust.exchange import Request, Response, json_response

from .endpoints import environments, experiments, projects, prompts, versions
from .errors import ApiError, UnauthorizedError
from .routing import Router
from .store import Store

# Before the others: `prompts/versions` is no prompt's id.
ROUTES = (
    *versions.ROUTES,
    *prompts.ROUTES,
    *environments.ROUTES,
    *experiments.ROUTES,
    *projects.ROUTES,
)


class Application:
    """Checks the key where there is one, finds the endpoint, and words refusals."""

    def __init__(self, store: Store, api_key: str | None, workspace: str) -> None:
        self._store = store
        self._api_key = api_key
        self._workspace = workspace
        self._route = Router(ROUTES)

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        try:
            self._check_key(request)
            with self._store.lock:
                return self._route(self._store, request)
        except ApiError as error:
            return json_response(error.body, status=error.status)

    def _check_key(self, request: Request) -> None:
        # Source: a server of one's own has no authentication; else the header is the bare key.
        if self._api_key is None:
            return
        sent = request.headers.get("authorization"), request.headers.get("comet-workspace")
        if sent != (self._api_key, self._workspace):
            raise UnauthorizedError("User not allowed to access workspace")
