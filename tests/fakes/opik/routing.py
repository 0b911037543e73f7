"""Which paths there are, and what their parts must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.fakes.service import routing
from tests.fakes.service.exchange import Response

from .errors import NotFoundError
from .ids import is_uuid
from .store import Store

Route = routing.Route[Store]


def make_router(routes: Sequence[Route]) -> routing.Router[Store]:
    """Return what finds the endpoint of a request."""
    return routing.Router(routes, takes=_takes, nothing=_nothing)


def _takes(parameters: Mapping[str, str]) -> bool:
    return all(is_uuid(each) for key, each in parameters.items() if key.endswith("_id"))


def _nothing() -> Response:
    # Source: JAX-RS answers 404 for a path parameter that is no UUID.
    raise NotFoundError("HTTP 404 Not Found")
