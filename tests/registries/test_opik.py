"""Opik over the fake service: the contract, listing, reading, aliases, history, deleting."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from promptsync.errors import (
    ConfigError,
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.experiment import Experiment
from promptsync.registries.base import Registry
from promptsync.registries.http_timeouts import Timeouts
from promptsync.registries.opik import FEW, OpikRegistry
from promptsync.registries.opik_api import LOOK_SECONDS, WRITE_SECONDS
from promptsync.registries.opik_version_cache import NAME, PROJECT_SECONDS
from tests.builders import chat, prompt
from tests.fakes.opik import (
    AnswersHtml,
    FallsBackToWorkspace,
    Hangs,
    Meanwhile,
    OpikServer,
    PageCap,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    TruncatesJson,
    WithoutEnvironmentsById,
    generated_prompts,
    opik_server,
    seed,
)
from tests.fakes.opik.json_values import JsonObject
from tests.fakes.service.exchange import Request, Response, Serve
from tests.registries.conftest import OpenOpik
from tests.registries.contract import STAMP, EditRemotely, RegistryContract, Reopen
from tests.registries.serving import unused_address

pytestmark = pytest.mark.network

# Nobody waits for an answer that a fault takes away.
IMPATIENT = 0.4

LISTING = "GET /v1/private/prompts"
BY_IDS = "POST /v1/private/prompts/versions/retrieve-by-ids"
PROJECT = "POST /v1/private/projects/retrieve"
READING = "GET /v1/private/prompts/*"


class TestOpik(RegistryContract):
    @pytest.fixture
    def registry(self, opik: OpikRegistry) -> Registry:
        return opik

    @pytest.fixture
    def reopen(self, open_opik: OpenOpik) -> Reopen:
        return open_opik

    @pytest.fixture
    def edit_remotely(self, opik_service: OpikServer) -> EditRemotely:
        def edit(name: str, text: str) -> None:
            opik_service.person.edits(name, text)

        return edit


class TestOpikWithACacheThatManyRunsShare(TestOpik):
    @pytest.fixture
    def registry(self, open_opik: OpenOpik, tmp_path: Path) -> Registry:
        return open_opik(cache=tmp_path / "cache")

    @pytest.fixture
    def reopen(self, open_opik: OpenOpik, tmp_path: Path) -> Reopen:
        return lambda: open_opik(cache=tmp_path / "cache")


class TestOpikAsItWasInJuly(TestOpik):
    @pytest.fixture
    def registry(self, opik_service: OpikServer, opik: OpikRegistry) -> Registry:
        opik_service.inject(FallsBackToWorkspace())
        opik_service.inject(WithoutEnvironmentsById())
        return opik


@dataclass(frozen=True)
class Meets:
    """Answers only when so many requests are there at once."""

    barrier: threading.Barrier
    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        self.barrier.wait()
        return serve(request)


def fill(service: OpikServer, count: int) -> None:
    seed(service.store, service.project("Trader"), generated_prompts(count))


@contextmanager
def watching(service: OpikServer) -> Iterator[list[str]]:
    """Collect the requests of a block, sorted: some travel side by side.

    Those for single prompts are counted instead.
    """
    found: list[str] = []
    begin = len(service.requests)
    yield found
    asked = [f"{each.method} {each.path}" for each in service.requests[begin:]]
    single = [each for each in asked if each.startswith(f"{LISTING}/")]
    found += sorted(each for each in asked if each not in single)
    found += [f"{len(single)} single"] if single else []


# -- the fewest requests --


def test_the_first_reading_asks_for_each_prompt(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 30)

    with watching(opik_service) as asked:
        listed = list(open_opik(cache=tmp_path).list_prompts())

    assert len(listed) == 30
    assert asked == [LISTING, PROJECT, "30 single"]


def test_the_next_reading_takes_two_requests(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 30)
    first = list(open_opik(cache=tmp_path).list_prompts())

    with watching(opik_service) as asked:
        second = list(open_opik(cache=tmp_path).list_prompts())

    assert sorted(second, key=repr) == sorted(first, key=repr)
    assert asked == [LISTING, BY_IDS]


def test_a_version_that_is_new_since_then_takes_one_more(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 5)
    list(open_opik(cache=tmp_path).list_prompts())
    opik_service.person.edits("prompt-00003", "Edited")

    with watching(opik_service) as asked:
        listed = {each.name: each for each in open_opik(cache=tmp_path).list_prompts()}

    assert listed["prompt-00003"].prompt.content == "Edited"
    assert asked == [LISTING, BY_IDS, "1 single"]


def test_what_is_known_travels_beside_the_list(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 3)
    list(open_opik(cache=tmp_path).list_prompts())
    met = threading.Barrier(2, timeout=60)
    for on in (LISTING, BY_IDS):
        opik_service.inject(Meets(met), on)

    assert len(list(open_opik(cache=tmp_path).list_prompts())) == 3


def test_a_listing_that_does_not_count_versions_proves_nothing(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 2)
    for on in (LISTING, READING):
        opik_service.inject(_Says({"version_count": None, "last_updated_at": None}), on)
    list(open_opik(cache=tmp_path).list_prompts())
    opik_service.person.edits("prompt-00001", "Edited")

    found = {each.name: each for each in open_opik(cache=tmp_path).list_prompts()}

    assert found["prompt-00001"].prompt.content == "Edited"


@dataclass(frozen=True)
class _Says:
    """Something else than is true of each prompt, or of the list of them."""

    prompts: JsonObject
    page: JsonObject = field(default_factory=dict)
    on: str = LISTING

    def __call__(self, request: Request, serve: Serve) -> Response:
        response = serve(request)
        found = json.loads(response.body)
        if "content" in found:
            found["content"] = [{**each, **self.prompts} for each in found["content"]]
            return replace(response, body=json.dumps({**found, **self.page}).encode())
        return replace(response, body=json.dumps({**found, **self.prompts}).encode())


def test_a_changed_tag_of_a_known_version_is_seen(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    registry = open_opik(cache=tmp_path)
    registry.save_prompt(prompt(), None)
    list(registry.list_prompts())
    registry.save_prompt(prompt(), STAMP)

    with watching(opik_service) as asked:
        listed = list(open_opik(cache=tmp_path).list_prompts())

    assert [each.stamp for each in listed] == [STAMP]
    assert asked == [LISTING, BY_IDS]


def test_an_alias_of_many_prompts_takes_two_requests_the_second_time(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 20)
    names = [f"prompt-{number:05}" for number in range(1, 21)]
    for name in names:
        opik_service.person.promotes(name, "production", 1)
        opik_service.person.edits(name, "Newer than production")
    first = list(open_opik(cache=tmp_path).get_prompts(names, alias="production"))

    with watching(opik_service) as asked:
        second = list(open_opik(cache=tmp_path).get_prompts(names, alias="production"))

    assert {each.version for each in first} == {"v1"}
    assert len(first) == 20
    assert sorted(second, key=repr) == sorted(first, key=repr)
    assert asked == [LISTING, BY_IDS]


def test_an_alias_that_moved_is_not_believed(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, FEW + 1)
    names = [f"prompt-{number:05}" for number in range(1, FEW + 2)]
    for name in names:
        opik_service.person.promotes(name, "production", 1)
        opik_service.person.edits(name, "Second")
    list(open_opik(cache=tmp_path).get_prompts(names, alias="production"))
    opik_service.person.promotes(names[0], "production", 2)

    found = open_opik(cache=tmp_path).get_prompts(names, alias="production")

    assert {each.name: each.version for each in found} == {
        **dict.fromkeys(names, "v1"),
        names[0]: "v2",
    }


def test_a_few_prompts_are_read_without_listing(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 30)
    list(open_opik(cache=tmp_path).list_prompts())

    with watching(opik_service) as asked:
        found = list(open_opik(cache=tmp_path).get_prompts(["prompt-00001", "prompt-00002"]))

    assert len(found) == 2
    assert asked == ["2 single"]


@pytest.mark.parametrize("cap", [7, 1000])
def test_pages_are_followed_to_the_end(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path, cap: int
) -> None:
    opik_service.inject(PageCap(cap), LISTING)
    fill(opik_service, 45)

    for _ in range(2):
        listed = [each.name for each in open_opik(cache=tmp_path).list_prompts()]
        assert len(listed) == len(set(listed)) == 45


def test_a_prompt_that_is_made_while_pages_are_read_doubles_none(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik_service.inject(PageCap(4), LISTING)
    fill(opik_service, 12)
    project = opik_service.project("Trader")
    late: list[JsonObject] = [{"name": "late", "template": "Late"}]
    opik_service.inject(
        Meanwhile(lambda: seed(opik_service.store, project, late)), LISTING, times=1
    )

    listed = [each.name for each in opik.list_prompts()]

    assert len(listed) == len(set(listed)) >= 12


# -- the cache changes only speed --

DAMAGES: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "no JSON": lambda text: text[: len(text) // 2],
    "a list": lambda _: "[]",
    "nested": lambda _: "[" * 100_000,
    "other types": lambda text: text.replace('"prompts"', '"prompts": 5, "others"'),
    "no ids": lambda text: text.replace("-7", "-x"),
    "no names": lambda text: re.sub(r'\[("prompt-[0-9]+")', r"[[\1]", text),
    "a time beyond numbers": lambda text: re.sub(r'"found": [0-9.]+', f'"found": {10**400}', text),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_cache_is_harmless(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path, damage: Callable[[str], str]
) -> None:
    fill(opik_service, FEW + 1)
    first = list(open_opik(cache=tmp_path).list_prompts())
    file = tmp_path / NAME
    damaged = damage(file.read_text())
    names = [each.name for each in first]

    for read in (OpikRegistry.list_prompts, lambda each: each.get_prompts(names)):
        file.write_text(damaged)
        again = list(read(open_opik(cache=tmp_path)))
        assert sorted(again, key=repr) == sorted(first, key=repr)


def test_a_cache_of_versions_of_other_prompts_is_harmless(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 2)
    first = list(open_opik(cache=tmp_path).list_prompts())
    file = tmp_path / NAME
    one, other = (opik_service.store.prompt_named(f"prompt-0000{n}").versions[0].id for n in (1, 2))
    file.write_text(file.read_text().replace(one, "x").replace(other, one).replace("x", other))

    again = list(open_opik(cache=tmp_path).list_prompts())

    assert sorted(again, key=repr) == sorted(first, key=repr)


def test_a_cache_that_cannot_be_written_is_no_error(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 3)
    (tmp_path / "file").write_text("in the way")

    assert len(list(open_opik(cache=tmp_path / "file" / "cache").list_prompts())) == 3


def test_a_project_that_took_over_a_name_is_found_after_an_hour(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 1)
    list(open_opik(cache=tmp_path).list_prompts())
    opik_service.store.projects.rename(opik_service.project("Trader"), "Old")
    seed(opik_service.store, opik_service.project("Trader"), [{"name": "new", "template": "New"}])
    file = tmp_path / NAME
    value = json.loads(file.read_text())
    for project in value.values():
        project["found"] -= PROJECT_SECONDS
    file.write_text(json.dumps(value))

    assert [each.name for each in open_opik(cache=tmp_path).list_prompts()] == ["new"]


def test_a_project_that_was_deleted_is_missed_at_once(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 1)
    list(open_opik(cache=tmp_path).list_prompts())
    opik_service.person.deletes("prompt-00001")
    opik_service.store.projects.delete(opik_service.project("Trader").id)

    with pytest.raises(RegistryRefusedError, match="no project `Trader`"):
        list(open_opik(cache=tmp_path).list_prompts())


def test_a_prompt_that_was_made_anew_is_found_under_its_new_id(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    registry = open_opik(cache=tmp_path)
    registry.save_prompt(prompt(text="one"), STAMP)
    list(registry.list_prompts())
    opik_service.person.deletes("greeting")
    fresh = open_opik().save_prompt(prompt(text="two"), STAMP)

    assert registry.get_prompt("greeting") == fresh
    assert open_opik(cache=tmp_path).get_prompt("greeting") == fresh


def test_the_cache_tells_servers_projects_and_keys_apart_and_holds_no_key(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    opik_service.project("Other")
    fill(opik_service, 2)
    list(open_opik(cache=tmp_path, api_key="key-of-ada").list_prompts())

    assert list(open_opik(cache=tmp_path, project="Other").list_prompts()) == []
    assert len(list(open_opik(cache=tmp_path, api_key="key-of-ada").list_prompts())) == 2
    assert "key-of-ada" not in (tmp_path / NAME).read_text()


# -- projects and names --


def test_a_project_that_is_not_there_is_refused_and_not_made(
    opik_service: OpikServer, open_opik: OpenOpik
) -> None:
    registry = open_opik(project="Tradre")

    for ask in (
        lambda: list(registry.list_prompts()),
        lambda: registry.get_prompt("greeting"),
        lambda: registry.save_prompt(prompt(), STAMP),
    ):
        with pytest.raises(RegistryRefusedError, match="no project `Tradre`") as refused:
            ask()
        assert "`project`" in (refused.value.hint or "")
    assert opik_service.store.projects.find("Tradre") is None


@pytest.mark.parametrize("faults", [(), (FallsBackToWorkspace(),)], ids=["now", "in July"])
def test_a_prompt_of_another_project_is_neither_read_nor_changed(
    opik_service: OpikServer, open_opik: OpenOpik, faults: tuple[FallsBackToWorkspace, ...]
) -> None:
    for fault in faults:
        opik_service.inject(fault)
    opik_service.project("Other")
    theirs = open_opik(project="Other").save_prompt(prompt(text="theirs"), STAMP)
    registry = open_opik()

    assert registry.get_prompt("greeting") is None
    assert list(registry.list_versions("greeting")) == []
    registry.delete_prompt("greeting")
    with pytest.raises(RegistryRefusedError):
        registry.set_alias("greeting", "production", "v1")
    mine = registry.save_prompt(prompt(text="mine"), STAMP, replaces=None)

    assert registry.get_prompt("greeting") == mine
    assert open_opik(project="Other").get_prompt("greeting") == theirs
    assert len(open_opik(project="Other").list_versions("greeting")) == 1


@pytest.mark.parametrize("name", ["Greeting", "gréeting"])
def test_a_name_that_differs_only_in_case_or_accents_is_refused(
    opik: OpikRegistry, open_opik: OpenOpik, name: str
) -> None:
    stored = open_opik().save_prompt(prompt(), STAMP)

    assert opik.get_prompt(name) is None
    with pytest.raises(RegistryRefusedError, match="`greeting` for one name"):
        opik.save_prompt(prompt(name), STAMP)

    assert list(open_opik().list_prompts()) == [stored]


def test_the_plan_refuses_such_a_name_before_anything_is_written(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(), STAMP)
    list(opik.list_prompts())

    sentence = "Opik takes `GREETING` and its prompt `greeting` for one name: rename one of them"
    assert opik.unsupported(prompt("GREETING")) == [sentence]
    assert opik.unsupported(prompt()) == []


def test_only_the_case_of_a_name_can_be_changed(opik: OpikRegistry) -> None:
    stored = opik.save_prompt(prompt(), STAMP)

    opik.rename_prompt("greeting", "Greeting")

    renamed = opik.get_prompt("Greeting")
    assert renamed is not None
    assert (renamed.version, renamed.stamp) == (stored.version, STAMP)
    assert opik.get_prompt("greeting") is None


def test_a_prompt_cannot_be_renamed_to_what_is_one_name_with_another(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt("a"), STAMP)
    opik.save_prompt(prompt("b"), STAMP)

    with pytest.raises(RegistryRefusedError, match="`b` already"):
        opik.rename_prompt("a", "B")


def test_a_prompt_without_a_version_is_none_until_it_gets_one(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    project = opik_service.project("Trader")
    opik_service.store.prompts.create("greeting", project.id, {"description": "Empty"})

    assert list(opik.list_prompts()) == []
    assert opik.get_prompt("greeting") is None
    stored = opik.save_prompt(prompt(), STAMP, replaces=None)

    assert stored.prompt == prompt()
    assert [each.version for each in opik.list_versions("greeting")] == ["v1"]


# -- versions and aliases --


@pytest.mark.parametrize("version", ["v2", "2"])
def test_a_version_may_be_spelled_without_its_letter(opik: OpikRegistry, version: str) -> None:
    opik.save_prompt(prompt(text="one"), STAMP)
    second = opik.save_prompt(prompt(text="two"), STAMP)
    opik.save_prompt(prompt(text="three"), STAMP)

    assert opik.get_prompt("greeting", version=version) == second


def test_a_version_keeps_the_environments_it_has(opik: OpikRegistry) -> None:
    stored = opik.save_prompt(prompt(), STAMP)

    opik.set_alias("greeting", "production", stored.version)
    opik.set_alias("greeting", "staging", stored.version)

    assert opik.list_aliases(["greeting"]) == {
        "greeting": {"production": "v1", "staging": "v1"},
    }


@pytest.mark.parametrize("status", [404, 409])
def test_an_environment_that_is_not_there_is_named_with_the_remedy(
    opik_service: OpikServer, opik: OpikRegistry, status: int
) -> None:
    stored = opik.save_prompt(prompt(), STAMP)
    opik_service.inject(Refused(status, '{"message": "no"}'), "PATCH *")

    with pytest.raises(RegistryRefusedError, match="no environment `blue`") as refused:
        opik.set_alias("greeting", "blue", stored.version)

    assert "under Environments" in (refused.value.hint or "")


@pytest.mark.parametrize("alias", ["", "two words", "latest", "v3", "a/b", "x" * 151])
def test_what_cannot_be_an_alias_is_refused_without_a_request(
    opik_service: OpikServer, opik: OpikRegistry, alias: str
) -> None:
    for ask in (
        lambda: opik.set_alias("greeting", alias, "v1"),
        lambda: opik.get_prompt("greeting", alias=alias),
        lambda: list(opik.get_prompts(["greeting"], alias=alias)),
    ):
        with pytest.raises(RegistryRefusedError, match="no name of an environment"):
            ask()
    assert opik_service.requests == []


def test_an_alias_of_a_version_that_is_not_there_is_refused(opik: OpikRegistry) -> None:
    opik.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError, match="no version v7 of a prompt `greeting`"):
        opik.set_alias("greeting", "production", "v7")


# -- experiments --


def test_experiments_tell_scores_cost_and_duration_of_each_version(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(text="one"), STAMP)
    opik.save_prompt(prompt(text="two"), STAMP)
    opik.save_prompt(prompt("other"), STAMP)
    first, second = opik_service.store.prompt_named("greeting").versions
    (other,) = opik_service.store.prompt_named("other").versions
    old = opik_service.person.experiments(
        "old", first, other, scores={"exact": 0.5}, trace_count=4, cost=0.02, duration=1500.0
    )
    new = opik_service.person.experiments("new", second)
    opik_service.person.experiments("elsewhere", other)

    assert opik.list_experiments("greeting") == [
        Experiment(id=new.id, name="new", version="v2", count=0, created=new.created_at),
        Experiment(
            id=old.id,
            name="old",
            version="v1",
            count=4,
            scores={"exact": 0.5},
            cost=0.005,
            duration=1.5,
            created=old.created_at,
        ),
    ]
    assert list(opik.list_experiments("unknown")) == []


# -- what goes wrong --


def test_a_dead_server_shows_within_fifteen_seconds() -> None:
    assert Timeouts().answer < 15
    assert WRITE_SECONDS + LOOK_SECONDS < 15


@pytest.mark.parametrize("on", [PROJECT, LISTING, BY_IDS, READING])
def test_a_request_that_hangs_ends_the_reading_in_time(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path, on: str
) -> None:
    fill(opik_service, 3)
    if on == BY_IDS:
        list(open_opik(cache=tmp_path).list_prompts())
    opik_service.inject(Hangs(), on)
    started = time.monotonic()

    with pytest.raises(RegistryUnavailableError):
        list(open_opik(cache=tmp_path, timeout=IMPATIENT).list_prompts())

    assert time.monotonic() - started < Timeouts().answer


def test_a_server_that_is_not_there_is_unavailable() -> None:
    registry = OpikRegistry(url=unused_address(), project="Trader", timeout=1.4)

    with pytest.raises(RegistryUnavailableError, match="cannot connect"):
        list(registry.list_prompts())
    registry.close()


ANSWERS_THAT_MAKE_NO_SENSE = {
    "HTML": AnswersHtml(),
    "half of the JSON": TruncatesJson(),
    "another shape": Refused(200, '{"content": 5}'),
    "a text": Refused(200, '"hello"'),
}


@pytest.mark.parametrize("on", [PROJECT, LISTING, READING])
@pytest.mark.parametrize(
    "fault", ANSWERS_THAT_MAKE_NO_SENSE.values(), ids=ANSWERS_THAT_MAKE_NO_SENSE.keys()
)
def test_an_answer_that_makes_no_sense_is_an_error_of_the_registry(
    opik_service: OpikServer, opik: OpikRegistry, on: str, fault: Refused
) -> None:
    fill(opik_service, 2)
    opik_service.inject(fault, on)

    with pytest.raises(RegistryAnswerError):
        list(opik.list_prompts())


@pytest.mark.parametrize("total", [10**7, 10**400])
def test_more_prompts_than_there_can_be_are_not_asked_for(
    opik_service: OpikServer, opik: OpikRegistry, total: int
) -> None:
    fill(opik_service, 2)
    opik_service.inject(_Says({}, {"total": total}), LISTING)

    with pytest.raises(RegistryAnswerError, match="pages"):
        list(opik.list_prompts())


def test_the_key_is_sent_bare_with_the_workspace_and_never_shown() -> None:
    with opik_server(api_key="sk-opik-secret", workspace="team") as service:
        good = OpikRegistry(
            url=service.url, project="Trader", workspace="team", api_key=" sk-opik-secret\n"
        )
        bad = OpikRegistry(url=service.url, project="Trader", api_key="sk-opik-wrong")

        assert list(good.list_prompts()) == []
        with pytest.raises(RegistryRefusedError) as refused:
            list(bad.list_prompts())
        good.close()
        bad.close()

    assert refused.value.status == 401
    assert "OPIK_API_KEY" in (refused.value.hint or "")
    assert "sk-opik" not in f"{refused.value.message} {refused.value.hint} {good.address}"


@pytest.mark.parametrize("url", ["localhost:5173/api", "ftp://example.com", "http://", "[::"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="no http or https URL"):
        OpikRegistry(url=url)


def test_the_address_says_project_and_host() -> None:
    registry = OpikRegistry(url="http://localhost:5173/api/", project="Trader")

    assert registry.address == 'opik project "Trader" (localhost:5173)'
    registry.close()


def test_a_deletion_whose_answer_was_lost_is_looked_after(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    opik.save_prompt(prompt(), STAMP)
    opik_service.inject(ResetAfterApplying(), "DELETE *")
    opik.delete_prompt("greeting")
    opik.save_prompt(prompt(), STAMP)
    opik_service.faults.clear()

    opik_service.inject(ResetBeforeApplying(), "DELETE *")
    with pytest.raises(RegistryUnavailableError):
        opik.delete_prompt("greeting")

    assert len(list(opik.list_prompts())) == 1


def test_an_alias_and_a_name_whose_answers_were_lost_are_looked_after(
    opik_service: OpikServer, opik: OpikRegistry
) -> None:
    stored = opik.save_prompt(prompt(), STAMP)
    for method in ("PATCH", "PUT"):
        opik_service.inject(ResetAfterApplying(), f"{method} *")
    opik.set_alias("greeting", "production", stored.version)
    opik.rename_prompt("greeting", "salutation")
    opik_service.faults.clear()

    for method in ("PATCH", "PUT"):
        opik_service.inject(ResetBeforeApplying(), f"{method} *")
    with pytest.raises(RegistryUnavailableError):
        opik.set_alias("salutation", "staging", stored.version)
    with pytest.raises(RegistryUnavailableError):
        opik.rename_prompt("salutation", "greeting")
    opik_service.faults.clear()

    assert opik.list_aliases(["salutation"]) == {"salutation": {"production": stored.version}}


def test_nothing_but_errors_of_registries_crosses_the_seam(
    opik_service: OpikServer, open_opik: OpenOpik
) -> None:
    stored = open_opik().save_prompt(prompt(), STAMP)
    opik_service.inject(Refused(200, '[{"id": null}]'), "* /v1/private/p*")
    registry = open_opik(timeout=IMPATIENT)

    for ask in (
        lambda: registry.get_prompt("greeting"),
        lambda: registry.list_versions("greeting"),
        lambda: registry.save_prompt(prompt(), STAMP),
        lambda: registry.set_alias("greeting", "production", stored.version),
        lambda: registry.list_aliases(["greeting"]),
        lambda: registry.rename_prompt("greeting", "other"),
        lambda: registry.delete_prompt("greeting"),
        lambda: registry.list_experiments("greeting"),
    ):
        with pytest.raises(RegistryError):
            ask()


@pytest.mark.parametrize(
    "found",
    [
        '{"id": {}}',
        '{"name": ["greeting"]}',
        '{"latest_version": {"id": "1", "environments": 5}}',
        '{"requested_version": {"environments": [{}]}}',
        '{"tags": [{}]}',
    ],
)
def test_what_is_looked_at_before_a_prompt_is_read_has_its_shape(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path, found: str
) -> None:
    open_opik(cache=tmp_path).save_prompt(prompt(), STAMP)
    list(open_opik(cache=tmp_path).list_prompts())
    for answer, on in ((f"[{found}]", BY_IDS), (found, READING), (_page_of(found), LISTING)):
        opik_service.faults.clear()
        opik_service.inject(Refused(200, answer), on)
        registry = open_opik(cache=tmp_path)

        with pytest.raises(RegistryAnswerError):
            list(registry.list_prompts() if on != READING else registry.get_prompts(["greeting"]))


def _page_of(found: str) -> str:
    return f'{{"total": 1, "content": [{found}]}}'


def test_a_chat_prompt_stays_a_chat_prompt(opik: OpikRegistry, open_opik: OpenOpik) -> None:
    text = opik.save_prompt(prompt(), STAMP)
    sent = chat("greeting", user="Hello")

    assert opik.unsupported(sent, replaces=text) == [
        "Opik fixes the type of a prompt, and `greeting` is a text prompt there: give the file "
        "another name, or delete the prompt there"
    ]
    with pytest.raises(RegistryRefusedError, match="fixes the type"):
        opik.save_prompt(sent, STAMP)
    assert list(open_opik().list_prompts()) == [text]


def test_the_cache_is_in_the_folder_that_it_is_given(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    fill(opik_service, 1)

    list(open_opik(cache=tmp_path / "new" / "folder").list_prompts())

    assert os.listdir(tmp_path / "new" / "folder") == [NAME]  # noqa: PTH208  no leftovers either


def test_details_are_read_live_where_versions_are_known(
    opik_service: OpikServer, open_opik: OpenOpik, tmp_path: Path
) -> None:
    stored = open_opik(cache=tmp_path).save_prompt(prompt(), STAMP)
    list(open_opik(cache=tmp_path).list_prompts())
    opik_service.person.describes("greeting", "Says hello", ["b", "a"])

    (listed,) = open_opik(cache=tmp_path).list_prompts()

    described = replace(stored.prompt, description="Says hello", tags=("a", "b"))
    assert listed == replace(stored, prompt=described)
