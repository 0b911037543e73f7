"""Answers that are wrong and no outage: another prompt, half a prompt, another version."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from promptsync.errors import InvalidContentError, RegistryAnswerError
from promptsync.fetching import fetch
from promptsync.registries.base import Registry
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.registries.opik import OpikRegistry
from promptsync.remote_prompt import STAMP_KEY
from promptsync.stamp_check import check_stamp
from tests.builders import prompt
from tests.fakes.braintrust import BraintrustServer
from tests.fakes.opik import OpikServer
from tests.fakes.service.exchange import Request, Response, Serve, json_response
from tests.mlflow_relay import MlflowRelay
from tests.mlflow_server import MlflowServer, needs_mlflow
from tests.registries.contract import STAMP

pytestmark = pytest.mark.network

Change = Callable[[Any], Any]


@dataclass(frozen=True)
class Changes:
    """Changes the answers that it meets."""

    change: Change
    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        response = serve(request)
        found = json.loads(response.body)
        return json_response(self.change(found)) if response.status == 200 else response


def latest(registry: Registry) -> object:
    return fetch(registry, "greeting", alias=None, version=None)


def without(key: str) -> Change:
    return lambda found: {name: each for name, each in found.items() if name != key}


def replaced(**values: object) -> Change:
    return lambda found: {**found, **values}


# -- Braintrust --


def first_object(change: Change) -> Changes:
    return Changes(
        lambda found: {"objects": [change(each) for each in found["objects"]]}, "GET /v1/prompt"
    )


def test_another_slug_of_braintrust_is_named_with_the_one_that_was_asked_for(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(first_object(replaced(slug="farewell")))

    with pytest.raises(InvalidContentError, match="`farewell` where `greeting` was asked for"):
        latest(braintrust)


@pytest.mark.parametrize(
    "change",
    [
        without("_xact_id"),
        replaced(prompt_data="Say hello"),
        replaced(prompt_data={"prompt": {"type": "chat"}}),
        replaced(prompt_data={"prompt": {"type": "chat", "messages": "Say hello"}}),
        replaced(prompt_data={"prompt": {"type": "chat", "messages": [{"content": "Hello"}]}}),
        replaced(prompt_data={"prompt": {"type": "completion", "content": 7}}),
        replaced(prompt_data={"options": {"params": [1]}}),
        replaced(metadata="none"),
    ],
    ids=["no version", "a text", "no messages", "text", "no role", "a number", "a list", "details"],
)
def test_half_a_prompt_of_braintrust_is_no_answer(
    service: BraintrustServer, braintrust: BraintrustRegistry, change: Change
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(first_object(change))

    with pytest.raises(RegistryAnswerError, match="in a shape that promptsync does not know"):
        latest(braintrust)


@pytest.mark.parametrize(
    "change",
    [without("prompt_data"), replaced(prompt_data={"prompt": {"type": "completion"}})],
    ids=["no data", "no text"],
)
def test_a_prompt_of_braintrust_without_its_content_is_not_served(
    service: BraintrustServer, braintrust: BraintrustRegistry, change: Change
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(first_object(change))

    with pytest.raises(InvalidContentError, match=r"`greeting` in braintrust .* has no content"):
        latest(braintrust)


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"prompt": {"type": "completion", "content": "Hi"}, "template_format": "liquid"}, "templ"),
        ({"prompt": {"type": "audio", "content": "Hi"}}, "prompt"),
    ],
)
def test_a_form_that_is_newer_than_promptsync_is_not_guessed_at(
    service: BraintrustServer, braintrust: BraintrustRegistry, data: dict[str, Any], names: str
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(first_object(replaced(prompt_data=data)))

    with pytest.raises(InvalidContentError, match=f"does not know: `{names}") as raised:
        latest(braintrust)
    assert raised.value.hint == "a newer promptsync may know it"


def test_what_was_uploaded_without_content_is_served(braintrust: BraintrustRegistry) -> None:
    empty = braintrust.save_prompt(prompt(text=""), None)
    stamp = STAMP.__class__(**{**STAMP.to_json(), "content_hash": empty.content_hash})
    braintrust.save_prompt(prompt(text=""), stamp)

    assert latest(braintrust) is not None


def test_a_stamp_of_a_future_format_is_none(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(first_object(replaced(metadata={STAMP_KEY: {**STAMP.to_json(), "format": 2}})))

    found = fetch(braintrust, "greeting", alias=None, version=None)

    assert found.stamp is None
    assert "has no stamp that promptsync can read" in (check_stamp(found) or "")


# -- Opik --

READING = "GET /v1/private/prompts/*"


def test_another_name_of_opik_is_named_with_the_one_that_was_asked_for(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(), STAMP)
    opik_service.inject(Changes(replaced(name="farewell"), READING))

    with pytest.raises(InvalidContentError, match="`farewell` where `greeting` was asked for"):
        latest(opik)


def latest_version(change: Change) -> Changes:
    return Changes(
        lambda found: {**found, "latest_version": change(found["latest_version"])}, READING
    )


@pytest.mark.parametrize(
    "change",
    [
        without("template"),
        replaced(template=["Hello"]),
        without("version_number"),
        replaced(version_number=3),
        lambda _: "Hello",
    ],
    ids=["no template", "a list", "no number", "a number", "a text"],
)
def test_half_a_prompt_of_opik_is_no_answer(
    opik_service: OpikServer, opik: OpikRegistry, change: Change
) -> None:
    opik.save_prompt(prompt(), STAMP)
    opik_service.inject(latest_version(change))

    with pytest.raises(RegistryAnswerError, match="in a shape that promptsync does not know"):
        latest(opik)


def test_a_dialect_of_opik_that_promptsync_does_not_render_is_not_served(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(), STAMP)
    opik_service.inject(latest_version(replaced(type="python")))

    with pytest.raises(InvalidContentError, match="does not know: `type`"):
        latest(opik)


def test_an_environment_of_opik_that_answers_another_version_is_no_answer(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    versions = [opik.save_prompt(prompt(text=text), STAMP).version for text in ("old", "new")]
    opik.set_alias("greeting", "production", versions[0])
    opik.set_alias("greeting", "staging", versions[1])
    opik_service.inject(
        Changes(lambda found: {**found, "requested_version": found["latest_version"]}, READING)
    )

    with pytest.raises(RegistryAnswerError, match="where `production` does not point"):
        fetch(opik, "greeting", alias="production", version=None)


def test_a_number_of_opik_that_answers_another_version_is_no_answer(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(), STAMP)
    opik_service.inject(Changes(replaced(version_number="v9"), "POST */versions/retrieve"))

    with pytest.raises(RegistryAnswerError, match="version v9 where version v1 was asked for"):
        fetch(opik, "greeting", alias=None, version="1")


# -- MLflow --


def registered(change: Change) -> Changes:
    return Changes(
        lambda found: {"registered_model": change(found["registered_model"])},
        "GET */registered-models/get",
    )


def newest(change: Change) -> Changes:
    return registered(
        lambda found: {
            **found,
            "latest_versions": [change(each) for each in found["latest_versions"]],
        }
    )


@needs_mlflow
@pytest.mark.vendor
class TestMlflow:
    def test_another_name_is_named_with_the_one_that_was_asked_for(
        self, relay: MlflowRelay, relayed: MlflowRegistry
    ) -> None:
        relayed.save_prompt(prompt(), STAMP)
        relay.inject(registered(replaced(name="farewell")), "*")

        with pytest.raises(InvalidContentError, match="`farewell` where `greeting` was asked for"):
            latest(relayed)

    @pytest.mark.parametrize(
        "change",
        [without("version"), replaced(version=3), replaced(tags="none"), without("name")],
        ids=["no version", "a number", "no tags", "no name"],
    )
    def test_half_a_prompt_is_no_answer(
        self, relay: MlflowRelay, relayed: MlflowRegistry, change: Change
    ) -> None:
        relayed.save_prompt(prompt(), STAMP)
        relay.inject(newest(change), "*")

        with pytest.raises(RegistryAnswerError, match="in a shape that promptsync does not know"):
            latest(relayed)

    @pytest.mark.parametrize(
        ("tag", "value", "part"),
        [
            ("_mlflow_prompt_type", "audio", "type"),
            ("_mlflow_prompt_type", "chat", "type"),
            ("_mlflow_prompt_model_config", '"gpt"', "model_config"),
            ("_mlflow_prompt_response_format", "[]", "response_format"),
        ],
    )
    def test_a_form_that_is_not_known_is_not_guessed_at(
        self, mlflow_service: MlflowServer, mlflow: MlflowRegistry, tag: str, value: str, part: str
    ) -> None:
        mlflow.save_prompt(prompt(), STAMP)
        mlflow_service.set_tag("greeting", "1", tag, value)

        with pytest.raises(InvalidContentError, match=f"does not know: `{part}`"):
            latest(mlflow)

    @pytest.mark.parametrize("which", ["alias", "version"])
    def test_another_version_than_was_asked_for_is_no_answer(
        self, mlflow_service: MlflowServer, relay: MlflowRelay, relayed: MlflowRegistry, which: str
    ) -> None:
        for text in ("old", "new"):
            relayed.save_prompt(prompt(text=text), STAMP)
        relayed.set_alias("greeting", "production", "1")
        relayed.set_alias("greeting", "staging", "2")
        other = mlflow_service.ask("GET", "registered-models/alias?name=greeting&alias=staging")
        relay.inject(Changes(lambda _: other), "*")
        alias, version = ("production", None) if which == "alias" else (None, "1")

        with pytest.raises(RegistryAnswerError, match="MLflow answered with version 2 of `greet"):
            fetch(relayed, "greeting", alias=alias, version=version)
