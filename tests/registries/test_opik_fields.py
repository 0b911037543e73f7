"""What Opik calls the parts of a prompt, and what it cannot hold."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.content_hash import content_hash
from promptsync.errors import ConfigError, RegistryAnswerError
from promptsync.prompt import Message, Prompt, Template
from promptsync.registries import read_remote_prompt
from promptsync.registries.opik_body import make_details, make_version
from promptsync.registries.opik_fields import read_prompt
from promptsync.registries.opik_limits import find_unsupported
from promptsync.registries.opik_tags import read_tags, write_tags
from promptsync.remote_prompt import RemotePrompt, Stamp
from tests.builders import chat, prompt
from tests.fakes.opik.json_values import stored
from tests.registries.answers import json_of_any_shape
from tests.registries.contract import RESPONSE_FORMAT, SAMPLES, STAMP, TOOL, prompts

CONTAINER = {"id": "0" * 36, "name": "greeting", "template_structure": "text"}
VERSION = {"version_number": "v1", "template": "Hello", "created_at": "2026-11-20T10:00:00Z"}


def read(container: dict[str, Any] | None = None, **version: Any) -> RemotePrompt:
    return read_prompt({**CONTAINER, **(container or {})}, {**VERSION, **version})


def read_back(sent: Prompt) -> RemotePrompt:
    """Return a prompt as it is read after it was stored."""
    structure = "chat" if sent.is_chat else "text"
    version = make_version(sent, STAMP)
    version["metadata"] = stored(version["metadata"])
    tags = sorted(sent.tags, key=hash)
    container = {**CONTAINER, **make_details(sent), "template_structure": structure, "tags": tags}
    return read_prompt(container, {**version, "version_number": "v1"})


def test_a_chat_prompt_is_written_field_by_field() -> None:
    sent = Prompt(
        name="analyze",
        content=(Message("user", "Grüße", {"name": "ada"}),),
        title="Analyze",
        model="gpt-5-mini",
        params={"temperature": 0},
        tools=[TOOL],
        response_format=RESPONSE_FORMAT,
        template=Template.JINJA2,
        tags=("b", "a"),
        metadata={"owner": "support"},
    )

    assert make_version(sent, STAMP) == {
        "template": '[{"role": "user", "content": "Grüße", "name": "ada"}]',
        "type": "jinja2",
        "metadata": {
            "owner": "support",
            "title": "Analyze",
            "model": "gpt-5-mini",
            "params": {"temperature": 0},
            "tools": [TOOL],
            "response_format": RESPONSE_FORMAT,
            "promptsync": {**STAMP.to_json(), "tags": ["b", "a"]},
        },
        "change_description": "prompts/greeting.md at 333333333333",
    }
    assert make_details(sent) == {"name": "analyze", "tags": ["b", "a"]}


@given(sent=prompts)
def test_what_is_held_reads_back(sent: Prompt) -> None:
    if find_unsupported(sent, None) == []:
        found = read_back(sent)

        assert (found.prompt, found.stamp) == (sent, STAMP)
        assert found.content_hash == content_hash(sent, "opik")


@pytest.mark.parametrize("sent", SAMPLES.values(), ids=SAMPLES.keys())
def test_every_sample_reads_back_or_is_refused(sent: Prompt) -> None:
    assert find_unsupported(sent, None) or read_back(sent).prompt == sent


def test_the_metadata_of_an_application_is_read_as_far_as_it_fits() -> None:
    metadata = {
        "model": "gpt-5-mini",
        "params": "temperature=0",
        "tools": None,
        "temperature": 0.4,
        "created_from": "opik_ui",
        "promptsync": "hello",
    }

    found = read(metadata=metadata)

    assert (found.prompt.model, found.prompt.params, found.stamp) == ("gpt-5-mini", {}, None)
    assert found.prompt.metadata == {
        "params": "temperature=0",
        "tools": None,
        "temperature": 0.4,
        "created_from": "opik_ui",
    }


@pytest.mark.parametrize("metadata", [None, [], "text", 5])
def test_metadata_that_is_no_object_is_none(metadata: object) -> None:
    assert read(metadata=metadata).prompt == prompt(text="Hello")


def test_a_dialect_that_is_not_known_takes_part_in_the_hash() -> None:
    found = read(type="python")

    assert found.prompt.registry_options == {"opik": {"type": "python"}}
    assert found.content_hash != read().content_hash


@pytest.mark.parametrize(
    "template", ["no JSON", "5", "{}", '[{"content": "x"}]', '["x"]', "[NaN]", "[" * 100_000]
)
def test_a_broken_chat_prompt_is_equal_to_nothing(template: str) -> None:
    found = read({"template_structure": "chat"}, template=template)

    assert found.prompt.content == template
    assert found.content_hash != content_hash(prompt(text=template), "opik")


@pytest.mark.parametrize("content", [5, {"a": 1}])
def test_a_message_with_content_of_another_kind_is_broken(content: object) -> None:
    template = f'[{{"role": "user", "content": {content}}}]'.replace("'", '"')

    assert read({"template_structure": "chat"}, template=template).prompt.content == template


def test_a_message_without_content_is_empty() -> None:
    template = '[{"role": "assistant", "content": null, "tool_calls": [1], "name": null}]'

    found = read({"template_structure": "chat"}, template=template)

    assert found.prompt.content == (Message("assistant", "", {"tool_calls": [1]}),)


@pytest.mark.parametrize(
    ("container", "version"),
    [
        ({"name": None}, {}),
        ({"name": 5}, {}),
        ({"description": []}, {}),
        ({}, {"template": None}),
        ({}, {"template": []}),
        ({}, {"version_number": None}),
        ({}, {"version_number": 5}),
        ({}, {"created_at": 5}),
        ({}, {"metadata": {"params": {"x": float("nan")}}}),
    ],
)
def test_a_shape_that_is_not_known_is_an_error_of_the_registry(
    container: dict[str, Any], version: dict[str, Any]
) -> None:
    with pytest.raises(RegistryAnswerError, match="shape that promptsync does not know"):
        read(container, **version)


FIELDS = ("name", "id", "tags", "metadata", "template", "type", "latest_version", "created_at")
any_json = json_of_any_shape((*FIELDS, "params", "tools", "promptsync", "role", "content"))


@given(container=any_json, version=any_json, template=any_json)
def test_json_of_any_shape_is_a_prompt_or_an_error(
    container: Any, version: Any, template: Any
) -> None:
    first = {**CONTAINER, "template_structure": "chat", "template": json.dumps(template)}
    both = [each if isinstance(each, dict) else {} for each in (container, version)]

    for each in (
        container,
        {**first, **VERSION, **both[0]},
        {**CONTAINER, "latest_version": both[1]},
    ):
        with suppress(RegistryAnswerError):
            assert read_remote_prompt("opik", each).version
    with suppress(RegistryAnswerError):
        assert read({**first, **both[0]}, **{"template": first["template"], **both[1]}).version


def test_tags_without_an_order_are_sorted() -> None:
    assert read({"tags": ["b", 5, "a"]}).prompt.tags == ("a", "b")
    order = {"promptsync": {"tags": ["b", "gone"]}}
    assert read({"tags": ["b", "a"]}, metadata=order).prompt.tags == ("a", "b")


def test_an_object_of_the_api_is_read_by_itself() -> None:
    latest, requested = {**VERSION, "version_number": "v2"}, VERSION
    whole = {**CONTAINER, "latest_version": latest}

    assert read_remote_prompt("opik", whole).version == "v2"
    assert read_remote_prompt("opik", {**whole, "requested_version": requested}).version == "v1"
    assert read_remote_prompt("opik", {**VERSION, "name": "greeting"}).name == "greeting"
    with pytest.raises(RegistryAnswerError):
        read_remote_prompt("opik", "text")
    with pytest.raises(ConfigError):
        read_remote_prompt("ftp", whole)


def test_a_version_carries_what_experiments_link_to() -> None:
    alone = {**VERSION, "id": "v-id", "prompt_id": "p-id", "commit": "0c0ffee0", "name": "greeting"}
    ids = {"id": "v-id", "prompt_id": "p-id", "commit": "0c0ffee0", "name": "greeting"}

    assert read({"id": "p-id"}, id="v-id", commit="0c0ffee0").service_ids == ids
    assert read_remote_prompt("opik", alone).service_ids == ids
    assert read_remote_prompt("opik", {**VERSION, "id": "v", "name": "greeting"}).service_ids == {
        "id": "v",
        "name": "greeting",
    }


# -- what cannot be held --

DEEP: dict[str, Any] = {}
for _ in range(100):
    DEEP = {"in": DEEP}

UNSUPPORTED = {
    "a long name": (prompt("a" * 256), "names of at most 255 characters"),
    "a blank name": (prompt(registry_options={"opik": {"name": " "}}), "needs a name"),
    "no text": (prompt(text=""), "no prompts without text"),
    "blanks": (prompt(text=" \t\n\x1f"), "no prompts without text"),
    "no messages": (prompt(content=()), "no prompts without messages"),
    "a role": (chat(narrator="Once"), "no role `narrator`: it has system, developer"),
    "no dialect": (prompt(template=Template.NONE), "no `template: none`"),
    "a long description": (prompt(description="ä" * 256), "at most 255 characters, not 256"),
    "emoji": (prompt(description="\N{WAVING HAND SIGN}" * 128), "characters, not 256"),
    "a blank description": (prompt(description=" \n"), "no blank descriptions"),
    "a tag twice": (prompt(tags=("a", "a")), "each tag once"),
    "own metadata": (prompt(metadata={"model": "x"}), "`metadata: model` is where promptsync"),
    "the stamp": (prompt(metadata={"promptsync": 1}), "`metadata: promptsync` is where"),
    "an option": (
        prompt(registry_options={"opik": {"color": "red"}}),
        "`opik: color` is unknown: this table holds name, slug",
    ),
    "not a number": (prompt(params={"x": float("nan")}), "a value that JSON cannot"),
    "a lone surrogate": (prompt(text="\ud800"), "a value that JSON cannot"),
    "16 MB": (prompt(text="x" * 2**24), "at most 16,777,215 bytes, not 16,777,216"),
    "deep metadata": (prompt(metadata={"x": DEEP}), "at most 100 levels"),
}


@pytest.mark.parametrize(("sent", "reason"), UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
def test_what_cannot_be_held_is_said_with_the_reason(sent: Prompt, reason: str) -> None:
    (sentence,) = find_unsupported(sent, None)

    assert reason in sentence


def test_what_is_just_short_enough_is_held() -> None:
    sent = prompt("a" * 255, "x" * (2**24 - 1), description="ä" * 255)

    assert find_unsupported(sent, None) == []


def test_metadata_of_another_type_than_ours_is_held() -> None:
    assert find_unsupported(prompt(metadata={"title": 5, "params": "x"}), None) == []


def test_text_and_chat_do_not_replace_each_other() -> None:
    text, messages = read(), read({"template_structure": "chat"}, template="broken")

    assert find_unsupported(prompt(), text) == []
    assert find_unsupported(chat(user="Hi"), messages) == []
    assert len(find_unsupported(chat(user="Hi"), text)) == 1
    assert len(find_unsupported(prompt(), messages)) == 1


# -- tags --

short = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=70)


@given(path=short, commit=st.none() | short, repository=st.none() | short, title=st.none() | short)
def test_a_stamp_in_tags_reads_back(
    path: str, commit: str | None, repository: str | None, title: str | None
) -> None:
    stamp = replace(STAMP, path=path, commit=commit, repository=repository)

    tags = write_tags(stamp, title)

    assert all(len(each) <= 100 for each in tags)
    found = read_tags(["foreign", *reversed(tags)])
    assert (found.stamp, found.title) == (stamp, title)


def test_a_stamp_that_names_no_file_reads_back_from_tags() -> None:
    stamp = Stamp(content_hash=STAMP.content_hash)

    assert read_tags(write_tags(stamp, None)).stamp == stamp


def test_a_stamp_whose_path_is_too_long_for_a_tag_still_names_a_file() -> None:
    found = read_tags(write_tags(replace(STAMP, path="x" * 200), None)).stamp

    assert found is not None
    assert (found.path, found.file_sha256) == ("", STAMP.file_sha256)


def test_foreign_tags_say_nothing() -> None:
    assert read_tags(["a", "promptsync", "promptsync:", "promptsync:path:x"]) == read_tags([])
