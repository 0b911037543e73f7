"""Which paths there are, and what their parts must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.fakes.service import routing
from tests.fakes.service.exchange import Response, text_response

from .errors import invalid, not_a_uuid
from .ids import is_uuid
from .store import Store

Route = routing.Route[Store]


def make_router(routes: Sequence[Route]) -> routing.Router[Store]:
    """Return what finds the endpoint of a request."""
    return routing.Router(routes, takes=_takes, nothing=_nothing)


def _takes(parameters: Mapping[str, str]) -> bool:
    for name, value in parameters.items():
        if name.endswith("_id") and not is_uuid(value):
            raise invalid(not_a_uuid("id", 0))
    return True


def _nothing() -> Response:
    # Assumption: an unknown path is a 404. Evidence: none; no client asks for one.
    return text_response("Not found", status=404)
