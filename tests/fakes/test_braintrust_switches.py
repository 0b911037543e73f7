"""The pessimistic variants of what no recording shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.fakes.braintrust import (
    BraintrustServer,
    DropsMetadata,
    DropsMetadataEverywhere,
    EnvironmentsRefused,
    EnvironmentUnassignedAnswers,
    OldVersionsKeepTheirSlug,
    PageCap,
    PostReplaces,
    RefusesMetadata,
    RewritesText,
    StopsHalfway,
    UnknownVersionAnswersLatest,
    braintrust_server,
)
from tests.fakes.calls import Answer, call, new_prompt, put
from tests.fakes.service.faults import Fault

pytestmark = pytest.mark.network

STAMP: dict[str, Any] = {"promptsync": {}}


@contextmanager
def server(*switches: Fault) -> Iterator[BraintrustServer]:
    with braintrust_server(*switches, environments=["production"]) as service:
        yield service


def insert(service: BraintrustServer, *slugs: str, **fields: Any) -> Answer:
    defaults = {"function_data": {"type": "prompt"}, "if_exists": "replace", "metadata": STAMP}
    functions = [new_prompt(service, slug, **{**defaults, **fields}) for slug in slugs]
    return call(service, "POST /insert-functions", {"functions": functions})


def stored_metadata(service: BraintrustServer) -> dict[str, Any]:
    prompts = call(service, "GET /v1/prompt").objects
    return {prompt["slug"]: prompt["metadata"] for prompt in prompts}


def test_metadata_may_be_dropped_by_the_prompt_endpoint_alone() -> None:
    with server(DropsMetadata()) as service:
        put(service, "put", metadata=STAMP)
        call(service, "POST /v1/prompt", new_prompt(service, "posted", metadata=STAMP))
        patched = put(service, "patched")
        call(service, f"PATCH /v1/prompt/{patched['id']}", {"metadata": STAMP, "name": "P"})
        insert(service, "inserted")

        assert stored_metadata(service) == {
            "put": None,
            "posted": None,
            "patched": None,
            "inserted": STAMP,
        }


def test_metadata_may_be_dropped_everywhere() -> None:
    with server(DropsMetadataEverywhere()) as service:
        put(service, "put", metadata=STAMP)
        insert(service, "inserted")

        assert stored_metadata(service) == {"put": None, "inserted": None}


def test_metadata_may_be_refused() -> None:
    with server(RefusesMetadata()) as service:
        refused = call(service, "PUT /v1/prompt", new_prompt(service, metadata=STAMP))
        put(service, "plain")

        assert refused.status == 400
        assert stored_metadata(service) == {"plain": None}


@pytest.mark.parametrize("query", ["", "?limit=1000", "?limit=2"])
def test_a_page_may_be_shorter_than_asked(query: str) -> None:
    with server(PageCap(2)) as service:
        for slug in ("a", "b", "c"):
            put(service, slug)

        assert call(service, f"GET /v1/prompt{query}").slugs == ["c", "b"]
        assert call(service, "GET /v1/prompt?limit=1").slugs == ["c"]


@pytest.mark.parametrize(
    ("request_line", "body"),
    [
        ("GET /environment", None),
        ("POST /environment", {"name": "P", "slug": "p"}),
        ("GET /v1/prompt?slug=greeting&limit=1&environment=production", None),
        ("GET /environment-object/prompt/{id}", None),
        ("PUT /environment-object/prompt/{id}/production", {"object_version": "1"}),
    ],
)
def test_a_plan_may_have_no_environments(request_line: str, body: object) -> None:
    with server(EnvironmentsRefused()) as service:
        prompt = put(service)

        refused = call(service, request_line.format(id=prompt["id"]), body)

        assert refused.status == 403
        assert "not available on your plan" in refused.text


def test_a_plan_without_environments_refuses_them_in_writes() -> None:
    with server(EnvironmentsRefused(status=400)) as service:
        body = new_prompt(service, environment_slugs=["production"])

        assert call(service, "PUT /v1/prompt", body).status == 400
        assert insert(service, "b", environments=[{"slug": "production"}]).status == 400
        assert insert(service, "c").status == 200


@pytest.mark.parametrize("status", [400, 404])
def test_what_is_not_assigned_may_be_refused(status: int) -> None:
    with server(EnvironmentUnassignedAnswers(status)) as service:
        prompt = put(service)
        assigned = put(service, "assigned", environment_slugs=["production"])

        def read(target: str) -> Answer:
            return call(service, f"GET /v1/prompt{target}environment=production")

        assert read("?slug=greeting&limit=1&").status == status
        assert read(f"/{prompt['id']}?").status == status
        assert read("?slug=assigned&limit=1&").slugs == ["assigned"]
        assert read(f"/{assigned['id']}?").json["slug"] == "assigned"
        assert call(service, "GET /v1/prompt?slug=nobody").objects == []


def test_an_unknown_version_may_be_answered_with_the_latest() -> None:
    with server(UnknownVersionAnswersLatest()) as service:
        first = put(service)
        second = put(service, text="Newer")

        def version(asked: str) -> str:
            answer = call(service, f"GET /v1/prompt/{first['id']}?version={asked}")
            return str(answer.json["_xact_id"])

        assert version("1") == second["_xact_id"]
        assert version(first["_xact_id"]) == first["_xact_id"]


def test_a_version_may_be_found_by_the_slug_of_its_time_alone() -> None:
    with server(OldVersionsKeepTheirSlug()) as service:
        first = put(service, environment_slugs=["production"])
        path = f"/v1/prompt/{first['id']}"
        call(service, f"PATCH {path}", {"slug": "salutation"})
        version = first["_xact_id"]

        assert call(service, f"GET /v1/prompt?slug=salutation&version={version}").objects == []
        assert call(service, "GET /v1/prompt?slug=salutation&environment=production").objects == []
        assert call(service, "GET /v1/prompt?slug=salutation").slugs == ["salutation"]
        assert call(service, f"GET {path}?version={version}").json["slug"] == "greeting"


def test_a_post_may_replace() -> None:
    with server(PostReplaces()) as service:
        first = put(service)

        second = call(service, "POST /v1/prompt", new_prompt(service, text="Other"))

        assert second.json["id"] == first["id"]
        assert "x-bt-found-existing" not in second.headers
        (prompt,) = call(service, "GET /v1/prompt").objects
        assert prompt["prompt_data"]["prompt"]["content"] == "Other"


def test_text_may_be_trimmed() -> None:
    with server(RewritesText()) as service:
        messages = [{"role": "user", "content": " Hi \n"}]
        put(service, "chat", prompt_data={"prompt": {"type": "chat", "messages": messages}})
        put(service, "text", text=" Hi \n", description=" As it is ")

        text, chat = call(service, "GET /v1/prompt").objects

        assert chat["prompt_data"]["prompt"]["messages"][0]["content"] == "Hi"
        assert text["prompt_data"]["prompt"]["content"] == "Hi"
        assert text["description"] == " As it is "


def test_a_bulk_write_may_stop_halfway() -> None:
    with server(StopsHalfway(stored=1)) as service:
        answer = insert(service, "a", "b", "c")

        assert answer.status == 500
        assert list(stored_metadata(service)) == ["a"]


@pytest.mark.parametrize("switch", [DropsMetadata(), RewritesText(), RefusesMetadata()])
def test_a_switch_leaves_a_broken_body_to_the_service(switch: Fault) -> None:
    with server(switch) as service:
        assert call(service, "PUT /v1/prompt", "no object").status == 400
