"""What one answer of Opik proves: it names no prompt and no project, the stamp in it does."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from promptsync.content_hash import content_hash
from promptsync.errors import InvalidContentError, UnknownAliasError, UnknownPromptError
from promptsync.fetching import fetch
from promptsync.registries.opik import OpikRegistry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt
from tests.fakes.opik import FallsBackToWorkspace, OpikServer
from tests.fakes.service.exchange import Request, Response, Serve, json_response
from tests.registries.conftest import OpenOpik
from tests.registries.contract import STAMP

pytestmark = pytest.mark.network

RETRIEVE = "POST */prompts/versions/retrieve"


@dataclass(frozen=True)
class Asks:
    """Another release or a faulty one: reads another question than was sent."""

    change: Callable[[dict[str, Any]], dict[str, Any]]
    on: str = RETRIEVE

    def __call__(self, request: Request, serve: Serve) -> Response:
        body = self.change(json.loads(request.body))
        return serve(replace(request, body=json.dumps(body).encode()))


@dataclass(frozen=True)
class Omits:
    """Another release: says less of the version that it found."""

    key: str
    on: str = RETRIEVE

    def __call__(self, request: Request, serve: Serve) -> Response:
        response = serve(request)
        found = json.loads(response.body)
        found.pop(self.key, None)
        return json_response(found, status=response.status)


def save(registry: OpikRegistry, text: str, name: str = "greeting") -> RemotePrompt:
    """Upload a prompt with the stamp of its content."""
    made = prompt(name, text)
    stamp = replace(STAMP, content_hash=content_hash(made, "opik"))
    return registry.save_prompt(made, stamp)


def fill(registry: OpikRegistry) -> None:
    """Upload two versions, the older one in production and the newer one in staging."""
    for text, environment in (("old", "production"), ("new", "staging")):
        registry.set_alias("greeting", environment, save(registry, text).version)


WAYS = {
    "latest": ({"alias": None, "version": None}, "new"),
    "alias": ({"alias": "production", "version": None}, "old"),
    "version": ({"alias": None, "version": "1"}, "old"),
}


def load(registry: OpikRegistry, which: str, name: str = "greeting") -> object:
    """Load one version as an application does."""
    return fetch(registry, name, **WAYS[which][0]).prompt.content  # type: ignore[arg-type]  # of each its own


def asked(service: OpikServer) -> list[str]:
    """Return what was asked since the last time."""
    found = [f"{each.method} {each.path.removeprefix('/v1/private/')}" for each in service.requests]
    service.requests.clear()
    return found


def prompt_id(service: OpikServer) -> str:
    return service.store.prompt_named("greeting").id


BY_NAME = "POST prompts/versions/retrieve"
PROJECT = "POST projects/retrieve"


@pytest.fixture
def filled(opik_service: OpikServer, open_opik: OpenOpik) -> OpikServer:
    """Return a service where the project Trader has two versions of one prompt."""
    fill(open_opik())
    opik_service.requests.clear()
    return opik_service


@pytest.mark.parametrize("which", WAYS)
def test_a_prompt_that_was_uploaded_is_one_request_to_a_process_that_knows_nothing(
    filled: OpikServer, opik: OpikRegistry, which: str
) -> None:
    assert load(opik, which) == WAYS[which][1]
    assert asked(filled) == [BY_NAME]


def test_the_next_look_of_the_same_process_is_by_ids(
    filled: OpikServer, opik: OpikRegistry
) -> None:
    by_id = f"GET prompts/{prompt_id(filled)}"

    looks = [(load(opik, "alias"), asked(filled)) for _ in range(3)]

    assert looks == [("old", [BY_NAME]), ("old", [PROJECT, by_id]), ("old", [by_id])]


def test_what_an_upload_says_of_its_prompt_is_true(filled: OpikServer) -> None:
    (stored,) = filled.store.prompts

    assert uuid.UUID(stored.id).version == 7
    for version in stored.versions:
        assert isinstance(version.metadata, dict)
        own = version.metadata["promptsync"]
        assert isinstance(own, dict)
        assert (own["project"], own["name"], own["prompt_id"]) == ("Trader", "greeting", stored.id)


# -- what proves nothing is asked for by ids --


def test_what_an_application_wrote_is_found_by_ids(filled: OpikServer, opik: OpikRegistry) -> None:
    filled.person.application_writes("greeting", "from a notebook")

    assert load(opik, "latest") == "from a notebook"
    assert asked(filled) == [BY_NAME, f"GET prompts/{prompt_id(filled)}", PROJECT]


def test_text_that_was_edited_below_its_stamp_is_found_by_ids(
    filled: OpikServer, opik: OpikRegistry
) -> None:
    filled.person.edits("greeting", "from the web interface")

    assert load(opik, "latest") == "from the web interface"
    assert asked(filled) == [BY_NAME, f"GET prompts/{prompt_id(filled)}", PROJECT]


def test_a_prompt_that_was_renamed_is_found_by_ids(filled: OpikServer, opik: OpikRegistry) -> None:
    filled.store.prompts.update(filled.store.prompt_named("greeting"), {"name": "welcome"})

    assert load(opik, "latest", "welcome") == "new"
    assert len(asked(filled)) == 3
    with pytest.raises(UnknownPromptError):
        load(opik, "latest")


def test_a_project_that_was_renamed_is_found_by_ids(
    filled: OpikServer, open_opik: OpenOpik
) -> None:
    filled.store.projects.rename(filled.project("Trader"), "Broker")

    assert load(open_opik(project="Broker"), "alias") == "old"
    assert len(asked(filled)) == 3


@pytest.mark.parametrize("key", ["environments", "template_structure", "metadata"])
def test_an_answer_that_says_less_is_asked_for_by_ids(
    filled: OpikServer, opik: OpikRegistry, key: str
) -> None:
    filled.inject(Omits(key))

    assert load(opik, "alias") == "old"
    assert len(asked(filled)) == 3


def test_a_release_without_environments_in_its_question_serves_no_other_version(
    filled: OpikServer, opik: OpikRegistry
) -> None:
    filled.inject(Asks(lambda body: {key: body[key] for key in body if key != "environment"}))

    assert load(opik, "alias") == "old"
    with pytest.raises(UnknownAliasError):
        fetch(opik, "greeting", alias="development", version=None)


# -- another prompt is never taken --


@pytest.mark.parametrize("which", WAYS)
def test_an_answer_with_another_prompt_is_refused(
    filled: OpikServer, open_opik: OpenOpik, which: str
) -> None:
    writer = open_opik()
    for environment in ("production", "staging"):
        writer.set_alias("farewell", environment, save(writer, "bye", "farewell").version)
    filled.inject(Asks(lambda body: {**body, "name": "farewell"}))

    with pytest.raises(InvalidContentError, match="`farewell` where `greeting` was asked for"):
        load(open_opik(), which)


@pytest.mark.parametrize("which", WAYS)
def test_the_prompt_of_another_project_is_never_taken(
    filled: OpikServer, open_opik: OpenOpik, which: str
) -> None:
    filled.inject(FallsBackToWorkspace())
    filled.project("Screener")

    with pytest.raises(UnknownPromptError):
        load(open_opik(project="Screener"), which)


@pytest.mark.parametrize("which", WAYS)
def test_a_copy_in_another_project_with_its_stamp_and_all_is_never_taken(
    filled: OpikServer, opik: OpikRegistry, which: str
) -> None:
    original = filled.store.prompt_named("greeting")
    copy = filled.store.prompts.create("greeting", filled.project("Screener").id, {})
    for version in original.versions:
        copied = {"template": version.template, "metadata": version.metadata}
        filled.store.environments.assign(
            filled.store.prompts.append(copy, {**copied, "type": version.type}), ["production"]
        )
    filled.store.prompts.delete(original.id)
    filled.inject(FallsBackToWorkspace())

    with pytest.raises(UnknownPromptError):
        load(opik, which)


def test_a_project_whose_name_another_one_took_is_noticed_at_the_next_look(
    filled: OpikServer, opik: OpikRegistry
) -> None:
    filled.inject(FallsBackToWorkspace())
    filled.store.projects.rename(filled.project("Trader"), "Broker")
    filled.project("Trader")

    assert load(opik, "latest") == "new"
    with pytest.raises(UnknownPromptError):
        load(opik, "latest")
