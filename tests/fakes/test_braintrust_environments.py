"""Environments, and the versions that they point at. No recording covers any of this."""

from __future__ import annotations

import pytest

from tests.fakes.braintrust import BraintrustServer
from tests.fakes.calls import call, new_prompt, put

pytestmark = pytest.mark.network


def assign(service: BraintrustServer, prompt: dict[str, str], slug: str = "production") -> None:
    path = f"/environment-object/prompt/{prompt['id']}/{slug}"
    answer = call(service, f"PUT {path}", {"object_version": prompt["_xact_id"]})
    assert answer.status == 200, answer.text


def test_an_environment_serves_the_version_that_it_points_at(service: BraintrustServer) -> None:
    first = put(service)
    original = call(service, f"GET /v1/prompt/{first['id']}").json
    assign(service, first)
    put(service, text="Newer")

    by_id = call(service, f"GET /v1/prompt/{first['id']}?environment=production")
    by_slug = call(service, "GET /v1/prompt?slug=greeting&limit=1&environment=production")

    assert by_id.json == original
    assert by_slug.objects == [original]


def test_an_assignment_is_moved_read_listed_and_taken_back(service: BraintrustServer) -> None:
    first = put(service)
    assign(service, first)
    second = put(service, text="Newer")
    assign(service, second)
    path = f"/environment-object/prompt/{first['id']}"

    read = call(service, f"GET {path}/production").json
    listed = call(service, f"GET {path}").objects
    taken_back = call(service, f"DELETE {path}/production?org_name=Example").json

    assert list(read) == [
        *("id", "object_type", "object_id", "object_version"),
        *("environment_slug", "environment_id", "created"),
    ]
    assert (read["object_id"], read["object_version"]) == (first["id"], second["_xact_id"])
    assert listed == [read]
    assert taken_back == read
    assert call(service, f"GET {path}").objects == []
    assert call(service, f"GET {path}/production").status == 404
    assert call(service, f"DELETE {path}/production").status == 404


def test_the_environment_may_be_named_in_the_body(service: BraintrustServer) -> None:
    prompt = put(service)
    body = {"object_version": prompt["_xact_id"], "environment_slug": "staging"}

    call(service, f"POST /environment-object/prompt/{prompt['id']}", body)

    assert call(service, f"GET /v1/prompt/{prompt['id']}?environment=staging").status == 200


def test_a_write_may_assign_itself(service: BraintrustServer) -> None:
    put(service, environment_slugs=["production", "staging"])
    put(service, text="Newer", environment_slugs=["staging"])

    def text(environment: str) -> str:
        query = f"slug=greeting&limit=1&environment={environment}"
        prompt = call(service, f"GET /v1/prompt?{query}").objects[0]
        return str(prompt["prompt_data"]["prompt"]["content"])

    assert (text("production"), text("staging")) == ("Hello {{name}}", "Newer")


def test_a_write_to_an_unknown_environment_is_refused_whole(service: BraintrustServer) -> None:
    body = new_prompt(service, environment_slugs=["production", "nowhere"])

    refused = call(service, "PUT /v1/prompt", body)

    assert refused.status == 400
    assert call(service, "GET /v1/prompt").objects == []


@pytest.mark.parametrize("version", ["1", "latest", ""])
def test_an_unknown_version_cannot_be_assigned(service: BraintrustServer, version: str) -> None:
    path = f"/environment-object/prompt/{put(service)['id']}/production"

    assert call(service, f"PUT {path}", {"object_version": version}).status == 400


def test_an_environment_without_an_assignment_serves_nothing(service: BraintrustServer) -> None:
    prompt = put(service)

    by_slug = call(service, "GET /v1/prompt?slug=greeting&limit=1&environment=production")
    by_id = call(service, f"GET /v1/prompt/{prompt['id']}?environment=production")

    assert (by_slug.status, by_slug.objects) == (200, [])
    assert by_id.status == 400


def test_an_environment_is_for_one_prompt_at_a_time(service: BraintrustServer) -> None:
    put(service, "a", environment_slugs=["production"])
    put(service, "b", environment_slugs=["production"])

    assert call(service, "GET /v1/prompt?environment=production").status == 400
    assert call(service, "GET /v1/prompt?environment=production&limit=1").slugs == ["b"]


def test_an_environment_and_a_version_exclude_each_other(service: BraintrustServer) -> None:
    version = put(service)["_xact_id"]

    refused = call(service, f"GET /v1/prompt?environment=production&version={version}")

    assert refused.status == 400


def test_environments_are_defined_listed_changed_and_deleted(service: BraintrustServer) -> None:
    body = {"name": "Preview", "slug": "preview", "description": "Branches"}
    created = call(service, "POST /environment", body).json
    path = f"/environment/{created['id']}"

    patched = call(service, f"PATCH {path}", {"name": "Previews"}).json
    listed = call(service, "GET /environment?name=Previews&org_name=Example").objects
    deleted = call(service, f"DELETE {path}").json

    assert list(created) == [
        *("id", "org_id", "name", "slug", "description", "created", "deleted_at")
    ]
    assert listed == [patched] == [{**created, "name": "Previews"}]
    assert deleted["deleted_at"] is not None
    assert call(service, f"GET {path}").status == 400


def test_an_environment_is_defined_once(service: BraintrustServer) -> None:
    assert call(service, "POST /environment", {"name": "P", "slug": "production"}).status == 400


def test_a_deleted_environment_serves_nothing(service: BraintrustServer) -> None:
    put(service, environment_slugs=["production"])
    (production,) = call(service, "GET /environment?name=Production").objects

    call(service, f"DELETE /environment/{production['id']}")

    assert call(service, "GET /v1/prompt?slug=greeting&environment=production").objects == []
