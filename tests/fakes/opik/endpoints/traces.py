"""/v1/private/traces and /spans: what the SDK says of each call is kept together, with scores."""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response

from .. import bodies
from ..exchange import nothing
from ..json_values import JsonObject
from ..routing import Route
from ..store import Store


def traces(store: Store, request: Request) -> Response:
    """Keep traces."""
    return _keep(store.traces, request, "traces")


def spans(store: Store, request: Request) -> Response:
    """Keep spans."""
    return _keep(store.spans, request, "spans")


def score(store: Store, request: Request) -> Response:
    """Keep what was scored of traces; a score of the same name replaces the one before."""
    body = bodies.read_body(request, {"scores": bodies.scores})
    for each in bodies.objects(body, "scores"):
        named = store.scores.setdefault(str(each["id"]), {})
        named[str(each["name"])] = float(str(each["value"]))
    return nothing()


def _keep(kept: dict[str, JsonObject], request: Request, name: str) -> Response:
    found = bodies.read_body(request, {}).get(name)
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            # The SDK tells of a call when it begins and when it ends, in batches that may cross.
            kept.setdefault(str(each["id"]), {}).update(each)
    return nothing()


ROUTES = (
    Route("POST", "/v1/private/traces/batch", traces),
    Route("POST", "/v1/private/spans/batch", spans),
    Route("PUT", "/v1/private/traces/feedback-scores", score),
)
