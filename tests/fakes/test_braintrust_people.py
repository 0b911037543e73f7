"""What people do in the web interface."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fakes.braintrust import BraintrustServer
from tests.fakes.calls import call, put, wait_for_the_next_millisecond

pytestmark = pytest.mark.network

STAMP = {"promptsync": {"content_hash": "sha256:1"}}
CHAT = {
    "prompt": {
        "type": "chat",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
    },
    "options": {"model": "gpt-5-mini", "params": {"temperature": 0}},
}


def read(service: BraintrustServer, slug: str = "greeting") -> dict[str, Any]:
    prompt: dict[str, Any] = call(service, f"GET /v1/prompt?slug={slug}").objects[0]
    return prompt


def test_an_edit_makes_a_version_and_keeps_what_it_does_not_touch(
    service: BraintrustServer,
) -> None:
    put(service, prompt_data=CHAT, metadata=STAMP)
    before = read(service)
    wait_for_the_next_millisecond()

    service.person.edits("greeting", "Hello", model="gpt-5", description="Greets")

    after = read(service)
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}]
    assert after == {
        **before,
        "_xact_id": after["_xact_id"],
        "description": "Greets",
        "prompt_data": {
            "prompt": {"type": "chat", "messages": messages},
            "options": {"model": "gpt-5", "params": {"temperature": 0}},
        },
    }
    assert int(after["_xact_id"]) > int(before["_xact_id"])


def test_a_text_prompt_is_edited_too(service: BraintrustServer) -> None:
    put(service)

    service.person.edits("greeting", "Hi")

    assert read(service)["prompt_data"] == {"prompt": {"type": "completion", "content": "Hi"}}


def test_a_save_from_the_playground_loses_the_metadata(service: BraintrustServer) -> None:
    put(service, metadata=STAMP, tags=["polite"])

    service.person.saves_from_playground("greeting", "Hi")

    after = read(service)
    assert after["prompt_data"]["prompt"]["content"] == "Hi"
    assert (after["metadata"], after["tags"]) == (None, ["polite"])


def test_a_restored_version_has_equal_content_and_a_new_number(service: BraintrustServer) -> None:
    first = put(service, metadata=STAMP)
    original = service.store.prompt_named("greeting").latest
    service.person.edits("greeting", "Hi")

    service.person.restores("greeting", original)

    after = read(service)
    assert after["prompt_data"] == first["prompt_data"]
    assert after["_xact_id"] != first["_xact_id"]


def test_a_deleted_prompt_is_gone(service: BraintrustServer) -> None:
    put(service)

    service.person.deletes("greeting")

    assert call(service, "GET /v1/prompt").objects == []
    with pytest.raises(KeyError):
        service.person.edits("greeting", "Hi")
