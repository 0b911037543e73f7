"""The fake Opik does what the service's source and its API document say."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.fakes.opik import OpikServer, opik_server
from tests.fakes.opik.collation import folded
from tests.fakes.opik.ids import Ids
from tests.fakes.opik_calls import call

pytestmark = pytest.mark.network

PROMPTS = "/v1/private/prompts"


@pytest.fixture
def service() -> Iterator[OpikServer]:
    with opik_server(projects=("Trader", "Other")) as service:
        yield service


def create(service: OpikServer, name: str = "greeting", **fields: Any) -> str:
    """Create a prompt in Trader and return its id."""
    project_id = service.project("Trader").id
    body = {"name": name, "project_id": project_id, "template": "Hello", **fields}
    status, answer = call(service, f"POST {PROMPTS}", body)
    assert (status, answer) == (201, None)
    return service.store.prompt_named(name).id


def append(service: OpikServer, template: str, **fields: Any) -> dict[str, Any]:
    """Add a version to the prompt in Trader and return the answer."""
    version = {"template": template, **fields}
    body = {"name": "greeting", "project_name": "Trader", "version": version}
    status, answer = call(service, f"POST {PROMPTS}/versions", body)
    assert status == 200, answer
    return dict(answer)


def retrieve(service: OpikServer, **body: Any) -> tuple[int, Any]:
    return call(
        service,
        f"POST {PROMPTS}/versions/retrieve",
        {"name": "greeting", "project_name": "Trader", **body},
    )


def test_versions_are_numbered_and_never_the_same_one_again(service: OpikServer) -> None:
    create(service)

    numbers = [append(service, "Hello")["version_number"] for _ in range(2)]

    assert numbers == ["v2", "v3"]


def test_prompts_belong_to_projects(service: OpikServer) -> None:
    create(service)

    assert retrieve(service)[0] == 200
    assert retrieve(service, project_name="Other")[0] == 404
    body = {"name": "greeting", "project_name": "Other", "version": {"template": "Hi"}}
    assert call(service, f"POST {PROMPTS}/versions", body)[1]["version_number"] == "v1"


@pytest.mark.parametrize("name", ["greeting", "GREETING", "gréeting", "greeting "])
def test_a_name_is_taken_whatever_its_case_and_accents(service: OpikServer, name: str) -> None:
    create(service)

    body = {"name": name, "project_name": "Trader", "template": "Hi"}
    assert call(service, f"POST {PROMPTS}", body)[0] == 409
    assert retrieve(service, name=name)[0] == 200


def test_names_are_folded_as_the_collation_does() -> None:
    assert folded("Crème Brûlée ") == folded("creme brulee")
    assert folded("a-b") != folded("ab")


def test_type_and_structure_do_not_change_with_a_version(service: OpikServer) -> None:
    prompt_id = create(service, template_structure="chat", template="[]")

    body = {
        "name": "greeting",
        "project_name": "Trader",
        "template_structure": "text",
        "version": {"template": "Hi", "type": "jinja2"},
    }
    answer = call(service, f"POST {PROMPTS}/versions", body)[1]

    assert (answer["template_structure"], answer["type"]) == ("chat", "jinja2")
    assert call(service, f"GET {PROMPTS}/{prompt_id}")[1]["template_structure"] == "chat"


def test_metadata_comes_back_in_the_order_of_mysql(service: OpikServer) -> None:
    create(service, metadata={"zz": 1, "b": {"yyy": 1, "x": 2}, "a": 10**30})

    metadata = retrieve(service)[1]["metadata"]

    assert json.dumps(metadata) == '{"a": 1e+30, "b": {"x": 2, "yyy": 1}, "zz": 1}'


def test_the_list_has_prompts_without_versions(service: OpikServer) -> None:
    create(service, tags=["b", "a", "b"], description="Says hello")
    append(service, "two")
    project_id = service.project("Trader").id

    status, page = call(service, f"GET {PROMPTS}?project_id={project_id}&size=5000&name=GREET")

    (found,) = page["content"]
    assert (status, page["total"], page["size"]) == (200, 1, 1)
    assert (found["version_count"], sorted(found["tags"])) == (2, ["a", "b"])
    assert "latest_version" not in found
    other = service.project("Other").id
    assert call(service, f"GET {PROMPTS}?project_id={other}")[1]["content"] == []


def test_lists_have_ten_entries_unless_more_are_asked_for_and_no_maximum(
    service: OpikServer,
) -> None:
    for number in range(12):
        create(service, f"prompt-{number}")

    sizes = [
        len(call(service, f"GET {PROMPTS}?{query}")[1]["content"])
        for query in ("", "page=2", "size=100000", "size=5&page=3", "page=9")
    ]

    assert sizes == [10, 2, 12, 2, 0]
    assert call(service, f"GET {PROMPTS}?size=0")[0] == 400


def test_a_filter_selects_by_name_and_tag(service: OpikServer) -> None:
    create(service, "a", tags=["x"])
    create(service, "ab", tags=["y"])
    filters = [
        {"field": "name", "operator": "contains", "value": "A"},
        {"field": "tags", "operator": "contains", "value": "y"},
    ]

    page = call(service, f"GET {PROMPTS}?filters={quote(json.dumps(filters))}")[1]

    assert [each["name"] for each in page["content"]] == ["ab"]
    assert call(service, f"GET {PROMPTS}?filters=nonsense")[0] == 400


def test_an_update_removes_a_description_that_is_left_out_and_keeps_tags(
    service: OpikServer,
) -> None:
    prompt_id = create(service, tags=["x"], description="Says hello")

    assert call(service, f"PUT {PROMPTS}/{prompt_id}", {"name": "greeting"})[0] == 204

    found = call(service, f"GET {PROMPTS}/{prompt_id}")[1]
    assert ("description" in found, found["tags"]) == (False, ["x"])
    assert call(service, f"PUT {PROMPTS}/{prompt_id}", {"name": "a", "tags": []})[0] == 204
    assert "tags" not in call(service, f"GET {PROMPTS}/{prompt_id}")[1]


def test_an_environment_has_one_owner_and_moves(service: OpikServer) -> None:
    prompt_id = create(service)
    one = retrieve(service)[1]["id"]
    two = append(service, "two")["id"]
    path = f"PATCH {PROMPTS}/versions"

    assert call(service, f"{path}/{one}/environments", {"environments": ["production"]})[0] == 204
    assert call(service, f"{path}/{two}/environments", {"environments": ["production"]})[0] == 204

    assert retrieve(service, environment="production")[1]["id"] == two
    whole = call(service, f"GET {PROMPTS}/{prompt_id}?environment=production")[1]
    assert whole["requested_version"]["id"] == two
    assert "environments" not in call(service, f"GET {PROMPTS}/versions/{one}")[1]
    assert retrieve(service, environment="staging")[0] == 404
    assert call(service, f"{path}/{one}/environments", {"environments": ["blue"]})[0] == 404


def test_a_version_cannot_be_written_into_an_environment_that_is_taken(
    service: OpikServer,
) -> None:
    create(service)
    append(service, "two", environments=["production"])

    body = {
        "name": "greeting",
        "project_name": "Trader",
        "version": {"template": "three", "environments": ["production"]},
    }
    assert call(service, f"POST {PROMPTS}/versions", body)[0] == 409


def test_selectors_of_a_version_exclude_each_other(service: OpikServer) -> None:
    create(service)

    assert retrieve(service, version_number="v1", environment="production")[0] == 422
    assert retrieve(service, version_number="3")[0] == 422
    assert retrieve(service, version_number="v1")[1]["version_number"] == "v1"


def test_versions_are_read_by_their_ids_whole(service: OpikServer) -> None:
    create(service)
    ids = [retrieve(service)[1]["id"], append(service, "two")["id"]]
    path = f"POST {PROMPTS}/versions/retrieve-by-ids"

    found = call(service, path, {"ids": [*ids, Ids().next()]})[1]

    assert [each["template"] for each in found] == ["two", "Hello"]
    assert call(service, path, {"ids": []})[0] == 422
    assert call(service, path, {"ids": ids * 501})[0] == 422
    assert call(service, path, {"ids": ["no-id"]})[0] == 422


def test_tags_of_versions_are_merged_or_replaced(service: OpikServer) -> None:
    create(service)
    one = retrieve(service)[1]["id"]
    path = f"PATCH {PROMPTS}/versions"

    for tags, merge in ((["a"], True), (["b"], True), (None, False)):
        body = {"ids": [one], "update": {"tags": tags}, "merge_tags": merge}
        assert call(service, path, body)[0] == 204
    assert sorted(retrieve(service)[1]["tags"]) == ["a", "b"]
    assert call(service, path, {"ids": [one], "update": {"tags": []}})[0] == 204
    assert "tags" not in retrieve(service)[1]


@pytest.mark.parametrize("tags", [["x" * 101], [" "], [str(each) for each in range(51)]])
def test_tags_of_versions_have_limits(service: OpikServer, tags: list[str]) -> None:
    create(service)
    body = {"ids": [retrieve(service)[1]["id"]], "update": {"tags": tags}}

    assert call(service, f"PATCH {PROMPTS}/versions", body)[0] == 422


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " "},
        {"template": " \t"},
        {"description": "x" * 256},
        {"description": " "},
        {"type": "none"},
        {"template_structure": "list"},
        {"project_id": "x"},
    ],
    ids=repr,
)
def test_a_field_that_breaks_its_rule_is_a_422(service: OpikServer, fields: dict[str, Any]) -> None:
    body = {"name": "a", "project_name": "Trader", "template": "Hi", **fields}

    status, answer = call(service, f"POST {PROMPTS}", body)

    assert (status, len(answer["errors"])) == (422, 1)


def test_a_restored_version_is_a_new_one(service: OpikServer) -> None:
    prompt_id = create(service)
    one = retrieve(service)[1]["id"]
    append(service, "two")

    answer = call(service, f"POST {PROMPTS}/{prompt_id}/versions/{one}/restore")[1]

    assert (answer["version_number"], answer["template"]) == ("v3", "Hello")


def test_a_deleted_prompt_is_gone_with_its_versions(service: OpikServer) -> None:
    prompt_id = create(service)
    one = retrieve(service)[1]["id"]

    assert call(service, f"DELETE {PROMPTS}/{prompt_id}")[0] == 204

    assert call(service, f"DELETE {PROMPTS}/{prompt_id}")[0] == 404
    assert call(service, f"GET {PROMPTS}/versions/{one}")[0] == 404
    assert call(service, f"GET {PROMPTS}/{prompt_id}/versions")[1]["total"] == 0


def test_bodies_may_be_compressed(service: OpikServer) -> None:
    body = gzip.compress(json.dumps({"name": "Trader"}).encode())
    path = "POST /v1/private/projects/retrieve"

    assert call(service, path, body, **{"Content-Encoding": "gzip"})[1]["name"] == "Trader"
    assert call(service, path, b"nonsense", **{"Content-Encoding": "gzip"})[0] == 400
    assert call(service, path, b"nonsense")[0] == 400
    assert call(service, path, [])[0] == 400


def test_the_key_is_bare_and_goes_with_its_workspace() -> None:
    with opik_server(api_key="any", workspace="team") as service:
        good = {"authorization": "any", "comet-workspace": "team"}
        statuses = [
            call(service, f"GET {PROMPTS}", **headers)[0]
            for headers in (good, {**good, "authorization": "Bearer any"}, {})
        ]

    assert statuses == [200, 401, 401]


def test_what_is_not_there_is_a_404(service: OpikServer) -> None:
    for path in ("/nothing", f"{PROMPTS}/no-id", f"{PROMPTS}/{Ids().next()}"):
        assert call(service, f"GET {path}")[0] == 404
    assert call(service, "POST /v1/private/projects/retrieve", {"name": "Nobody's"})[0] == 404


def test_ids_grow_and_are_of_version_seven() -> None:
    ids = Ids()
    made = [ids.next() for _ in range(1000)]

    assert made == sorted(set(made))
    assert all(each[14] == "7" and each[19] in "89ab" for each in made)
