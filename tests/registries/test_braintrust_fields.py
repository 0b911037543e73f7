"""What Braintrust calls the parts of a prompt, in both directions, and what it cannot hold."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptsync.content_hash import content_hash
from promptsync.errors import RegistryAnswerError
from promptsync.prompt import Message, Prompt, Template
from promptsync.registries.braintrust_fields import decimal_version, make_body, read_prompt
from promptsync.registries.braintrust_limits import find_unsupported
from promptsync.remote_prompt import Stamp
from tests.builders import chat, prompt
from tests.registries.contract import RESPONSE_FORMAT, STAMP, TOOL, json_objects, texts

PROJECT = "5f1d2b3c-0000-4000-8000-000000000001"

# As GET answers, with the keys and nulls that are recorded.
FOUND: dict[str, Any] = {
    "_xact_id": "1000197800254768533",
    "created": "2026-09-03T16:16:16.158Z",
    "description": None,
    "function_type": None,
    "id": "5f1d2b3c-0000-4000-8000-000000000002",
    "log_id": "p",
    "metadata": None,
    "name": "greeting",
    "org_id": "5f1d2b3c-0000-4000-8000-000000000003",
    "project_id": PROJECT,
    "prompt_data": {
        "prompt": {
            "type": "chat",
            "messages": [
                {"role": "system", "content": "You are careful."},
                {"role": "user", "content": "Signal: {{signal}}"},
            ],
        },
        "options": {"model": "gpt-5-mini", "params": {"temperature": 0, "max_tokens": 800}},
    },
    "slug": "greeting",
    "tags": None,
    "function_data": {"type": "prompt"},
}
READ = replace(
    chat(system="You are careful.", user="Signal: {{signal}}"),
    model="gpt-5-mini",
    params={"temperature": 0, "max_tokens": 800},
)


def found(**changes: Any) -> dict[str, Any]:
    return {**FOUND, **changes}


def with_data(**changes: Any) -> dict[str, Any]:
    return found(prompt_data={**FOUND["prompt_data"], **changes})


def with_message(**message: Any) -> dict[str, Any]:
    return with_data(prompt={"type": "chat", "messages": [message]})


def with_params(**params: Any) -> dict[str, Any]:
    return with_data(options={"model": "gpt-5-mini", "params": params})


def read(value: object) -> Prompt:
    return read_prompt(value).prompt


def body(prompt: Prompt, **options: Any) -> dict[str, Any]:
    return make_body(prompt, project_id=PROJECT, **{"stamp": None, **options})


def stored(prompt: Prompt, **options: Any) -> dict[str, Any]:
    """Return a prompt as it is found after it was written."""
    return {**dict.fromkeys(FOUND), "_xact_id": "1", **body(prompt, **options)}


# -- what is sent --


def test_a_chat_prompt_is_sent_whole() -> None:
    sent = replace(
        READ,
        title="Greet",
        description="Says hello",
        tags=("support",),
        metadata={"owner": "ada"},
        tools=[TOOL],
        response_format=RESPONSE_FORMAT,
        registry_options={
            "braintrust": {
                "slug": "salutation",
                "function_type": "scorer",
                "parser": {"type": "llm_classifier", "use_cot": True},
                "endpoint_name": "azure",
            }
        },
    )

    assert body(sent, stamp=STAMP) == {
        "project_id": PROJECT,
        "slug": "salutation",
        "name": "Greet",
        "description": "Says hello",
        "tags": ["support"],
        "metadata": {"owner": "ada", "promptsync": STAMP.to_json()},
        "function_type": "scorer",
        "prompt_data": {
            "prompt": {
                "type": "chat",
                "messages": [
                    {"role": "system", "content": "You are careful."},
                    {"role": "user", "content": "Signal: {{signal}}"},
                ],
                "tools": json.dumps([TOOL]),
            },
            "options": {
                "model": "gpt-5-mini",
                "params": {
                    "temperature": 0,
                    "max_tokens": 800,
                    "response_format": RESPONSE_FORMAT,
                },
                "endpoint_name": "azure",
            },
            "template_format": "mustache",
            "parser": {"type": "llm_classifier", "use_cot": True},
        },
    }


def test_of_a_plain_text_prompt_nothing_needless_is_sent() -> None:
    assert body(prompt()) == {
        "project_id": PROJECT,
        "slug": "greeting",
        "name": "greeting",
        "prompt_data": {
            "prompt": {"type": "completion", "content": "Say hello to {{name}}."},
            "options": {},
            "template_format": "mustache",
        },
    }


def test_a_stale_stamp_in_the_metadata_is_replaced() -> None:
    sent = prompt(metadata={"owner": "ada", "promptsync": {"format": 0}})

    assert body(sent, stamp=STAMP)["metadata"] == {"owner": "ada", "promptsync": STAMP.to_json()}
    assert body(sent)["metadata"] == {"owner": "ada"}


def test_what_promptsync_does_not_know_is_carried_over() -> None:
    existing = with_data(
        origin={"prompt_id": "1"},
        parser={"type": "llm_classifier", "use_cot": False},
        prompt={"type": "chat", "messages": [], "tools": "[]", "cache": "ephemeral", "no": None},
        options={"model": "old", "params": {"n": 2}, "position": "0|hzzz"},
    )

    data = body(READ, existing=existing)["prompt_data"]

    assert data["origin"] == {"prompt_id": "1"}
    assert data["prompt"].keys() == {"type", "messages", "cache"}
    assert data["options"].pop("position") == "0|hzzz"
    assert data["options"] == {"model": "gpt-5-mini", "params": READ.params}
    assert "parser" not in data


def test_a_chat_prompt_takes_nothing_over_from_a_text_prompt() -> None:
    existing = with_data(prompt={"type": "completion", "content": "old", "suffix": "x"})

    assert "suffix" not in body(READ, existing=existing)["prompt_data"]["prompt"]


def test_existing_data_may_be_null() -> None:
    assert body(prompt(), existing=found(prompt_data=None)) == body(prompt())
    assert body(prompt(), existing=with_data(prompt=None, options=None)) == body(prompt())


# -- what is read --


def test_a_recorded_prompt_is_read() -> None:
    remote = read_prompt(FOUND)

    assert remote.prompt == READ
    assert remote.version == "1000197800254768533"
    assert remote.created == "2026-09-03T16:16:16.158Z"
    assert remote.content_hash == content_hash(READ, "braintrust")
    assert remote.stamp is None


def test_a_prompt_carries_what_spans_link_to() -> None:
    assert read_prompt(FOUND).service_ids == {
        "id": FOUND["id"],
        "project_id": PROJECT,
        "slug": "greeting",
    }
    assert read_prompt(found(id=7)).service_ids == {"project_id": PROJECT, "slug": "greeting"}
    assert read_prompt(found(id=7)) == read_prompt(FOUND)


@pytest.mark.parametrize(
    ("there", "template"),
    [
        (None, Template.MUSTACHE),
        ("mustache", Template.MUSTACHE),
        ("none", Template.NONE),
        ("nunjucks", Template.JINJA2),
    ],
)
def test_each_dialect_is_read(there: str | None, template: Template) -> None:
    assert read(with_data(template_format=there)).template is template


def test_a_title_is_a_name_that_differs_from_the_slug() -> None:
    assert read(found(name="Greet: a customer")).title == "Greet: a customer"
    assert read(found(name="greeting")).title is None


def test_details_are_read() -> None:
    there = found(description="Says hello", tags=["b", "a"], metadata={"owner": {"team": "x"}})

    assert read(there) == replace(
        READ, description="Says hello", tags=("b", "a"), metadata={"owner": {"team": "x"}}
    )


def test_the_stamp_is_no_metadata() -> None:
    remote = read_prompt(found(metadata={"promptsync": STAMP.to_json(), "owner": "ada"}))

    assert (remote.stamp, remote.prompt.metadata) == (STAMP, {"owner": "ada"})


@pytest.mark.parametrize("stamp", [None, "x", 1, [], {}, {"format": 99}, {"format": 1}])
def test_what_is_no_stamp_is_none(stamp: object) -> None:
    remote = read_prompt(found(metadata={"promptsync": stamp}))

    assert (remote.stamp, remote.prompt.metadata) == (None, {})


@pytest.mark.parametrize("content", [None, ""])
def test_a_message_without_content_is_empty(content: str | None) -> None:
    calls = [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    there = with_message(role="assistant", content=content, tool_calls=calls, name=None)

    assert read(there).content == (Message("assistant", "", {"tool_calls": calls}),)


def test_tools_are_read_from_their_json_text() -> None:
    block = FOUND["prompt_data"]["prompt"]

    assert read(with_data(prompt={**block, "tools": json.dumps([TOOL])})).tools == [TOOL]


@pytest.mark.parametrize("text", ["{{tools}}", "{}", "1", '[{"a": {{b}}}]', "[" * 100_000])
def test_tools_that_are_no_list_stay_text(text: str) -> None:
    block = FOUND["prompt_data"]["prompt"]

    assert read(with_data(prompt={**block, "tools": text})).tools == text


@pytest.mark.parametrize("tools", [None, "", "[]"])
def test_no_tools_are_no_tools(tools: str | None) -> None:
    block = FOUND["prompt_data"]["prompt"]

    assert read_prompt(with_data(prompt={**block, "tools": tools})).content_hash == (
        read_prompt(FOUND).content_hash
    )


def test_response_format_is_taken_out_of_the_parameters() -> None:
    there = read(with_params(temperature=1, response_format=RESPONSE_FORMAT))

    assert (there.params, there.response_format) == ({"temperature": 1}, RESPONSE_FORMAT)


def test_what_only_braintrust_holds_is_in_its_table() -> None:
    mcp = {"search": {"type": "url", "url": "https://mcp.example.com"}}
    there = with_data(
        parser={"type": "llm_classifier", "use_cot": True},
        tool_functions=[{"type": "function", "id": "1"}],
        mcp=mcp,
        preprocessor={"type": "global", "name": "thread"},
        options={"endpoint_name": "azure"},
    )

    assert read({**there, "function_type": "scorer"}).registry_options == {
        "braintrust": {
            "parser": {"type": "llm_classifier", "use_cot": True},
            "tool_functions": [{"type": "function", "id": "1"}],
            "mcp": mcp,
            "preprocessor": {"type": "global", "name": "thread"},
            "endpoint_name": "azure",
            "function_type": "scorer",
        }
    }


@pytest.mark.parametrize("data", [None, {}, {"prompt": None, "options": None}])
def test_a_prompt_without_data_is_an_empty_text(data: object) -> None:
    assert read(found(prompt_data=data)) == prompt(text="")


def test_what_is_newer_than_promptsync_is_kept_hashed_and_never_uploaded() -> None:
    there = read_prompt(
        with_data(prompt={"type": "realtime", "voice": "a"}, template_format="liquid")
    )

    assert there.prompt.registry_options == {
        "braintrust": {
            "prompt": {"type": "realtime", "voice": "a"},
            "template_format": "liquid",
        }
    }
    assert there.content_hash != read_prompt(with_data(prompt=None)).content_hash
    assert len(find_unsupported(there.prompt)) == 2


@pytest.mark.parametrize(
    "there",
    [
        None,
        [],
        "text",
        {},
        found(slug=None),
        found(slug=["a"]),
        found(_xact_id=None),
        found(_xact_id=1),
        found(_xact_id="1e3"),
        found(_xact_id="٣"),
        found(name=1),
        found(metadata=[1]),
        found(metadata="x"),
        found(tags=1),
        found(description={}),
        found(created=1),
        found(prompt_data=[1]),
        with_data(options=[1]),
        with_data(options={"model": 1}),
        with_data(prompt="x"),
        with_data(prompt={"type": "chat"}),
        with_data(prompt={"type": "chat", "messages": "x"}),
        with_data(prompt={"type": "chat", "messages": [1]}),
        with_data(prompt={"type": "completion", "content": 1}),
        with_data(prompt={"type": "chat", "messages": [], "tools": []}),
        with_message(content="no role"),
        with_message(role=1, content=""),
        with_message(role="user", content=1),
        with_params(response_format="json"),
        with_params(temperature=float("inf")),
    ],
)
def test_a_shape_that_makes_no_sense_is_an_error(there: object) -> None:
    with pytest.raises(RegistryAnswerError, match="in a shape that promptsync does not know"):
        read_prompt(there)


def test_the_error_names_the_prompt_fit_to_be_shown() -> None:
    with pytest.raises(RegistryAnswerError) as raised:
        read_prompt(found(slug="a\x1b[31m" + "b" * 500, tags=1))
    assert raised.value.message.startswith("Braintrust sent the prompt `a [31mbbb")
    assert len(raised.value.message) < 160


# -- what is hashed --


@pytest.mark.parametrize(
    "there",
    [
        found(id="other", _xact_id="2", created="2026-09-04T00:00:00Z", org_id="x", log_id="y"),
        found(project_id="x", metadata={"a": 1, "promptsync": STAMP.to_json()}),
        found(name="Title", description="Text", tags=["a"]),
        found(function_data={"type": "code"}),
        with_data(origin={"prompt_id": "x"}, parser=None, mcp={}, tool_functions=[]),
        with_data(template_format="mustache", unknown={"a": 1}),
        with_data(options={**FOUND["prompt_data"]["options"], "position": "0|hzzz"}),
        with_params(max_tokens=800.0, temperature=0.0, top_p=None, response_format=None),
    ],
)
def test_bookkeeping_and_spelling_are_not_hashed(there: dict[str, Any]) -> None:
    assert read_prompt(there).content_hash == read_prompt(FOUND).content_hash


@pytest.mark.parametrize(
    "there",
    [
        with_data(options={"model": "gpt-5", "params": FOUND["prompt_data"]["options"]["params"]}),
        with_params(temperature=0.1, max_tokens=800),
        with_params(temperature=0, max_tokens=800, response_format={"type": "json_object"}),
        with_data(template_format="none"),
        with_data(parser={"type": "llm_classifier", "use_cot": True}),
        with_data(tool_functions=[{"type": "function", "id": "1"}]),
        with_data(mcp={"a": {"type": "url", "url": "https://mcp.example.com"}}),
        with_data(prompt={**FOUND["prompt_data"]["prompt"], "tools": json.dumps([TOOL])}),
        with_message(role="user", content="Signal: {{signal}}"),
        found(function_type="scorer"),
    ],
)
def test_everything_that_changes_behaviour_is_hashed(there: dict[str, Any]) -> None:
    assert read_prompt(there).content_hash != read_prompt(FOUND).content_hash


tables = st.fixed_dictionaries(
    {},
    optional={
        "parser": json_objects,
        "tool_functions": st.lists(json_objects, max_size=2),
        "mcp": json_objects,
        "preprocessor": json_objects,
        "endpoint_name": texts,
        "function_type": st.sampled_from(["llm", "scorer"]),
    },
)
prompts = st.builds(
    Prompt,
    name=st.just("generated"),
    content=texts
    | st.lists(
        st.builds(
            Message,
            st.sampled_from(["user", "assistant", "tool", "model"]),
            texts,
            st.dictionaries(st.sampled_from(["name", "tool_call_id"]), texts),
        ),
        max_size=3,
    ).map(tuple),
    title=st.none() | texts,
    model=st.none() | texts,
    params=json_objects,
    tools=st.none() | st.lists(json_objects, max_size=2) | texts,
    response_format=st.none() | json_objects,
    template=st.sampled_from(Template),
    metadata=json_objects,
    registry_options=tables.map(lambda table: {"braintrust": table}),
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(sent=prompts, there=prompts)
def test_whatever_is_supported_is_read_as_it_was_sent(sent: Prompt, there: Prompt) -> None:
    if find_unsupported(sent):
        return

    remote = read_prompt(stored(sent, stamp=STAMP, existing=stored(there)))

    assert remote.content_hash == content_hash(sent, "braintrust")
    assert (remote.prompt.title, remote.stamp) == (sent.title, STAMP)
    assert remote.prompt.metadata == sent.metadata


# -- what cannot be held --


@pytest.mark.parametrize(
    ("sent", "sentences"),
    [
        (prompt(), []),
        (READ, []),
        (
            prompt(template=Template.JINJA2),
            ["Braintrust has no Jinja2: write the variables as mustache, or use `template: none`"],
        ),
        (
            chat(critic="Be harsh", user="Hello"),
            [
                "Braintrust has no role `critic`: it has system, developer, user, assistant, "
                "tool, function, model"
            ],
        ),
        (
            prompt(content=(Message("user", [{"type": "input_audio"}]),)),
            ["Braintrust has message parts of these types only: text, image_url, file"],
        ),
        (
            prompt(params={"response_format": {"type": "text"}}),
            ["`response_format` belongs beside `params`, not in it"],
        ),
        (
            replace(READ, tools='[{"type": "function"}]'),
            ["`tools` is the JSON text of a list: write it as a list"],
        ),
        (prompt(tools=[TOOL]), ["Braintrust keeps `tools` for chat prompts only"]),
        (
            prompt(registry_options={"braintrust": {"slug": "a", "pasrer": {}}}),
            [
                "`braintrust: pasrer` is unknown: this table holds parser, tool_functions, mcp, "
                "preprocessor, endpoint_name, function_type"
            ],
        ),
        (prompt(""), ["Braintrust needs a name"]),
        (prompt(text="a\0b"), ["Braintrust cannot hold the character NUL"]),
        (prompt(text="a\\u0000b"), []),
        (prompt(metadata={"since": float("nan")}), ["it holds a value that JSON cannot"]),
        (prompt(params={"top_p": float("inf")}), ["it holds a value that JSON cannot"]),
        (prompt(text="half \ud83d"), ["it holds a value that JSON cannot"]),
    ],
)
def test_what_braintrust_cannot_hold_is_said(sent: Prompt, sentences: list[str]) -> None:
    said = [
        each.partition(": ")[0] if "JSON cannot" in each else each
        for each in find_unsupported(sent)
    ]

    assert said == sentences


# -- versions --


@pytest.mark.parametrize(
    ("printable", "decimal"),
    [
        ("81cd05ee665fdfb3", "1000192656880881099"),
        ("374D61FA1803E0AD", "1000197800254768533"),
        ("1000197800254768533", "1000197800254768533"),
        ("7", "7"),
        ("", None),
        ("latest", None),
        ("-1", None),
        ("٣", None),
    ],
)
def test_a_version_has_two_spellings(printable: str, decimal: str | None) -> None:
    assert decimal_version(printable) == decimal


def test_a_stamp_is_found_whatever_else_the_metadata_says() -> None:
    stamp = Stamp(content_hash="sha256:1", path="a.md", file_sha256="2")

    assert read_prompt(stored(prompt(metadata={"a": 1}), stamp=stamp)).stamp == stamp
