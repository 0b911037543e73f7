"""Login, organisations and projects."""

from __future__ import annotations

import re

import pytest

from tests.fakes.braintrust import BraintrustServer, Organization, braintrust_server
from tests.fakes.calls import call, put

pytestmark = pytest.mark.network


def test_a_login_names_the_organisation_and_where_its_data_lives(
    service: BraintrustServer,
) -> None:
    answer = call(service, "POST /api/apikey/login")

    (organization,) = answer.json["org_info"]
    assert list(organization) == [
        *("id", "name", "api_url", "git_metadata"),
        *("is_universal_api", "proxy_url", "realtime_url"),
    ]
    assert (organization["name"], organization["api_url"]) == ("Example", service.url)


@pytest.mark.parametrize("request_line", ["POST /api/apikey/login", "GET /v1/prompt"])
@pytest.mark.parametrize("credentials", ["Bearer wrong", "sk-example", ""])
def test_a_wrong_key_is_a_401_as_text_without_an_email(
    service: BraintrustServer, request_line: str, credentials: str
) -> None:
    answer = call(service, request_line, headers={"Authorization": credentials})

    assert answer.status == 401
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith("Failed to validate Cognito JWT")
    assert "user_email" not in answer.text


def test_a_login_may_point_to_a_server_elsewhere() -> None:
    with braintrust_server() as europe:
        abroad = Organization("Example EU", api_url=europe.url)
        with braintrust_server(organizations=[Organization("Example"), abroad]) as service:
            infos = call(service, "POST /api/apikey/login").json["org_info"]

            assert {info["name"]: info["api_url"] for info in infos} == {
                "Example": service.url,
                "Example EU": europe.url,
            }


def test_a_project_is_created_once(service: BraintrustServer) -> None:
    first = call(service, "POST /v1/project", {"name": "Other", "description": "New"})
    second = call(service, "POST /v1/project", {"name": "Other", "description": "Newer"})

    assert "x-bt-found-existing" not in first.headers
    assert second.headers["x-bt-found-existing"] == "true"
    assert second.json == first.json
    assert list(first.json) == [
        *("id", "org_id", "name", "description", "created", "deleted_at", "user_id", "settings")
    ]


def test_projects_of_two_organisations_may_share_a_name() -> None:
    organizations = [Organization("Example"), Organization("Second")]
    with braintrust_server(organizations=organizations, projects=["Trader"]) as service:
        call(service, "POST /v1/project", {"name": "Trader", "org_name": "Second"})

        both = call(service, "GET /v1/project?project_name=Trader").objects
        (second,) = call(service, "GET /v1/project?project_name=Trader&org_name=Second").objects

        assert len(both) == 2
        assert second["org_id"] == organizations[1].id


def test_an_organisation_that_the_key_does_not_belong_to_is_refused(
    service: BraintrustServer,
) -> None:
    refused = call(service, "POST /v1/project", {"name": "Other", "org_name": "Nobody"})

    assert refused.status == 400


def test_a_project_is_read_changed_and_deleted(service: BraintrustServer) -> None:
    project = call(service, "GET /v1/project?limit=1").objects[0]
    path = f"/v1/project/{project['id']}"

    patched = call(service, f"PATCH {path}", {"description": "Trades"}).json
    read = call(service, f"GET {path}").json
    deleted = call(service, f"DELETE {path}").json

    assert patched == read == {**project, "description": "Trades"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", deleted["deleted_at"])
    assert call(service, f"GET {path}").status == 400
    assert call(service, "GET /v1/project").objects == []


def test_prompts_vanish_with_their_project(service: BraintrustServer) -> None:
    prompt = put(service)
    call(service, f"DELETE /v1/project/{service.project('Trader').id}")

    assert call(service, "GET /v1/prompt").objects == []
    assert call(service, f"GET /v1/prompt/{prompt['id']}").status == 400


def test_requests_are_kept_without_what_is_secret(service: BraintrustServer) -> None:
    call(service, "GET /v1/prompt?slug=a%20b&limit=1", headers={"X-Bt-Org-Name": "Example"})

    (request,) = service.requests
    assert (request.method, request.path) == ("GET", "/v1/prompt")
    assert request.query == (("slug", "a b"), ("limit", "1"))
    assert request.headers["x-bt-org-name"] == "Example"
    assert service.api_key not in repr(service.requests)
