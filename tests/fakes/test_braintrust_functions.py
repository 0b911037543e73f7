"""/insert-functions, as its one recording shows, and /btql, as the official client reads it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.braintrust import BraintrustServer
from tests.fakes.calls import Answer, call, new_prompt, put, wait_for_the_next_millisecond

pytestmark = pytest.mark.network


def insert(service: BraintrustServer, *functions: dict[str, Any]) -> Answer:
    return call(service, "POST /insert-functions", {"functions": functions})


def function(service: BraintrustServer, slug: str = "greeting", **fields: Any) -> dict[str, Any]:
    defaults = {"function_data": {"type": "prompt"}, "if_exists": "replace"}
    return new_prompt(service, slug, **{**defaults, **fields})


def test_all_entries_are_written_in_one_transaction(service: BraintrustServer) -> None:
    known = put(service, "a")
    wait_for_the_next_millisecond()

    answer = insert(service, function(service, "a", text="New"), function(service, "b")).json

    project_id = service.project("Trader").id
    b, a = call(service, "GET /v1/prompt").objects
    assert answer == {
        "status": "success",
        "xact_id": a["_xact_id"],
        "functions": [
            {"id": known["id"], "project_id": project_id, "slug": "a", "found_existing": True},
            {"id": b["id"], "project_id": project_id, "slug": "b", "found_existing": False},
        ],
    }
    assert a["_xact_id"] == b["_xact_id"]
    assert a["created"] > known["created"]


def test_metadata_tags_and_environments_are_stored(service: BraintrustServer) -> None:
    fields: dict[str, Any] = {"metadata": {"promptsync": {}}, "tags": ["x"]}
    insert(service, function(service, **fields, environments=[{"slug": "production"}]))

    (prompt,) = call(service, "GET /v1/prompt?slug=greeting&environment=production").objects

    assert (prompt["metadata"], prompt["tags"]) == ({"promptsync": {}}, ["x"])


def test_what_exists_is_left_alone_on_request(service: BraintrustServer) -> None:
    put(service)
    before = call(service, "GET /v1/prompt").objects

    answer = insert(service, function(service, text="Other", if_exists="ignore")).json

    assert answer["functions"][0]["found_existing"] is True
    assert call(service, "GET /v1/prompt").objects == before


@pytest.mark.parametrize("policy", ["error", None, "merge"])
def test_one_refused_entry_refuses_them_all(service: BraintrustServer, policy: str | None) -> None:
    put(service, "a")

    refused = insert(service, function(service, "b"), function(service, "a", if_exists=policy))

    assert refused.status == 400
    assert call(service, "GET /v1/prompt").slugs == ["a"]


@pytest.mark.parametrize("body", [{}, {"functions": "all"}, {"functions": [7]}, [1]])
def test_a_body_without_functions_is_refused(service: BraintrustServer, body: object) -> None:
    assert call(service, "POST /insert-functions", body).status == 400


def test_only_prompts_are_stored_here(service: BraintrustServer) -> None:
    assert insert(service, function(service, function_data={"type": "code"})).status == 400


def test_functions_are_listed_like_prompts(service: BraintrustServer) -> None:
    put(service)

    listed = call(service, f"GET /v1/function?project_id={service.project('Trader').id}")

    assert listed.objects == call(service, "GET /v1/prompt").objects


def history_query(service: BraintrustServer, prompt_id: str, source: str) -> dict[str, Any]:
    project = {"op": "literal", "value": service.project("Trader").id}
    return {
        "query": {
            "select": [{"op": "star"}],
            "from": {
                "op": "function",
                "name": {"op": "ident", "name": [source]},
                "args": [project],
            },
            "filter": {
                "op": "eq",
                "left": {"op": "ident", "name": ["id"]},
                "right": {"op": "literal", "value": prompt_id},
            },
            "sort": [{"expr": {"op": "ident", "name": ["_xact_id"]}, "dir": "desc"}],
        },
        "audit_log": True,
        "use_columnstore": False,
        "brainstore_realtime": True,
        "fmt": "json",
    }


def history(service: BraintrustServer, prompt_id: str, source: str = "project_prompts") -> Answer:
    return call(service, "POST /btql", history_query(service, prompt_id, source))


def test_the_history_has_every_write_newest_first(service: BraintrustServer) -> None:
    first = put(service)
    second = call(service, f"PATCH /v1/prompt/{first['id']}", {"description": "x"}).json
    third = call(service, f"DELETE /v1/prompt/{first['id']}").json

    rows = history(service, first["id"]).json["data"]

    assert [(row["_xact_id"], row["audit_data"]) for row in rows] == [
        (third["_xact_id"], {"action": "delete"}),
        (second["_xact_id"], {"action": "merge"}),
        (first["_xact_id"], {"action": "upsert"}),
    ]


def test_without_the_audit_log_there_is_only_the_present(service: BraintrustServer) -> None:
    prompt = put(service)
    put(service, text="Newer")
    query = history_query(service, prompt["id"], "project_prompts")

    rows = call(service, "POST /btql", {**query, "audit_log": False}).json["data"]

    assert len(rows) == 1


def test_any_other_query_is_refused(service: BraintrustServer) -> None:
    prompt = put(service)
    nobody = "00000000-0000-4000-8000-000000000000"

    assert history(service, prompt["id"], "project_logs").status == 400
    assert history(service, nobody).status == 400
    assert call(service, "POST /btql", {"query": "select: *"}).status == 400
    assert call(service, "POST /btql", []).status == 400
