"""The whole service as one function from request to response."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .endpoints import datasets, environments, experiments, projects, prompts, traces, versions
from .errors import ApiError, UnauthorizedError
from .routing import make_router
from .store import Store

# Before the others: `prompts/versions` is no prompt's id.
ROUTES = (
    *versions.ROUTES,
    *prompts.ROUTES,
    *environments.ROUTES,
    *datasets.ROUTES,
    *experiments.ROUTES,
    *projects.ROUTES,
    *traces.ROUTES,
)

LONG_ANSWERS = (("GET", prompts.PATH), ("POST", f"{versions.VERSIONS}/retrieve-by-ids"))


class Application:
    """Checks the key where there is one, finds the endpoint, and words refusals."""

    def __init__(self, store: Store, api_key: str | None, workspace: str) -> None:
        self._store = store
        self._api_key = api_key
        self._workspace = workspace
        self._route = make_router(ROUTES)
        self._known: dict[tuple[str, bytes], Response] = {}
        self._revision = 0

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        try:
            self._check_key(request)
            with self._store.lock:
                return self._answer(request)
        except ApiError as error:
            return json_response(error.body, status=error.status)

    def _answer(self, request: Request) -> Response:
        if (request.method, request.path) not in LONG_ANSWERS:
            return self._route(self._store, request)
        # A benchmark asks for the same thousand prompts again and again: an encoded answer is kept
        # until anything changes.
        if self._revision != self._store.revision:
            self._known.clear()
            self._revision = self._store.revision
        question = request.target, request.body
        if question not in self._known:
            self._known[question] = self._route(self._store, request)
        return self._known[question]

    def _check_key(self, request: Request) -> None:
        # Source: a server of one's own has no authentication; else the header is the bare key.
        if self._api_key is None:
            return
        sent = request.headers.get("authorization"), request.headers.get("comet-workspace")
        if sent != (self._api_key, self._workspace):
            raise UnauthorizedError("User not allowed to access workspace")
