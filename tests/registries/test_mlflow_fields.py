"""MLflow's JSON and addresses, read and written without a server."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync.content_hash import content_hash
from promptsync.errors import ConfigError, RegistryAnswerError
from promptsync.prompt import JsonObject, Message, Prompt, Template
from promptsync.registries import read_remote_prompt
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.registries.mlflow_address import MlflowLogin, checked_url, credentials
from promptsync.registries.mlflow_api import is_prompt
from promptsync.registries.mlflow_body import make_version
from promptsync.registries.mlflow_fields import read_version
from promptsync.registries.mlflow_limits import find_unsupported
from promptsync.registries.mlflow_reading import aliases_of, latest_version
from promptsync.registries.mlflow_shapes import is_registered
from promptsync.remote_prompt import RemotePrompt
from tests.builders import chat, prompt
from tests.registries.answers import json_of_any_shape
from tests.registries.contract import STAMP, TOOL

TEXT, TYPE = "mlflow.prompt.text", "_mlflow_prompt_type"
MODEL, RESPONSE = "_mlflow_prompt_model_config", "_mlflow_prompt_response_format"


def version(tags: dict[str, str], /, **fields: Any) -> dict[str, Any]:
    """Return a model version as the API sends it."""
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    return {
        "name": "greeting",
        "version": "3",
        "creation_timestamp": 1_770_000_000_123,
        "description": "a commit message",
        "tags": [{"key": "mlflow.prompt.is_prompt", "value": "true"}, *listed],
        **fields,
    }


def read(tags: dict[str, str], **fields: Any) -> RemotePrompt:
    return read_version(version(tags, **fields))


def sent_tags(sent: Prompt) -> dict[str, str]:
    return {each["key"]: each["value"] for each in make_version(sent, STAMP)["tags"]}


# -- what others wrote --


def test_a_version_that_mlflows_client_wrote_reads_sensibly() -> None:
    config = {"model_name": "gpt-5-mini", "temperature": 0.2, "max_tokens": 800, "seed": 7}

    found = read(
        {TYPE: "text", TEXT: "Hi {{name}}", MODEL: json.dumps(config), "team": "support"},
        user_id="ada",
    )

    assert found.prompt == prompt(
        text="Hi {{name}}",
        model="gpt-5-mini",
        params={"temperature": 0.2, "max_tokens": 800, "seed": 7},
        metadata={"team": "support"},
    )
    assert (found.version, found.author, found.stamp) == ("3", "ada", None)
    assert found.created == "2026-02-02T02:40:00.123Z"
    assert found.service_ids == {"name": "greeting"}


def test_a_version_is_read_from_an_object_of_the_api() -> None:
    assert read_remote_prompt("mlflow", version({TEXT: "Hi"})) == read({TEXT: "Hi"})


def test_an_object_of_mlflows_client_is_read_by_its_members() -> None:
    sent = Prompt(
        name="greeting",
        content=(Message("user", "Hi"),),
        model="gpt-5-mini",
        tools=[TOOL],
        template=Template.NONE,
        response_format={"type": "object"},
    )
    tags = sent_tags(sent)
    loaded = {
        "name": "greeting",
        "version": 3,
        "template": json.loads(tags.pop(TEXT)),
        "model_config": json.loads(tags.pop(MODEL)),
        "response_format": json.loads(tags.pop(RESPONSE)),
        "tags": {key: tags[key] for key in tags if key.startswith("promptsync")},
    }

    found = read_remote_prompt("mlflow", loaded)

    assert (found.prompt, found.version, found.stamp) == (sent, "3", STAMP)
    text = read_remote_prompt("mlflow", {"name": "greeting", "version": 3, "template": "Hi"})
    assert text.prompt == prompt(text="Hi")


def test_a_version_without_a_type_is_text() -> None:
    assert read({TEXT: '{"not": "a list"}'}).prompt == prompt(text='{"not": "a list"}')


def test_messages_with_escapes_and_without_content_are_read() -> None:
    messages = [
        {"role": "critic", "content": "Gr\u00fc\u00dfe"},
        {"role": "assistant", "content": None, "tool_calls": [], "name": None},
    ]

    found = read({TYPE: "chat", TEXT: json.dumps(messages)})

    assert found.prompt.content == (
        Message("critic", "Grüße"),
        Message("assistant", "", {"tool_calls": []}),
    )


@pytest.mark.parametrize(
    ("text", "template"),
    [
        ("Hi {{name}}", Template.MUSTACHE),
        ("Hi {% if x %}{{ x }}{% endif %}", Template.JINJA2),
        ("100 {% off", Template.MUSTACHE),
    ],
)
def test_the_dialect_is_the_one_that_mlflow_renders(text: str, template: Template) -> None:
    messages = json.dumps([{"role": "user", "content": text}])

    assert read({TEXT: text}).prompt.template is template
    assert read({TYPE: "chat", TEXT: messages}).prompt.template is template


def test_whole_numbers_that_became_fractions_hash_alike() -> None:
    one, other = (read({TEXT: "Hi", MODEL: f'{{"top_p": {each}}}'}) for each in ("1", "1.0"))

    assert one.content_hash == other.content_hash


def test_the_order_of_keys_is_irrelevant() -> None:
    one = read({TEXT: "Hi", MODEL: '{"top_p": 1, "model_name": "m"}'})
    other = read({TEXT: "Hi", MODEL: '{"model_name": "m", "top_p": 1}'})

    assert one.content_hash == other.content_hash


@pytest.mark.parametrize(
    "tags",
    [
        {TYPE: "chat", TEXT: "no JSON"},
        {TYPE: "chat", TEXT: '{"role": "user"}'},
        {TYPE: "chat", TEXT: '[{"content": "Hi"}]'},
        {TYPE: "chat", TEXT: "[]"},
        {TYPE: "chat", TEXT: "[" * 100_000},
        {TYPE: "audio", TEXT: "Hi"},
        {TYPE: "text"},
        {},
        {TEXT: "Hi", MODEL: "no JSON"},
        {TEXT: "Hi", MODEL: "[1]"},
        {TEXT: "Hi", MODEL: '{"temperature": NaN}'},
        {TEXT: "Hi", MODEL: '{"temperature": 1e999}'},
        {TEXT: "Hi", MODEL: f'{{"seed": {10**400}}}'},
        {TEXT: "Hi", MODEL: '{"model_name": 5}'},
        {TEXT: "Hi", RESPONSE: '"json"'},
    ],
)
def test_what_makes_no_sense_is_read_and_equals_nothing(tags: dict[str, str]) -> None:
    found = read(tags)

    assert find_unsupported(found.prompt)
    assert found.content_hash != content_hash(prompt(text=tags.get(TEXT, "")), "mlflow")


@pytest.mark.parametrize(
    "found",
    [
        None,
        [],
        {},
        {"name": 5, "version": "1"},
        version({}, version=None),
        version({}, version="latest"),
        version({}, tags=[{"key": 5}]),
        version({}, tags="text"),
        version({}, creation_timestamp=10**30),
    ],
)
def test_another_shape_is_an_error(found: object) -> None:
    with pytest.raises(RegistryAnswerError, match="in a shape that promptsync does not know"):
        read_version(found)


FIELDS = ("name", "version", "tags", "key", "value", "creation_timestamp", "user_id", "template")
TAGS = (TEXT, TYPE, MODEL, RESPONSE, "promptsync", "promptsync.metadata", "promptsync.tags")
any_json = json_of_any_shape(FIELDS)
any_tag = st.fixed_dictionaries({"key": st.sampled_from(TAGS), "value": any_json.map(json.dumps)})


@given(found=any_json, tags=any_json | st.lists(any_tag))
def test_json_of_any_shape_is_a_prompt_or_an_error(found: Any, tags: Any) -> None:
    fields = found if isinstance(found, dict) else {}
    named = {"name": "greeting", "version": "1", "tags": tags}

    for each in (found, named, {**named, **fields}, {"template": "Hi", **named, **fields}):
        with suppress(RegistryAnswerError):
            assert read_remote_prompt("mlflow", each).version


@given(
    found=st.dictionaries(st.sampled_from(("name", "tags", "aliases", "latest_versions")), any_json)
)
def test_what_passes_as_registered_can_be_looked_at(found: JsonObject) -> None:
    if is_registered(found):
        assert is_prompt(found) in (True, False)
        assert len(aliases_of(found)) <= len(found.get("aliases") or ())
        assert (latest_version(found) is None) is (not found.get("latest_versions"))


def test_what_has_no_field_in_mlflow_is_kept_in_tags_of_our_own() -> None:
    sent = prompt(
        title="Greeting",
        tags=("a", "b"),
        metadata={"team": "support", "since": 2024, "mlflow.x": "theirs"},
        tools=[TOOL],
        template=Template.NONE,
        params={"temperature": 0, "model_name": "odd", "provider": "odd"},
        registry_options={"mlflow": {"provider": "openai"}},
    )

    tags = sent_tags(sent)

    assert tags.pop("promptsync")
    assert tags == {
        "mlflow.prompt.is_prompt": "true",
        "_mlflow_prompt_type": "text",
        "mlflow.prompt.text": "Say hello to {{name}}.",
        "_mlflow_prompt_model_config": '{"provider": "openai", "temperature": 0}',
        "team": "support",
        "promptsync.title": "Greeting",
        "promptsync.tags": '["a", "b"]',
        "promptsync.metadata": '{"since": 2024, "mlflow.x": "theirs"}',
        "promptsync.tools": json.dumps([TOOL]),
        "promptsync.template": "none",
        "promptsync.params": '{"model_name": "odd", "provider": "odd"}',
    }
    assert read({**tags, "promptsync": "{}"}).prompt == sent


def test_the_commit_message_says_where_a_version_came_from() -> None:
    assert make_version(prompt(), STAMP)["description"] == "prompts/greeting.md at 333333333333"
    assert make_version(prompt(), None)["description"] == "uploaded by promptsync"


# -- what cannot be held --


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (prompt("a/b"), "the name `a/b` is not 1 to 255 letters, digits, `_`, `.` and `-`"),
        (prompt(".."), "the name `..` is not 1 to 255 letters, digits, `_`, `.` and `-`"),
        (
            prompt("x" * 256),
            f"the name `{'x' * 20}…` is not 1 to 255 letters, digits, `_`, `.` and `-`",
        ),
        (
            prompt(text="x" * 100_001),
            "the text has 100,001 characters; as many as MLflow holds are 100,000",
        ),
        (
            chat(user="\N{CJK UNIFIED IDEOGRAPH-6F22}" * 17_000),
            "the messages have 102,033 characters as MLflow counts them, in JSON that escapes "
            "all but ASCII; as many as MLflow holds are 100,000",
        ),
        (
            prompt(metadata={"notes": ["x" * 100_000]}),
            "`metadata` has 100,015 characters in JSON; as many as MLflow holds are 100,000",
        ),
        (
            prompt(description="x" * 5001),
            "`description` has more than 5,000 characters, as many as MLflow holds",
        ),
        (
            prompt(text="Hi {% if x %}{{x}}{% endif %}"),
            "MLflow renders a prompt with `{% … %}` as Jinja2: write `template: jinja2`, or "
            "`template: none` if the application does not render it",
        ),
        (Prompt(name="x", content=()), "MLflow has no chat prompt without messages"),
        (Prompt(name="x", content=(Message("", "Hi"),)), "MLflow has no message without a role"),
        (
            Prompt(name="x", content=(Message("user", [{"type": "file"}]),)),
            "MLflow has message parts of these types only: text, image_url, input_audio, reasoning",
        ),
        (
            prompt(registry_options={"mlflow": {"colour": "red"}}),
            "`mlflow: colour` is unknown: this table holds provider",
        ),
        (prompt(tools='[{"name": "x"}]'), "`tools` is the JSON text of a list: write it as a list"),
        (prompt(text="a\0b"), "MLflow cannot hold the character NUL"),
    ],
)
def test_what_mlflow_cannot_hold_is_said_in_a_sentence(sent: Prompt, sentence: str) -> None:
    assert find_unsupported(sent) == [sentence]


@pytest.mark.parametrize(
    "sent",
    [
        prompt(text="\N{CJK UNIFIED IDEOGRAPH-6F22}" * 90_000),
        chat(user="\N{CJK UNIFIED IDEOGRAPH-6F22}" * 16_000),
        chat(critic="Any role is fine."),
        prompt(text="Hi {% if x %}", template=Template.NONE),
        prompt(metadata={"x" * 300: "a key too long for a tag"}),
    ],
)
def test_what_fits_is_held(sent: Prompt) -> None:
    assert find_unsupported(sent) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}])
def test_a_value_that_json_cannot_hold_is_named(value: object) -> None:
    (sentence,) = find_unsupported(prompt(params={"x": value}))

    assert sentence.startswith("it holds a value that JSON cannot")


def test_half_a_surrogate_pair_is_refused() -> None:
    assert find_unsupported(prompt(text="\ud800"))


# -- addresses and logins --


@pytest.mark.parametrize(
    "uri",
    ["databricks", "databricks://profile", "databricks-uc", "databricks-uc://prod", "uc:http://x"],
)
def test_databricks_is_refused_with_a_sentence(uri: str) -> None:
    with pytest.raises(ConfigError, match="its Unity Catalog keeps prompts behind another API"):
        MlflowRegistry(tracking_uri="http://127.0.0.1:5000", registry_uri=uri)


@pytest.mark.parametrize(
    "uri", ["sqlite:///mlflow.db", "postgresql://user:secret@db/mlflow", "./mlruns", "http://", ""]
)
def test_what_is_no_server_is_refused_with_the_way_out(uri: str) -> None:
    with pytest.raises(ConfigError) as refused:
        checked_url(uri, MlflowLogin())

    assert "mlflow server" in (refused.value.hint or "")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "uri",
    [
        "http://[::1",
        "http://host:port",
        "http://ada:12/secret@host",
        "http://ada:12?secret@host",
        "http://ada:12#secret@host",
    ],
)
def test_a_broken_address_is_refused(uri: str) -> None:
    with pytest.raises(ConfigError, match="is no address") as refused:
        checked_url(uri, MlflowLogin())

    assert "secret" not in str(refused.value)


def test_an_address_keeps_its_path_and_loses_its_login() -> None:
    url, login = checked_url("https://ada:s%40cret@example.com:8443/mlflow/?x=1", MlflowLogin())

    assert url == "https://example.com:8443/mlflow"
    assert login == MlflowLogin(username="ada", password="s@cret")  # noqa: S106


def test_a_name_and_a_password_beat_a_token() -> None:
    login = MlflowLogin(username="ada", password="secret", token="token")  # noqa: S106

    sent = credentials(login)

    assert sent.headers == {"authorization": f"Basic {b64encode(b'ada:secret').decode()}"}
    assert credentials(MlflowLogin(token="token")).headers == {  # noqa: S106
        "authorization": "Bearer token"
    }
    assert credentials(MlflowLogin()).headers == {}
    assert "secret" not in repr((login, sent))


def test_a_registry_needs_an_address() -> None:
    with pytest.raises(ConfigError, match="needs a `tracking-uri`"):
        MlflowRegistry()


def test_the_address_is_for_people() -> None:
    registry = MlflowRegistry(tracking_uri="https://ada:secret@example.com/mlflow/")

    assert registry.address == "mlflow (example.com/mlflow)"
