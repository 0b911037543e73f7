"""MLflow over a real `mlflow server`: the contract, and what is particular about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import pytest

from promptsync.content_hash import content_hash
from promptsync.errors import (
    MovedError,
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.experiment import Experiment
from promptsync.prompt import Template
from promptsync.registries.base import Registry
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.registries.mlflow_address import MlflowLogin
from promptsync.registries.mlflow_api import LOOK_SECONDS, WRITE_SECONDS
from promptsync.remote_prompt import RemotePrompt
from tests.builders import chat, prompt
from tests.fakes.braintrust import (
    AnswersHtml,
    CutsOff,
    Hangs,
    Meanwhile,
    RateLimited,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    TruncatesJson,
    unavailable,
)
from tests.fakes.service.exchange import Request, Response, Serve, json_response
from tests.fakes.service.faults import Fault
from tests.mlflow_relay import MlflowRelay
from tests.mlflow_server import MlflowServer, needs_mlflow
from tests.registries.conftest import OpenMlflow
from tests.registries.contract import STAMP, DeleteVersion, EditRemotely, RegistryContract, Reopen
from tests.registries.serving import unused_address

pytestmark = [pytest.mark.network, pytest.mark.vendor, needs_mlflow]

TEXT = "mlflow.prompt.text"
MODEL = "_mlflow_prompt_model_config"

# Nobody waits for an answer that a fault takes away.
IMPATIENT = 0.4


class TestMlflow(RegistryContract):
    @pytest.fixture
    def registry(self, mlflow: MlflowRegistry) -> Registry:
        return mlflow

    @pytest.fixture
    def reopen(self, open_mlflow: OpenMlflow) -> Reopen:
        return open_mlflow

    @pytest.fixture
    def edit_remotely(self, mlflow_service: MlflowServer) -> EditRemotely:
        return mlflow_service.edit

    @pytest.fixture
    def delete_version(self, mlflow_service: MlflowServer) -> DeleteVersion:
        return mlflow_service.delete_version


def save(registry: Registry, name: str = "greeting", **fields: Any) -> RemotePrompt:
    return registry.save_prompt(prompt(name, **fields), STAMP)


def latest(registry: Registry, name: str = "greeting") -> RemotePrompt:
    found = registry.get_prompt(name)
    assert found is not None
    return found


def by_name(found: Any) -> list[RemotePrompt]:
    return sorted(found, key=lambda each: each.name)


# -- how many requests --


def test_a_listing_is_one_request(relay: MlflowRelay, relayed: MlflowRegistry) -> None:
    stored = [save(relayed, name) for name in ("a", "b", "c")]
    relay.requests.clear()

    assert by_name(relayed.list_prompts(wanted=lambda: ["a", "b", "c"])) == stored
    assert relay.asked == ["GET registered-models/search"]


def test_a_new_version_is_written_by_one_request(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    save(relayed)
    relay.requests.clear()

    save(relayed, text="Good morning")

    look = "GET registered-models/get"
    assert relay.asked == [look, "POST model-versions/create", look]


def test_a_new_prompt_is_written_by_two_requests(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    save(relayed, description="Says hello")

    look = "GET registered-models/get"
    creation = ["POST registered-models/create", "POST model-versions/create"]
    assert relay.asked == [look, *creation, look]


def test_prompts_by_alias_are_two_requests(relay: MlflowRelay, relayed: MlflowRegistry) -> None:
    names = ["a", "b", "c"]
    stored = [save(relayed, name, text="old") for name in names]
    for each in stored:
        relayed.set_alias(each.name, "production", each.version)
    save(relayed, "a", text="new")
    relay.requests.clear()

    assert by_name(relayed.get_prompts(names, alias="production")) == stored
    assert relay.asked == ["GET registered-models/search", "GET model-versions/search"]
    assert list(relayed.get_prompts([])) == []


def test_aliases_are_one_request(relay: MlflowRelay, relayed: MlflowRegistry) -> None:
    for name in ("a", "b"):
        relayed.set_alias(name, "production", save(relayed, name).version)
    relay.requests.clear()

    assert relayed.list_aliases(["a", "b"]) == {
        "a": {"production": "1"},
        "b": {"production": "1"},
    }
    assert relay.asked == ["GET registered-models/search"]


def test_many_names_are_found_by_listing_everything(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    stored = save(relayed)
    names = [f"{'x' * 200}-{number}" for number in range(40)]
    relay.requests.clear()

    assert list(relayed.get_prompts([*names, "greeting"])) == [stored]
    assert relay.asked == ["GET registered-models/search"]


def test_no_reading_writes(relay: MlflowRelay, relayed: MlflowRegistry) -> None:
    relayed.set_alias("greeting", "production", save(relayed).version)
    relay.requests.clear()

    list(relayed.list_prompts())
    relayed.get_prompt("greeting", alias="production")
    relayed.list_versions("greeting")
    relayed.list_aliases(["greeting"])
    relayed.list_experiments("greeting")

    # MLflow's searches are POST. The last is for traces of runs, which other tests may have left.
    searches = {
        "/api/2.0/mlflow/experiments/search",
        "/api/2.0/mlflow/runs/search",
        "/api/3.0/mlflow/traces/search",
    }
    assert len(relay.requests) >= 5
    asked = {f"{each.method} {each.path}" for each in relay.requests if each.path not in searches}
    assert {each for each in asked if not each.startswith("GET ")} == set()


@dataclass(frozen=True)
class SmallPages:
    """Sends so many prompts to a page, whatever was asked for."""

    size: str = "2"
    on: str = "GET /api/2.0/mlflow/registered-models/search"

    def __call__(self, request: Request, serve: Serve) -> Response:
        query = [
            (key, self.size if key == "max_results" else value) for key, value in request.query
        ]
        return serve(replace(request, query=tuple(query)))


def test_pages_are_read_to_the_end(relay: MlflowRelay, relayed: MlflowRegistry) -> None:
    stored = [save(relayed, name) for name in "abcde"]
    relay.inject(SmallPages())

    assert by_name(relayed.list_prompts()) == stored
    assert by_name(relayed.list_prompts(wanted=lambda: ["a", "unknown"])) == stored
    assert by_name(relayed.get_prompts(["a", "b", "e"])) == [stored[0], stored[1], stored[4]]


def test_a_prompt_that_slips_to_a_page_that_was_read_is_looked_for(
    relay: MlflowRelay, relayed: MlflowRegistry, mlflow: MlflowRegistry
) -> None:
    stored = [save(mlflow, name) for name in "abcd"]
    relay.inject(SmallPages())
    deletion = Meanwhile(lambda: mlflow.delete_prompt("a"))
    relay.inject(deletion, "GET registered-models/search", times=1)

    found = by_name(relayed.list_prompts(wanted=lambda: ["c"]))

    assert [each.name for each in found] == ["a", "b", "c", "d"]
    assert found[2] == stored[2]


def test_a_prompt_that_comes_on_two_pages_is_listed_once(
    relay: MlflowRelay, relayed: MlflowRegistry, mlflow: MlflowRegistry
) -> None:
    for name in "bcde":
        save(mlflow, name)
    relay.inject(SmallPages())
    relay.inject(Meanwhile(lambda: save(mlflow, "a")), "GET registered-models/search", times=1)

    assert [each.name for each in by_name(relayed.list_prompts())] == ["b", "c", "d", "e"]


# -- what others write --


def test_a_text_that_was_rewritten_by_tag_has_another_hash(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    stored = save(mlflow)

    mlflow_service.set_tag("greeting", stored.version, TEXT, "TAMPERED")

    found = latest(mlflow)
    assert (found.version, found.stamp, found.created) == (
        stored.version,
        stored.stamp,
        stored.created,
    )
    assert found.content_hash == content_hash(prompt(text="TAMPERED"))
    assert [each.content_hash for each in mlflow.list_prompts()] == [found.content_hash]


def test_a_model_that_was_changed_by_tag_has_another_hash(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    stored = save(mlflow, model="gpt-5-mini")

    mlflow_service.set_tag("greeting", stored.version, MODEL, '{"model_name": "gpt-5"}')

    assert latest(mlflow).prompt == prompt(model="gpt-5")


def test_a_version_that_somebody_else_wrote_keeps_the_stamp_before_it(
    mlflow_service: MlflowServer,
    mlflow: MlflowRegistry,
    relay: MlflowRelay,
    relayed: MlflowRegistry,
) -> None:
    save(mlflow, "other")
    save(mlflow, title="Greeting", metadata={"team": "support", "since": 2024})
    mlflow_service.add_version("greeting", **{TEXT: "from a notebook", "by": "ada"})

    (found, _) = sorted(relayed.list_prompts(), key=lambda each: each.name)

    assert relay.asked == ["GET registered-models/search", "GET model-versions/search"]
    assert found.stamp == STAMP
    assert found.prompt == prompt(
        text="from a notebook",
        title="Greeting",
        metadata={"team": "support", "since": 2024, "by": "ada"},
    )
    assert found == latest(mlflow) == mlflow.list_versions("greeting")[0]
    assert found == mlflow.get_prompt("greeting", version="2")


def test_what_an_application_no_longer_gets_is_not_made_up(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    save(mlflow, model="gpt-5-mini", params={"seed": 7}, template=Template.NONE, tools=[{"a": 1}])

    mlflow_service.add_version("greeting", **{TEXT: "Hi"})

    assert latest(mlflow).prompt == prompt(text="Hi")


def test_an_older_version_does_not_know_a_stamp_after_it(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    mlflow_service.add_prompt("greeting")
    mlflow_service.add_version("greeting", **{TEXT: "from a notebook"})
    stored = save(mlflow)

    older = mlflow.get_prompt("greeting", version="1")

    assert older is not None
    assert older.stamp is None
    assert mlflow.list_versions("greeting") == [stored, older]


def test_who_wrote_before_is_not_asked_for_what_nobody_wants(
    mlflow_service: MlflowServer, relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    mlflow_service.add_prompt("theirs")
    mlflow_service.add_version("theirs", **{TEXT: "Hi"})

    (found,) = relayed.list_prompts(wanted=lambda: ["greeting"])

    assert found.stamp is None
    assert relay.asked == ["GET registered-models/search"]


def test_a_prompt_without_versions_is_no_prompt_yet(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    mlflow_service.add_prompt("greeting")

    assert list(mlflow.list_prompts()) == []
    assert mlflow.get_prompt("greeting") is None
    assert list(mlflow.get_prompts(["greeting"])) == []
    assert list(mlflow.list_versions("greeting")) == []
    assert mlflow.save_prompt(prompt(), STAMP, replaces=None).version == "1"


def test_a_description_that_somebody_changed_is_the_prompts(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    stored = save(mlflow, description="Says hello")
    body = {"name": "greeting", "description": "Says good-bye"}
    mlflow_service.ask("PATCH", "registered-models/update", body)

    found = latest(mlflow)

    assert found.prompt.description == "Says good-bye"
    assert found.content_hash == stored.content_hash
    assert save(mlflow, description="Says hello").prompt.description == "Says hello"


# -- a name that belongs to a model --


@pytest.fixture
def model(mlflow_service: MlflowServer) -> Iterator[str]:
    """Return the name of a registered model with one version."""
    mlflow_service.ask("POST", "registered-models/create", {"name": "greeting"})
    body = {"name": "greeting", "source": "s3://bucket/model"}
    mlflow_service.ask("POST", "model-versions/create", body)
    yield "greeting"
    found = mlflow_service.latest("greeting")
    assert (found["version"], found.get("tags"), found.get("aliases")) == ("1", None, None)


@pytest.mark.parametrize("use", ["save", "promote", "rename"])
def test_a_models_name_is_refused(mlflow: MlflowRegistry, model: str, use: str) -> None:
    with pytest.raises(RegistryRefusedError, match=f"`{model}` is the name of a model") as refused:
        USES[use](mlflow)

    assert "another name there" in (refused.value.hint or "")


def test_a_model_is_no_prompt_and_is_left_alone(mlflow: MlflowRegistry, model: str) -> None:
    save(mlflow, "other")

    mlflow.delete_prompt(model)

    assert [each.name for each in mlflow.list_prompts()] == ["other"]
    assert mlflow.get_prompt(model) is None
    assert mlflow.get_prompt(model, version="1") is None
    assert list(mlflow.get_prompts([model])) == []
    assert list(mlflow.list_versions(model)) == []
    assert mlflow.list_aliases([model]) == {}
    with pytest.raises(RegistryRefusedError, match="has something of the name"):
        mlflow.rename_prompt("other", model)


# -- names and aliases --


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "x' OR name = 'greeting", 'a"b', "größe"])
def test_a_name_is_data(mlflow: MlflowRegistry, name: str) -> None:
    save(mlflow)

    assert mlflow.get_prompt(name) is None
    assert list(mlflow.get_prompts([name])) == []
    assert list(mlflow.list_versions(name)) == []
    assert mlflow.list_aliases([name]) == {}
    assert list(mlflow.list_experiments(name)) == []


@pytest.mark.parametrize("alias", ["latest", "Latest", "v3", "V3", "a/b", "a b", "x" * 256, ""])
def test_what_cannot_be_an_alias_is_refused_without_a_request(
    relay: MlflowRelay, relayed: MlflowRegistry, alias: str
) -> None:
    for ask in (
        lambda: relayed.set_alias("greeting", alias, "1"),
        lambda: relayed.get_prompt("greeting", alias=alias),
        lambda: list(relayed.get_prompts(["greeting"], alias=alias)),
    ):
        with pytest.raises(RegistryRefusedError, match="MLflow takes no alias"):
            ask()
    assert relay.asked == []


@pytest.mark.parametrize("alias", ["latest-2", "v3a", "v", "käse", "x" * 255])
def test_what_mlflow_takes_for_an_alias_is_not_refused(mlflow: MlflowRegistry, alias: str) -> None:
    stored = save(mlflow)

    mlflow.set_alias("greeting", alias, stored.version)

    assert mlflow.get_prompt("greeting", alias=alias) == stored


@pytest.mark.parametrize("version", ["2", "0", "01", "latest", ""])
def test_an_alias_cannot_point_at_an_unknown_version(mlflow: MlflowRegistry, version: str) -> None:
    save(mlflow)

    with pytest.raises(RegistryRefusedError):
        mlflow.set_alias("greeting", "production", version)


# -- several at once --


def test_writers_that_register_the_same_new_prompt_all_succeed(
    open_mlflow: OpenMlflow, mlflow: MlflowRegistry
) -> None:
    texts = [f"text {number}" for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda text: save(open_mlflow(), text=text), texts))

    assert [each.prompt.content for each in stored] == texts
    assert len(mlflow.list_versions("greeting")) == 8


@pytest.mark.parametrize("theirs", ["1", "2"])
def test_of_two_who_set_an_alias_at_once_the_refused_one_looks_where_it_points(
    relay: MlflowRelay, relayed: MlflowRegistry, mlflow: MlflowRegistry, theirs: str
) -> None:
    save(mlflow, text="one")
    save(mlflow, text="two")
    path = "POST registered-models/alias"
    relay.inject(Refused(400, "UNIQUE constraint failed"), path, times=1)
    relay.inject(Meanwhile(lambda: mlflow.set_alias("greeting", "live", theirs)), path, times=1)

    with nullcontext() if theirs == "1" else pytest.raises(RegistryRefusedError):
        relayed.set_alias("greeting", "live", "1")

    assert mlflow.list_aliases(["greeting"]) == {"greeting": {"live": theirs}}


def test_a_prompt_that_somebody_registers_meanwhile_has_moved(
    relay: MlflowRelay, relayed: MlflowRegistry, mlflow: MlflowRegistry
) -> None:
    relay.inject(
        Meanwhile(lambda: save(mlflow, text="theirs")), "GET registered-models/get", times=1
    )

    with pytest.raises(MovedError) as moved:
        relayed.save_prompt(prompt(text="mine"), STAMP, replaces=None)

    assert moved.value.current == latest(mlflow)
    assert [each.prompt.content for each in mlflow.list_versions("greeting")] == ["theirs"]


def test_a_write_is_read_back_by_its_own_number(
    relay: MlflowRelay, relayed: MlflowRegistry, mlflow: MlflowRegistry
) -> None:
    theirs = Meanwhile(lambda: save(mlflow, text="theirs"))
    relay.inject(theirs, "POST model-versions/create", times=1)

    assert save(relayed, text="mine").prompt.content == "mine"
    assert latest(mlflow).prompt.content == "theirs"


# -- lost answers --

WRITES = ["registered-models/create", "model-versions/create"]


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("fault", [ResetAfterApplying(), TruncatesJson(), CutsOff()])
def test_a_write_whose_answer_was_lost_is_looked_at_and_not_repeated(
    relay: MlflowRelay, relayed: MlflowRegistry, path: str, fault: Fault
) -> None:
    relay.inject(fault, f"POST {path}", times=1)

    stored = save(relayed)

    assert relayed.list_versions("greeting") == [stored]
    assert relay.asked.count(f"POST {path}") == 1


@pytest.mark.parametrize("path", WRITES)
def test_a_write_that_did_not_happen_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry, path: str
) -> None:
    relay.inject(ResetBeforeApplying(), f"POST {path}")

    with pytest.raises(RegistryUnavailableError):
        save(relayed)

    assert list(relayed.list_versions("greeting")) == []


def test_an_equal_version_before_is_not_taken_for_the_lost_one(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    stored = save(relayed)
    relay.inject(ResetBeforeApplying(), "POST model-versions/create")

    with pytest.raises(RegistryUnavailableError, match="`greeting` may not be stored") as lost:
        save(relayed)

    assert lost.value.hint == "run the same command again: it goes on where this one stopped"
    assert relayed.list_versions("greeting") == [stored]


def test_a_look_that_fails_does_not_hide_the_write(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    save(relayed)
    relay.inject(ResetAfterApplying(), "POST model-versions/create")
    relay.inject(Refused(403), "GET model-versions/search")

    with pytest.raises(RegistryUnavailableError, match="`greeting` may not be stored"):
        save(relayed, text="Good morning")


def test_a_description_whose_answer_was_lost_is_looked_at(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    save(relayed)
    relay.inject(ResetAfterApplying(), "PATCH registered-models/update", times=1)

    assert save(relayed, description="Says hello").prompt.description == "Says hello"

    relay.inject(ResetBeforeApplying(), "PATCH registered-models/update")
    with pytest.raises(RegistryUnavailableError):
        save(relayed, description="Says good-bye")


CHANGES: dict[str, tuple[str, Callable[[Registry], object], Callable[[Registry], bool]]] = {
    "alias": (
        "POST registered-models/alias",
        lambda registry: registry.set_alias("greeting", "production", "1"),
        lambda registry: bool(registry.list_aliases(["greeting"])),
    ),
    "delete": (
        "DELETE registered-models/delete",
        lambda registry: registry.delete_prompt("greeting"),
        lambda registry: registry.get_prompt("greeting") is None,
    ),
    "rename": (
        "POST registered-models/rename",
        lambda registry: registry.rename_prompt("greeting", "salutation"),
        lambda registry: registry.get_prompt("salutation") is not None,
    ),
}


@pytest.mark.parametrize(("on", "change", "is_done"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_whose_answer_was_lost_is_looked_at(
    relay: MlflowRelay,
    relayed: MlflowRegistry,
    on: str,
    change: Callable[[Registry], object],
    is_done: Callable[[Registry], bool],
) -> None:
    save(relayed)

    relay.inject(ResetBeforeApplying(), on, times=1)
    with pytest.raises(RegistryUnavailableError):
        change(relayed)
    assert not is_done(relayed)

    relay.inject(ResetAfterApplying(), on, times=1)
    change(relayed)
    assert is_done(relayed)
    assert relay.asked.count(on) == 2


@dataclass(frozen=True)
class Accepts:
    """Says yes and does nothing."""

    on: str = "*"

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        return json_response({})


def test_an_alias_that_is_accepted_and_not_set_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    save(relayed)
    relay.inject(Accepts(), "POST registered-models/alias")

    with pytest.raises(RegistryAnswerError, match="does not point at that version"):
        relayed.set_alias("greeting", "production", "1")


# -- whatever goes wrong --

FAULTS: dict[str, Fault] = {
    "400 as text": Refused(400),
    "401": Refused(401, "Unauthorized for sk-example-secret"),
    "403": Refused(403),
    "429": RateLimited(),
    "429 with Retry-After": RateLimited(60),
    "500": unavailable(500),
    "503": unavailable(),
    "timeout": Hangs(),
    "reset before": ResetBeforeApplying(),
    "reset after": ResetAfterApplying(),
    "cut off": CutsOff(),
    "truncated": TruncatesJson(),
    "HTML": AnswersHtml(),
    "HTML 502": AnswersHtml(502),
    "HTML 404": AnswersHtml(404),
    "another shape": Accepts(),
}

USES: dict[str, Callable[[Registry], object]] = {
    "list": lambda registry: list(registry.list_prompts()),
    "get": lambda registry: registry.get_prompt("greeting"),
    "get by alias": lambda registry: registry.get_prompt("greeting", alias="production"),
    "get several": lambda registry: list(registry.get_prompts(["greeting"], alias="production")),
    "history": lambda registry: registry.list_versions("greeting"),
    "save": lambda registry: registry.save_prompt(prompt(text="Good morning"), STAMP),
    "promote": lambda registry: registry.set_alias("greeting", "production", "1"),
    "aliases": lambda registry: registry.list_aliases(["greeting"]),
    "rename": lambda registry: registry.rename_prompt("greeting", "salutation"),
    "experiments": lambda registry: registry.list_experiments("greeting"),
    "delete": lambda registry: registry.delete_prompt("greeting"),
}


def failure(use: Callable[[Registry], object], registry: Registry) -> str:
    """Return what the error says that a use ends with; a lost answer may be made up for."""
    try:
        use(registry)
    except RegistryError as error:
        return f"{error} {error.hint} {error.__cause__!r}"
    return ""


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("after", [0, 1])
def test_whatever_goes_wrong_is_an_error_without_a_secret(
    relay: MlflowRelay, open_mlflow: OpenMlflow, mlflow: MlflowRegistry, fault: Fault, after: int
) -> None:
    login = MlflowLogin(token="sk-example-secret")  # noqa: S106
    for use in USES.values():
        save(mlflow)
        relay.faults.clear()
        relay.inject(fault, "*", after=after)

        said = failure(use, open_mlflow(tracking_uri=relay.url, login=login, timeout=0.1))

        assert "secret" not in said


def test_a_service_that_is_down_is_unavailable(open_mlflow: OpenMlflow) -> None:
    registry = open_mlflow(tracking_uri=unused_address(), timeout=IMPATIENT)

    for use in USES.values():
        with pytest.raises(RegistryUnavailableError):
            use(registry)


def test_a_server_that_never_answers_is_unavailable(
    relay: MlflowRelay, open_mlflow: OpenMlflow
) -> None:
    relay.inject(Hangs())

    with pytest.raises(RegistryUnavailableError):
        list(open_mlflow(tracking_uri=relay.url, timeout=IMPATIENT).list_prompts())


def test_a_write_and_the_look_after_it_stay_within_15_seconds() -> None:
    assert WRITE_SECONDS + LOOK_SECONDS < 15


def test_a_wrong_path_is_refused_and_is_no_empty_registry(
    open_mlflow: OpenMlflow, mlflow_service: MlflowServer
) -> None:
    registry = open_mlflow(tracking_uri=f"{mlflow_service.url}/somewhere")

    for name in ("list", "get", "history", "save"):
        with pytest.raises(RegistryRefusedError, match="404") as refused:
            USES[name](registry)
        assert (refused.value.hint or "").startswith("check the tracking URI")


@pytest.mark.parametrize(
    "shape",
    [
        [],
        {"registered_models": {}},
        {"registered_models": ["x"]},
        {"registered_models": [], "next_page_token": 5},
        {"registered_models": [{"name": "x", "latest_versions": "y"}]},
        {"registered_models": [{"name": "x", "latest_versions": [{"version": None}]}]},
        {"registered_models": [{"name": "x", "latest_versions": [{"version": "1"}]}]},
        {"registered_models": [{"name": ["x"]}]},
        {"registered_models": [{"name": "x", "tags": [{"key": 5}]}]},
        {"registered_models": [{"name": "x", "tags": "text"}]},
    ],
)
def test_a_listing_of_another_shape_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry, shape: Any
) -> None:
    relay.inject(_Answers(shape))

    with pytest.raises(RegistryAnswerError):
        list(relayed.list_prompts())


@pytest.mark.parametrize(
    "alias",
    [
        "production",
        {"version": "1"},
        {"alias": ["production"], "version": "1"},
        {"alias": "production"},
        {"alias": "production", "version": 1},
        {"alias": "production", "version": "9" * 5000},
    ],
    ids=["text", "no name", "a list", "no version", "a number", "too long"],
)
def test_an_alias_of_another_shape_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry, alias: Any
) -> None:
    tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}]
    found = {"name": "greeting", "tags": tags, "aliases": [alias]}
    relay.inject(_Answers({"registered_models": [found], "registered_model": found}))

    for use in ("get by alias", "get several", "aliases", "promote"):
        with pytest.raises(RegistryAnswerError):
            USES[use](relayed)


@dataclass(frozen=True)
class _Answers:
    """Answers every question alike."""

    value: Any
    on: str = "*"

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        return json_response(self.value)


def test_a_server_that_sends_the_same_page_again_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    relay.inject(_Answers({"registered_models": [], "next_page_token": "x"}))

    with pytest.raises(RegistryAnswerError, match="the same page"):
        list(relayed.list_prompts())


def test_an_answer_about_another_prompt_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    relay.inject(_Answers({"registered_model": {"name": "other"}}))

    with pytest.raises(RegistryAnswerError, match="`other` where `greeting` was asked for"):
        relayed.get_prompt("greeting")


@pytest.mark.parametrize(
    ("login", "sent"),
    [
        (MlflowLogin(username="ada", password="x"), "Basic YWRhOng="),  # noqa: S106
        (MlflowLogin(token="abc"), "Bearer abc"),  # noqa: S106
        (MlflowLogin(), None),
    ],
)
def test_the_login_is_sent(
    relay: MlflowRelay, open_mlflow: OpenMlflow, login: MlflowLogin, sent: str | None
) -> None:
    list(open_mlflow(tracking_uri=relay.url, login=login).list_prompts())

    assert [each.headers.get("authorization") for each in relay.requests] == [sent]


def test_a_login_in_an_address_is_for_that_server_alone(
    relay: MlflowRelay, open_mlflow: OpenMlflow
) -> None:
    host = relay.url.removeprefix("http://")
    addresses = {"tracking_uri": relay.url, "registry_uri": f"http://ada:secret@{host}"}
    registry = open_mlflow(**addresses)

    list(registry.list_prompts())
    registry.list_experiments("greeting")

    sent = [each.headers.get("authorization") for each in relay.requests]
    assert (sent[0], set(sent[1:])) == ("Basic YWRhOnNlY3JldA==", {None})


def test_a_login_that_is_refused_names_its_variable(
    relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    relay.inject(Refused(401, "You are not authenticated"))

    with pytest.raises(RegistryRefusedError) as refused:
        relayed.get_prompt("greeting")

    assert "MLFLOW_TRACKING_USERNAME" in (refused.value.hint or "")


# -- experiments --


def add_run(service: MlflowServer, name: str, *, start: int, links: str, **metrics: float) -> str:
    """Make a run of one second that is linked to prompts as MLflow's client links it."""
    tags = [{"key": "mlflow.linkedPrompts", "value": links}]
    body = {"experiment_id": "0", "run_name": name, "start_time": start, "tags": tags}
    run_id = str(service.ask("POST", "runs/create", body)["run"]["info"]["run_id"])
    for key, value in metrics.items():
        metric = {"run_id": run_id, "key": key, "value": value, "timestamp": start}
        service.ask("POST", "runs/log-metric", metric)
    service.ask(
        "POST", "runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": start + 1000}
    )
    return run_id


def link(*versions: str, name: str = "greeting") -> str:
    return json.dumps([{"name": name, "version": version} for version in versions])


def test_runs_that_are_linked_to_a_prompt_are_its_experiments(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    start = 1_770_000_000_000
    old = add_run(
        mlflow_service, "old", start=start, links=link("1", name="mea_ured"), accuracy=0.5
    )
    links = link("2", "1", name="mea_ured")[:-1] + ", " + link("9", name="other")[1:]
    both = add_run(mlflow_service, "both", start=start + 5000, links=links)
    add_run(mlflow_service, "other", start=start, links=link("1", name="measured"))
    cut = link("1", name="mea_ured")[:-1] + ', {"name": "x'
    damaged = add_run(mlflow_service, "cut off", start=start + 1000, links=cut)

    found = [each for each in mlflow.list_experiments("mea_ured") if each.id != both]

    assert found == [
        Experiment(
            id=damaged,
            name="cut off",
            version="1",
            duration=1.0,
            created="2026-02-02T02:40:01.000Z",
        ),
        Experiment(
            id=old,
            name="old",
            version="1",
            scores={"accuracy": 0.5},
            duration=1.0,
            created="2026-02-02T02:40:00.000Z",
        ),
    ]
    versions = [each.version for each in mlflow.list_experiments("mea_ured") if each.id == both]
    assert sorted(versions) == ["1", "2"]


@dataclass(frozen=True)
class TracesCost:
    """Adds what MLflow's SDK estimates from the tokens of known models."""

    on: str = "POST /api/3.0/mlflow/traces/search"

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        def trace(seconds: float, dollars: str) -> dict[str, Any]:
            metadata = {"mlflow.trace.cost": f'{{"total_cost": {dollars}}}'}
            return {"execution_duration": f"{seconds}s", "trace_metadata": metadata}

        return json_response({"traces": [trace(0.5, "0.25"), trace(1.5, "0.75"), {}]})


def test_what_traces_took_and_cost_is_an_average_over_examples(
    mlflow_service: MlflowServer, relay: MlflowRelay, relayed: MlflowRegistry
) -> None:
    add_run(mlflow_service, "costly", start=1_770_000_000_000, links=link("1", name="costly"))
    relay.inject(TracesCost())

    (found,) = relayed.list_experiments("costly")

    assert (found.count, found.duration, found.cost) == (3, 1.0, 0.5)


@pytest.mark.parametrize("info", [None, {"start_time": 10**30}, {"start_time": 10**400}])
def test_a_run_of_an_unknown_shape_is_an_error(
    relay: MlflowRelay, relayed: MlflowRegistry, info: Any
) -> None:
    link = '[{"name": "greeting", "version": "1"}]'
    data = {"tags": [{"key": "mlflow.linkedPrompts", "value": link}]}
    info = info and {"run_id": "1", "experiment_id": "0", **info}
    relay.inject(_Answers({"runs": [{"info": info, "data": data}]}), "POST runs/search")

    with pytest.raises(RegistryAnswerError, match="runs in a shape"):
        relayed.list_experiments("greeting")


def test_a_chat_prompt_that_was_edited_is_read_with_its_messages(
    mlflow_service: MlflowServer, mlflow: MlflowRegistry
) -> None:
    mlflow.save_prompt(chat(system="Be brief.", user="Hello"), STAMP)

    mlflow_service.edit("greeting", '[{"role": "user", "content": "Good morning"}]')

    assert latest(mlflow).prompt == chat(user="Good morning")
