from __future__ import annotations

from typing import Any, get_type_hints

import pytest

from promptsync import LoadedPrompt
from promptsync.prompt import Message, Prompt, is_same
from promptsync.prompt_details import details_differ
from promptsync.remote_prompt import Stamp, make_remote_prompt
from promptsync.rendered_prompt import RenderedPrompt
from tests.builders import chat, prompt

STAMP = Stamp(content_hash="sha256:aa", path="prompts/greeting.md", file_sha256="bb")


def test_a_prompt_of_messages_is_a_chat() -> None:
    assert chat(user="Hi").is_chat
    assert not prompt().is_chat


@pytest.mark.parametrize(
    ("table", "served"),
    [
        ({}, "greeting"),
        ({"slug": "hello"}, "hello"),
        ({"name": "salut"}, "salut"),
        ({"name": "salut", "slug": "hello"}, "hello"),
        ({"slug": "", "name": None}, "greeting"),
    ],
    ids=["its name", "slug", "name", "slug before name", "empty"],
)
def test_a_registry_table_may_name_the_prompt(table: dict[str, Any], served: str) -> None:
    named = prompt(registry_options={"braintrust": table})

    assert named.served_name("braintrust") == served
    assert named.served_name("mlflow") == "greeting"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (0.0, -0.0),
        ("a", "a"),
        ({"a": [1, {"b": None}], "c": True}, {"c": True, "a": [1.0, {"b": None}]}),
        (("a", {"b": 1}), ("a", {"b": 1.0})),
    ],
    ids=str,
)
def test_values_that_json_writes_alike_are_the_same(one: Any, other: Any) -> None:
    assert is_same(one, other)
    assert is_same(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        ("1", 1),
        (None, ""),
        ([1], [True]),
        ({"a": {"b": [0]}}, {"a": {"b": [False]}}),
        ({"a": None}, {}),
        ([1, 2], [2, 1]),
        ([1], [1, 1]),
    ],
    ids=str,
)
def test_true_is_not_1_at_any_depth(one: Any, other: Any) -> None:
    assert not is_same(one, other)
    assert not is_same(other, one)


def test_details_that_the_file_leaves_out_belong_to_the_registry() -> None:
    remote = prompt(title="Hello", description="Greets", tags=("a",), metadata={"owner": "desk"})

    assert not details_differ(prompt(), remote)
    assert not details_differ(prompt(title="", description=""), remote)


@pytest.mark.parametrize(
    "details",
    [
        {"title": "Hallo"},
        {"description": "Says hello"},
        {"tags": ("b",)},
        {"metadata": {"owner": "somebody"}},
        {"metadata": {"since": 2024}},
        {"metadata": {"reviewed": 1}},
    ],
    ids=str,
)
def test_details_that_the_file_states_are_compared(details: dict[str, Any]) -> None:
    remote = prompt(
        title="Hello",
        description="Greets",
        tags=("a",),
        metadata={"owner": "desk", "reviewed": True},
    )

    assert details_differ(prompt(**details), remote)


def test_details_that_the_registry_has_too_do_not_differ() -> None:
    remote = prompt(title="Hello", description="Greets", tags=("a",), metadata={"a": 1, "b": 2})

    assert not details_differ(remote, remote)
    assert not details_differ(prompt(metadata={"a": 1.0}), remote)


def test_a_stamp_survives_the_registry() -> None:
    full = Stamp(
        content_hash="sha256:aa",
        path="prompts/greeting.md",
        file_sha256="bb",
        commit="cc",
        repository="https://example.com/prompts.git",
    )

    assert Stamp.from_json(full.to_json()) == full
    assert STAMP.to_json() == {
        "format": 1,
        "content_hash": "sha256:aa",
        "path": "prompts/greeting.md",
        "file_sha256": "bb",
    }


def test_the_stamp_of_what_a_program_registered_names_no_file() -> None:
    stamp = Stamp(content_hash="sha256:aa")

    assert stamp.to_json() == {"format": 1, "content_hash": "sha256:aa"}
    assert Stamp.from_json(stamp.to_json()) == stamp


@pytest.mark.parametrize(
    "value",
    [
        None,
        "sha256:aa",
        [],
        {},
        {**STAMP.to_json(), "format": 2},
        {**STAMP.to_json(), "path": 1},
        {key: value for key, value in STAMP.to_json().items() if key != "content_hash"},
    ],
    ids=str,
)
def test_what_is_no_stamp_is_none_and_no_error(value: object) -> None:
    assert Stamp.from_json(value) is None


def test_what_a_stamp_need_not_have_is_read_leniently() -> None:
    assert Stamp.from_json({**STAMP.to_json(), "commit": 7, "repository": None, "x": 1}) == STAMP


def test_a_remote_prompt_is_hashed_here() -> None:
    remote = make_remote_prompt(prompt("hello"), kind="local", version="7", stamp=STAMP)

    assert remote.name == "hello"
    assert remote.content_hash.startswith("sha256:")
    assert remote.content_hash != STAMP.content_hash
    assert remote.stamped_hash == "sha256:aa"
    assert make_remote_prompt(prompt(), kind="local", version="1", stamp=None).stamped_hash is None


@pytest.mark.parametrize("kind", [Message, Prompt, RenderedPrompt, LoadedPrompt])
def test_annotations_say_types_at_run_time(kind: type) -> None:
    hints = get_type_hints(kind)

    assert hints.keys() == set(kind.__annotations__)
