from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from promptsync import prompt_schema
from promptsync.content_hash import canonical_form, canonical_json, content_hash, short_hash
from promptsync.prompt import Message, Prompt, Template
from tests import strategies
from tests.builders import chat, prompt

VECTORS = json.loads((Path(__file__).parent / "vectors" / "content-hash.json").read_bytes())
KIND = "braintrust"


@pytest.mark.parametrize("vector", VECTORS, ids=[each["description"] for each in VECTORS])
def test_the_published_vectors_hold(vector: dict[str, Any]) -> None:
    canonical = canonical_json(canonical_form(_from_neutral(vector["prompt"]), vector["kind"]))

    assert canonical.decode() == vector["canonical"]


@pytest.mark.parametrize("vector", VECTORS, ids=[each["description"] for each in VECTORS])
def test_a_published_hash_is_the_sha_256_of_its_canonical_text(vector: dict[str, Any]) -> None:
    digest = hashlib.sha256(vector["canonical"].encode()).hexdigest()

    assert vector["hash"] == f"sha256:{digest}"
    assert vector["hash"] == content_hash(_from_neutral(vector["prompt"]), vector["kind"])


def _from_neutral(values: dict[str, Any]) -> Prompt:
    """Build a prompt from the keys of front matter, its content under `text` or `messages`."""
    content = prompt_schema.to_content(values["text"] if "text" in values else values["messages"])
    return prompt_schema.to_prompt(values, name="unnamed", content=content)


@given(strategies.json_values)
def test_canonical_json_is_rfc_8785_of_the_value_without_nulls(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(_without_null(_as_doubles(value)))


@given(
    st.recursive(
        st.none() | st.booleans() | strategies.numbers,
        lambda inner: st.lists(inner) | st.dictionaries(strategies.unicode_text, inner),
    )
)
def test_numbers_and_keys_of_any_kind_are_written_as_rfc_8785_writes_them(value: Any) -> None:
    assert canonical_json(value) == rfc8785.dumps(_without_null(_as_doubles(value)))


def _as_doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_doubles(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_doubles(each) for each in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    return [_without_null(each) for each in value] if isinstance(value, list) else value


@given(strategies.prompts())
def test_the_order_of_keys_makes_no_difference(original: Prompt) -> None:
    reordered = replace(
        original,
        params=_reversed(original.params),
        tools=_reversed(original.tools),
        response_format=_reversed(original.response_format),
        registry_options=_reversed(original.registry_options),
    )

    assert content_hash(reordered, KIND) == content_hash(original, KIND)


def _reversed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reversed(value[key]) for key in reversed(value)}
    return [_reversed(each) for each in value] if isinstance(value, list) else value


@given(strategies.prompts(), strategies.names, strategies.details)
def test_name_and_details_make_no_difference(
    original: Prompt, name: str, details: dict[str, Any]
) -> None:
    described_otherwise = replace(original, name=name, **details)

    assert content_hash(described_otherwise, KIND) == content_hash(original, KIND)


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "Other text"},
        {"content": "Say hello to {{name}}.\n"},
        {"content": (Message("user", "Say hello to {{name}}."),)},
        {"content": (Message("user", [{"type": "text", "text": "Say hello"}]),)},
        {"content": (Message("user", "Say hello", {"name": "ada"}),)},
        {"model": "gpt-5"},
        {"params": {"temperature": 1}},
        {"params": {"temperature": True}},
        {"params": {"temperature": "1"}},
        {"tools": [{"type": "function"}]},
        {"tools": "{{tools}}"},
        {"response_format": {"type": "json_object"}},
        {"template": Template.JINJA2},
        {"template": Template.NONE},
        {"registry_options": {KIND: {"parser": {"type": "llm_classifier"}}}},
    ],
    ids=str,
)
def test_each_change_of_behaviour_changes_the_hash(changes: dict[str, Any]) -> None:
    assert content_hash(prompt(**changes), KIND) != content_hash(prompt(), KIND)


def test_the_order_and_the_roles_of_messages_count() -> None:
    hashes = {
        content_hash(chat(system="a", user="b")),
        content_hash(chat(user="b", system="a")),
        content_hash(chat(system="b", user="a")),
        content_hash(chat(user="a", system="b")),
    }

    assert len(hashes) == 4


def test_only_the_table_of_the_registry_in_question_counts() -> None:
    tabled = prompt(registry_options={KIND: {"parser": {"use_cot": True}}})

    assert content_hash(tabled, "mlflow") == content_hash(tabled) == content_hash(prompt())
    assert content_hash(tabled, KIND) != content_hash(prompt(), KIND)


@given(strategies.prompts())
def test_absent_null_and_empty_mean_the_same(original: Prompt) -> None:
    padded = replace(
        original,
        model=original.model or "",
        tools=original.tools or [],
        response_format=original.response_format or {"type": None},
        params={"stop": [], "user": "", "seed": None, "extra": {"a": None}, **original.params},
        registry_options={KIND: {"parser": None, "slug": "x"}} | dict(original.registry_options),
    )

    assert content_hash(padded, KIND) == content_hash(original, KIND)


def test_a_lone_surrogate_hashes_to_what_no_file_can_have() -> None:
    broken = prompt(text="a\ud800b")
    lookalikes = [prompt(text="a\ufffdb"), prompt(text="a?b"), prompt(text="a\\ud800b")]

    assert content_hash(broken) == content_hash(prompt(text="a\ud800b"))
    assert content_hash(broken) not in map(content_hash, lookalikes)
    with pytest.raises(UnicodeDecodeError):
        canonical_json(canonical_form(broken)).decode()


def test_a_lone_surrogate_beside_an_unusual_number_is_no_error() -> None:
    broken = prompt(text="\udfff", params={"\ud800": 1e-7})

    assert content_hash(broken).startswith("sha256:")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400], ids=["nan", "inf", "big"])
def test_a_number_that_json_cannot_hold_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match=r"JSON"):
        content_hash(prompt(params={"temperature": number}))


def test_a_value_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)

    with pytest.raises(ValueError, match="nested too deeply"):
        content_hash(prompt(params={"a": endless}))


def test_a_hash_is_shortened_for_people() -> None:
    assert short_hash("sha256:3f1c9a0b77de5a00") == "sha256:3f1c9a0b77de"
    assert short_hash(None) == "-"
