"""Datasets, experiments and scores of the fake Opik, as its API document says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.opik import OpikServer, opik_server
from tests.fakes.opik_calls import call

pytestmark = pytest.mark.network

DATASETS, EXPERIMENTS = "/v1/private/datasets", "/v1/private/experiments"
NAMED = {"dataset_name": "names", "project_name": "Trader"}
UNKNOWN = "0190c1f7-0000-7000-8000-000000000000"


@pytest.fixture
def service() -> Iterator[OpikServer]:
    with opik_server(projects=("Trader", "Other")) as service:
        yield service


def dataset(service: OpikServer, *names: str) -> str:
    """Make a dataset with items and return its id."""
    body = {"name": "names", "project_name": "Trader"}
    assert call(service, f"POST {DATASETS}", body) == (201, None)
    items = [{"data": {"name": each}, "source": "sdk"} for each in names]
    assert call(service, f"PUT {DATASETS}/items", {**NAMED, "items": items}) == (204, None)
    return str(call(service, f"POST {DATASETS}/retrieve", NAMED)[1]["id"])


def items(service: OpikServer, dataset_id: str, query: str = "size=100") -> list[dict[str, Any]]:
    page = call(service, f"GET {DATASETS}/{dataset_id}/items?{query}")[1]
    return list(page["content"])


def test_a_dataset_belongs_to_a_project_and_has_its_name_alone(service: OpikServer) -> None:
    dataset_id = dataset(service, "Ada", "Grace")

    assert call(service, f"POST {DATASETS}", {"name": "names", "project_name": "Trader"})[0] == 409
    assert call(service, f"POST {DATASETS}/retrieve", {**NAMED, "project_name": "Other"})[0] == 404
    found = call(service, f"GET {DATASETS}/{dataset_id}")[1]
    assert (found["name"], found["dataset_items_count"]) == ("names", 2)


def test_an_item_with_the_id_of_another_one_replaces_it_in_a_new_version(
    service: OpikServer,
) -> None:
    dataset_id = dataset(service, "Ada", "Grace")
    newest, oldest = items(service, dataset_id)
    changed = {"id": oldest["id"], "data": {"name": "Lovelace"}, "source": "manual"}

    call(service, f"PUT {DATASETS}/items", {"dataset_id": dataset_id, "items": [changed]})

    found = items(service, dataset_id)
    assert [each["data"]["name"] for each in found] == ["Grace", "Lovelace"]
    assert found[0] == newest
    versions = call(service, f"GET {DATASETS}/{dataset_id}/versions")[1]["content"]
    assert [each["version_name"] for each in versions] == ["v2", "v1"]


def test_a_stream_of_items_goes_on_behind_the_last_one(service: OpikServer) -> None:
    dataset_id = dataset(service, "Ada", "Grace")
    newest, oldest = items(service, dataset_id)

    # One line is one JSON document.
    body = {**NAMED, "steam_limit": 1}
    assert call(service, f"POST {DATASETS}/items/stream", body) == (200, newest)
    body["last_retrieved_id"] = newest["id"]
    assert call(service, f"POST {DATASETS}/items/stream", body) == (200, oldest)


@pytest.mark.parametrize(
    ("request_line", "body"),
    [
        (f"PUT {DATASETS}/items", {**NAMED, "items": []}),
        (f"PUT {DATASETS}/items", {**NAMED, "items": [{"data": "Ada", "source": "sdk"}]}),
        (f"PUT {DATASETS}/items", {**NAMED, "items": [{"data": {}, "source": "mail"}]}),
        (f"POST {EXPERIMENTS}/items", {"experiment_items": [{"trace_id": UNKNOWN}]}),
        ("PUT /v1/private/traces/feedback-scores", {"scores": [{"id": UNKNOWN, "name": "warm"}]}),
    ],
    ids=["no items", "no data", "an unknown source", "no experiment", "no value"],
)
def test_what_breaks_a_rule_is_refused(service: OpikServer, request_line: str, body: Any) -> None:
    dataset(service, "Ada")

    assert call(service, request_line, json.dumps(body).encode())[0] == 422


def test_an_experiment_shows_the_averages_of_what_its_traces_scored(service: OpikServer) -> None:
    dataset_id = dataset(service, "Ada", "Grace")
    call(service, f"POST {EXPERIMENTS}", {"dataset_name": "names", "name": "production"})
    (listed,) = call(service, f"GET {EXPERIMENTS}")[1]["content"]
    traces = [service.store.ids.next() for _ in range(2)]
    pairs = zip(items(service, dataset_id), traces, strict=True)
    ran = [
        {"experiment_id": listed["id"], "dataset_item_id": item["id"], "trace_id": trace}
        for item, trace in pairs
    ]
    scores = [
        {"id": trace, "name": "warm", "value": value, "source": "sdk"}
        for trace, value in zip(traces, (0, 1), strict=True)
    ]

    call(service, f"POST {EXPERIMENTS}/items", {"experiment_items": ran})
    call(service, "PUT /v1/private/traces/feedback-scores", {"scores": scores})

    assert call(service, f"POST {EXPERIMENTS}/finish", {"ids": [listed["id"]]}) == (204, None)
    found = call(service, f"GET {EXPERIMENTS}/{listed['id']}")[1]
    assert (found["dataset_name"], found["trace_count"]) == ("names", 2)
    assert found["feedback_scores"] == [{"name": "warm", "value": 0.5}]
    assert call(service, f"GET {EXPERIMENTS}/{UNKNOWN}")[0] == 404


def test_a_span_whose_end_is_told_before_its_beginning_is_whole(service: OpikServer) -> None:
    begun = {"id": UNKNOWN, "name": "inner", "start_time": "2026-11-21T12:00:00Z"}
    ended = {**begun, "metadata": {"prompts": ["greeting"]}}

    for each in (ended, begun):
        assert call(service, "POST /v1/private/spans/batch", {"spans": [each]})[0] == 204

    assert service.store.spans == {UNKNOWN: ended}
