"""/v1/experiment, as far as it is read, and the query for the prompts that experiments ran."""

from __future__ import annotations

import re
from collections import Counter

from tests.fakes.service.exchange import Request, Response, json_response

from .. import answers, listing
from ..errors import BadRequestError, missing
from ..experiments import Experiment
from ..json_values import Json
from ..routing import Route
from ..store import Store

RUNS = re.compile(
    r"SELECT experiment_id, metadata\.prompt\.id AS prompt_id, "
    r"metadata\.prompt\.version AS version, count\(1\) AS spans "
    r"FROM experiment\(('[0-9a-f-]+'(?:, '[0-9a-f-]+')*)\) "
    r"WHERE metadata\.prompt\.id IS NOT NULL GROUP BY 1, 2, 3 LIMIT (\d+)"
)


def list_all(store: Store, request: Request) -> Response:
    """List experiments, "with the most recently-created experiments coming first"."""
    # Assumption: pages work as those of prompts. Evidence: the OpenAPI document has the same
    # parameters for both; no recording.
    page = listing.Page.of(request)
    projects = {project.id for project in listing.projects(store, request)}
    found = [each for each in store.experiments.newest_first() if each.project.id in projects]
    if page.starting_after:
        ids = [each.id for each in found]
        if page.starting_after not in ids:
            raise BadRequestError(f"Invalid cursor: {page.starting_after}")
        found = found[ids.index(page.starting_after) + 1 :]
    objects: list[Json] = [answers.experiment(each) for each in found[: page.limit]]
    return json_response({"objects": objects})


def summarize(store: Store, request: Request) -> Response:
    """Return the averages of one experiment; without `summarize_scores` only its names."""
    experiment = _experiment(store, request.parameters["experiment_id"])
    with_scores = request.first("summarize_scores") == "true"
    return json_response(answers.summary(experiment, with_scores=with_scores))


def runs(store: Store, query: str) -> Response:
    """Return how many spans of each experiment ran which version of which prompt."""
    match = RUNS.fullmatch(query)
    if match is None:
        raise BadRequestError(f"this query is not known here: {query}")
    counts: Counter[tuple[str, str, Json]] = Counter()
    for experiment_id in re.findall(r"'([^']+)'", match[1]):
        for span in _experiment(store, experiment_id).spans:
            prompt = span.metadata.get("prompt")
            if isinstance(prompt, dict) and prompt.get("id") is not None:
                counts[experiment_id, str(prompt["id"]), prompt.get("version")] += 1
    # Assumption: a row has the names of the columns as keys, and text stays text. Evidence: rows
    # of `select *` in the source of the SDK; the query is put together from documented ones.
    rows: list[Json] = [
        {"experiment_id": experiment, "prompt_id": prompt, "version": version, "spans": count}
        for (experiment, prompt, version), count in counts.items()
    ]
    return json_response({"data": rows[: int(match[2])]})


def _experiment(store: Store, experiment_id: str) -> Experiment:
    experiment = store.experiments.get(experiment_id)
    if experiment is None:
        raise missing("experiment", experiment_id, access="read")
    return experiment


ROUTES = (
    Route("GET", "/v1/experiment", list_all),
    Route("GET", "/v1/experiment/{experiment_id}/summarize", summarize),
)
