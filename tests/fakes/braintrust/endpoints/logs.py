"""What programs that run evaluations send: experiments, and the spans of their examples.

Assumption: all of it. Evidence: what the official SDK sends and reads, sdk 0.47.0; the OpenAPI
document has the creation of an experiment, and none of /logs3 and /version. No recording.
"""

from __future__ import annotations

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, bodies
from ..errors import BadRequestError, missing
from ..experiments import Experiment
from ..ids import new_uuid
from ..routing import Route
from ..store import Store


def create(store: Store, request: Request) -> Response:
    """Create an experiment; a name that is taken gets something added."""
    body = bodies.checked(bodies.parsed(request), bodies.CREATE_EXPERIMENT)
    project = store.project(bodies.text(body, "project_id"), access="update")
    name = bodies.optional_text(body, "name") or f"experiment-{new_uuid()[:8]}"
    taken = {each.name for each in store.experiments.newest_first() if each.project == project}
    metadata = body.get("metadata")
    experiment = Experiment(
        project,
        name if name not in taken else f"{name}-{new_uuid()[:8]}",
        metadata=metadata if isinstance(metadata, dict) else {},
    )
    return json_response(answers.experiment(store.experiments.add(experiment)))


def log(store: Store, request: Request) -> Response:
    """Keep the spans of experiments."""
    rows = bodies.checked(bodies.parsed(request), bodies.LOG)["rows"]
    assert isinstance(rows, list)
    for row in rows:
        if not isinstance(row, dict) or "id" not in row:
            raise BadRequestError("a row has no id")
        experiment = store.experiments.get(str(row.get("experiment_id")))
        if experiment is None:
            raise missing("experiment", str(row.get("experiment_id")), access="update")
        store.experiments.log(experiment, row)
    return json_response({"ids": [str(row["id"]) for row in rows if isinstance(row, dict)]})


def version(_: Store, __: Request) -> Response:
    """Say what this server is; the SDK looks for how much it may send at once."""
    return json_response({"version": "0.0.0"})


ROUTES = (
    Route("POST", "/v1/experiment", create),
    Route("POST", "/logs3", log),
    Route("GET", "/version", version),
)
