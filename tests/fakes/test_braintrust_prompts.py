"""One prompt's life, as recordings of the real service show it."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from tests.fakes.braintrust import BraintrustServer
from tests.fakes.braintrust.ids import printable_version
from tests.fakes.braintrust.json_values import parse_json
from tests.fakes.calls import call, new_prompt, put, wait_for_the_next_millisecond

pytestmark = pytest.mark.network


def full_prompt(service: BraintrustServer) -> dict[str, Any]:
    """Return a body with the keys of the recorded one, in their order."""
    return {
        "project_id": service.project("Trader").id,
        "name": "Greeting",
        "slug": "greeting",
        "description": "Greets",
        "prompt_data": {"prompt": {"type": "completion", "content": "Hi"}},
        "tags": ["polite"],
    }


def test_the_echo_of_a_full_write_holds_only_what_was_sent(service: BraintrustServer) -> None:
    created = call(service, "POST /v1/prompt", full_prompt(service)).json
    replaced = call(service, "PUT /v1/prompt", full_prompt(service)).json

    keys = [
        *("log_id", "project_id", "slug", "name", "description", "prompt_data", "tags"),
        *("id", "created", "org_id", "_xact_id"),
    ]
    assert list(created) == keys
    assert list(replaced) == keys


def test_the_echo_of_a_patch_has_the_order_of_the_stored_object(service: BraintrustServer) -> None:
    prompt = call(service, "POST /v1/prompt", full_prompt(service)).json

    patched = call(service, f"PATCH /v1/prompt/{prompt['id']}", {"description": "Greets you"})

    assert list(patched.json) == [
        *("name", "slug", "tags", "log_id", "project_id", "description", "prompt_data"),
        *("id", "created", "org_id", "_xact_id"),
    ]


def test_a_read_shows_every_field_and_null_for_what_was_not_sent(service: BraintrustServer) -> None:
    written = put(service)

    read = call(service, f"GET /v1/prompt/{written['id']}").json
    listed = call(service, "GET /v1/prompt?slug=greeting").objects

    assert listed == [read]
    assert list(read.items()) == [
        ("_xact_id", written["_xact_id"]),
        ("created", written["created"]),
        ("description", None),
        ("function_type", None),
        ("id", written["id"]),
        ("log_id", "p"),
        ("metadata", None),
        ("name", "Greeting"),
        ("org_id", written["org_id"]),
        ("project_id", written["project_id"]),
        ("prompt_data", {"prompt": {"type": "completion", "content": "Hello {{name}}"}}),
        ("slug", "greeting"),
        ("tags", None),
        ("function_data", {"type": "prompt"}),
    ]


def test_a_delete_answers_with_a_tombstone_that_has_no_name(service: BraintrustServer) -> None:
    prompt = put(service)
    wait_for_the_next_millisecond()

    deleted = call(service, f"DELETE /v1/prompt/{prompt['id']}").json

    assert list(deleted) == [
        *("log_id", "project_id", "slug", "id", "created", "org_id", "_object_delete", "_xact_id")
    ]
    assert deleted["_object_delete"] is True
    assert deleted["created"] > prompt["created"]
    assert call(service, "GET /v1/prompt?slug=greeting").json == {"objects": []}


def test_a_put_keeps_the_id_and_renews_the_rest(service: BraintrustServer) -> None:
    first = put(service, description="Greets", tags=["polite"])
    wait_for_the_next_millisecond()

    second = put(service)

    read = call(service, f"GET /v1/prompt/{first['id']}").json
    assert second["id"] == first["id"]
    assert int(second["_xact_id"]) > int(first["_xact_id"])
    assert second["created"] > first["created"]
    assert (read["description"], read["tags"]) == (None, None)


def test_a_patch_keeps_id_moment_and_what_it_does_not_name(service: BraintrustServer) -> None:
    first = put(service, tags=["polite"])
    wait_for_the_next_millisecond()

    call(service, f"PATCH /v1/prompt/{first['id']}", {"description": "Greets"})

    read = call(service, f"GET /v1/prompt/{first['id']}").json
    assert int(read["_xact_id"]) > int(first["_xact_id"])
    assert read["created"] == first["created"]
    assert (read["description"], read["tags"]) == ("Greets", ["polite"])


def test_an_older_version_is_read_whole_by_either_form_of_its_id(service: BraintrustServer) -> None:
    first = put(service)
    original = call(service, f"GET /v1/prompt/{first['id']}").json
    wait_for_the_next_millisecond()
    put(service, text="Good day {{name}}", description="Greets")

    printable = printable_version(int(first["_xact_id"]))
    for version in (first["_xact_id"], printable):
        assert call(service, f"GET /v1/prompt/{first['id']}?version={version}").json == original
        listed = call(service, f"GET /v1/prompt?slug=greeting&version={version}")
        assert listed.objects == [original]


def test_the_printable_form_is_that_of_the_documentation() -> None:
    assert printable_version(1000192656880881099) == "81cd05ee665fdfb3"


def test_a_read_does_not_keep_the_order_of_keys_but_the_echo_does(
    service: BraintrustServer,
) -> None:
    params = {"max_tokens": 50, "response_format": {"type": "json_object"}, "temperature": 0}
    message = {"content": "Hi", "role": "user"}
    data = {
        "prompt": {"type": "chat", "messages": [message]},
        "options": {"model": "gpt-5-mini", "params": params},
    }

    echo = put(service, prompt_data=data)
    read = call(service, f"GET /v1/prompt/{echo['id']}").json["prompt_data"]

    assert json.dumps(echo["prompt_data"]) == json.dumps(data)
    assert list(read) == ["prompt", "options"]
    assert list(read["prompt"]["messages"][0]) == ["role", "content"]
    assert list(read["options"]["params"]) == ["max_tokens", "temperature", "response_format"]


def test_numbers_come_back_as_javascript_writes_them(service: BraintrustServer) -> None:
    params = {"temperature": 0.0, "top_p": 0.5, "seed": 2**53 + 1}

    put(service, prompt_data={"options": {"params": params}})

    read = call(service, "GET /v1/prompt?slug=greeting").text
    assert '"params":{"seed":9007199254740992,"top_p":0.5,"temperature":0}' in read


def test_a_number_beyond_all_bounds_becomes_null() -> None:
    assert parse_json("[1e999, -1e999, 1e300]") == [None, None, int(1e300)]


def test_what_is_almost_json_is_refused(service: BraintrustServer) -> None:
    body = new_prompt(service, prompt_data={"options": {"params": {"temperature": float("nan")}}})

    assert call(service, "PUT /v1/prompt", body).status == 400


def test_metadata_is_stored_and_shown(service: BraintrustServer) -> None:
    echo = put(service, metadata={"promptsync": {"content_hash": "sha256:1"}, "team": "x"})

    read = call(service, f"GET /v1/prompt/{echo['id']}").json
    assert read["metadata"] == {"team": "x", "promptsync": {"content_hash": "sha256:1"}}


def test_an_unknown_key_is_dropped(service: BraintrustServer) -> None:
    echo = put(service, colour="red")

    assert "colour" not in echo


def test_a_post_on_a_known_slug_returns_what_is_there_unmodified(
    service: BraintrustServer,
) -> None:
    first = put(service)
    before = call(service, f"GET /v1/prompt/{first['id']}").json

    again = call(service, "POST /v1/prompt", new_prompt(service, text="Other"))

    assert again.json == before
    assert again.headers["x-bt-found-existing"] == "true"


def test_a_slug_that_comes_back_after_a_delete_gets_a_new_id(service: BraintrustServer) -> None:
    first = put(service)
    call(service, f"DELETE /v1/prompt/{first['id']}")

    assert put(service)["id"] != first["id"]


def test_a_patch_may_change_the_slug(service: BraintrustServer) -> None:
    prompt = put(service)

    call(service, f"PATCH /v1/prompt/{prompt['id']}", {"slug": "welcome"})

    assert call(service, "GET /v1/prompt?slug=greeting").objects == []
    assert call(service, "GET /v1/prompt?slug=welcome").objects[0]["id"] == prompt["id"]


def test_a_patch_may_not_take_the_slug_of_another(service: BraintrustServer) -> None:
    put(service, "welcome")
    prompt = put(service)

    refused = call(service, f"PATCH /v1/prompt/{prompt['id']}", {"slug": "welcome"})

    assert refused.status == 400


def test_what_is_missing_is_a_400_whose_text_carries_an_email(service: BraintrustServer) -> None:
    prompt = put(service)
    call(service, f"DELETE /v1/prompt/{prompt['id']}")

    again = call(service, f"DELETE /v1/prompt/{prompt['id']}")

    assert again.status == 400
    assert again.headers["content-type"] == "text/plain; charset=utf-8"
    assert re.fullmatch(
        rf"Missing delete access to prompt id {prompt['id']}, or the prompt does not exist "
        r"\[user_email=person@example\.com\] \[user_org=Example\] "
        r"\[timestamp=\d+\.\d{3}\] \[request_id=iad1::\w+\]",
        again.text,
    )


def test_what_is_no_uuid_is_a_400_with_a_list_of_issues(service: BraintrustServer) -> None:
    refused = call(service, "GET /v1/prompt/greeting")

    issues, _, rest = refused.text.partition(" [user_email=")
    assert refused.status == 400
    assert json.loads(issues) == [
        {
            "validation": "uuid",
            "code": "invalid_string",
            "message": "Invalid uuid",
            "path": ["id", 0],
        }
    ]
    assert rest.startswith("person@example.com]")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "String must contain at least 1 character(s)"),
        ("slug", None, "Expected string, received null"),
        ("slug", 7, "Expected string, received number"),
        ("project_id", "Trader", "Invalid uuid"),
        ("metadata", "sha256:1", "Expected object, received string"),
        ("tags", True, "Expected array, received boolean"),
        ("description", [], "Expected string, received array"),
    ],
)
def test_a_body_that_does_not_fit_is_refused(
    service: BraintrustServer, field: str, value: object, message: str
) -> None:
    refused = call(service, "PUT /v1/prompt", {**new_prompt(service), field: value})

    assert refused.status == 400
    assert f'"message": "{message}"' in refused.text


def test_everything_wrong_is_reported_at_once(service: BraintrustServer) -> None:
    refused = call(service, "PUT /v1/prompt", {})

    issues = json.loads(refused.text.partition(" [user_email=")[0])
    assert [issue["path"] for issue in issues] == [["project_id"], ["name"], ["slug"]]


@pytest.mark.parametrize("text", ["nul \0", "half a pair \ud83d"])
def test_text_that_jsonb_cannot_hold_is_refused(service: BraintrustServer, text: str) -> None:
    refused = call(service, "PUT /v1/prompt", new_prompt(service, text=text))

    assert refused.status == 400
    assert call(service, "GET /v1/prompt").objects == []


@pytest.mark.parametrize("body", [None, "text", [1]])
def test_a_body_that_is_no_object_is_refused(service: BraintrustServer, body: object) -> None:
    assert call(service, "PUT /v1/prompt", body).status == 400


def test_an_unknown_project_is_refused(service: BraintrustServer) -> None:
    nowhere = "00000000-0000-4000-8000-000000000000"

    refused = call(service, "PUT /v1/prompt", {**new_prompt(service), "project_id": nowhere})

    assert refused.text.startswith(f"Missing insert access to project id {nowhere}")


def test_an_answer_has_the_headers_of_the_real_one(service: BraintrustServer) -> None:
    answer = call(service, "GET /v1/prompt")

    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert "x-bt-found-existing" in answer.headers["access-control-expose-headers"]
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-bt-internal-trace-id"])
    # The tag that the real service was recorded with for these very bytes, {"objects":[]}.
    assert answer.headers["etag"] == 'W/"e-xZKibKAiOxxBbzTm2byfFNRkvtA"'


def test_an_answer_is_compressed_for_who_accepts_it(service: BraintrustServer) -> None:
    answer = call(service, "GET /v1/prompt", headers={"Accept-Encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == b'{"objects":[]}'


def test_an_unknown_path_is_not_found(service: BraintrustServer) -> None:
    assert call(service, "GET /v1/prompts").status == 404
