"""Braintrust over the fake service: the contract, listing, reading, aliases, history, deleting."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.registries.base import Registry
from promptsync.registries.braintrust import PARALLEL_READS, BraintrustRegistry
from promptsync.registries.braintrust_answers import ENVIRONMENTS_HINT
from promptsync.registries.braintrust_api import LOOK_SECONDS, PAGE_SIZE, WRITE_SECONDS
from tests.builders import chat, prompt
from tests.fakes.braintrust import (
    AnswersHtml,
    BraintrustServer,
    CutsOff,
    EnvironmentsRefused,
    EnvironmentUnassignedAnswers,
    Hangs,
    Meanwhile,
    OldVersionsKeepTheirSlug,
    PageCap,
    RateLimited,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    TruncatesJson,
    UnknownVersionAnswersLatest,
    forbidden,
    generated_prompts,
    key_refused,
    seed,
    unavailable,
)
from tests.fakes.braintrust.ids import printable_version
from tests.fakes.braintrust.json_values import JsonObject
from tests.fakes.service.exchange import Request, Response, Serve, json_response
from tests.fakes.service.faults import Fault
from tests.registries.conftest import OpenBraintrust
from tests.registries.contract import STAMP, EditRemotely, RegistryContract, Reopen

pytestmark = pytest.mark.network

# Nobody waits for an answer that a fault takes away.
IMPATIENT = 0.4


class TestBraintrust(RegistryContract):
    @pytest.fixture
    def registry(self, braintrust: BraintrustRegistry) -> Registry:
        return braintrust

    @pytest.fixture
    def reopen(self, open_braintrust: OpenBraintrust) -> Reopen:
        return open_braintrust

    @pytest.fixture
    def edit_remotely(self, service: BraintrustServer) -> EditRemotely:
        def edit(name: str, text: str) -> None:
            service.person.edits(name, text)

        return edit


class TestBraintrustWhereOldVersionsKeepTheirSlug:
    """The facts about renaming, where the service reads the less helpful way."""

    @pytest.fixture
    def registry(
        self, service: BraintrustServer, braintrust: BraintrustRegistry
    ) -> BraintrustRegistry:
        service.inject(OldVersionsKeepTheirSlug())
        return braintrust

    @pytest.fixture
    def reopen(self, open_braintrust: OpenBraintrust) -> Reopen:
        return open_braintrust

    test_rename = RegistryContract.test_a_prompt_is_renamed_with_all_it_has_or_that_is_refused
    test_old_name = RegistryContract.test_after_a_rename_the_old_name_is_free
    test_aliases = RegistryContract.test_an_alias_that_points_nowhere_is_none


@dataclass(frozen=True)
class Edits:
    """Changes the objects of every list that it meets."""

    edit: Callable[[list[dict[str, Any]]], list[Any]]
    on: str = "GET /v1/prompt?*limit=1000*"

    def __call__(self, request: Request, serve: Serve) -> Response:
        response = serve(request)
        objects = self.edit(json.loads(response.body).get("objects", []))
        return json_response({"objects": objects})


def hides(slug: str, on: str = Edits.on) -> Edits:
    return Edits(lambda objects: [each for each in objects if each["slug"] != slug], on)


def fill(service: BraintrustServer, *slugs: str) -> None:
    """Put prompts there, the last one born last: it is listed first."""
    bodies: list[JsonObject] = [{"name": slug, "slug": slug} for slug in slugs]
    seed(service.store, service.project("Trader"), bodies)


def fill_with_generated(service: BraintrustServer, count: int) -> list[str]:
    seed(service.store, service.project("Trader"), generated_prompts(count))
    return [f"prompt-{number:05}" for number in range(1, count + 1)]


def names(registry: Registry, wanted: Collection[str] | None = None) -> list[str]:
    ask = None if wanted is None else lambda: wanted
    return sorted(each.name for each in registry.list_prompts(wanted=ask))


def asked(service: BraintrustServer, since: int = 0) -> list[str]:
    """Return the requests, without what names project and organisation."""
    return [
        f"{each.method} {each.target}".replace("project_name=Trader&org_name=Example&", "")
        for each in service.requests[since:]
    ]


def version_of(service: BraintrustServer, slug: str) -> str:
    return str(service.store.prompt_named(slug).latest.transaction)


# -- listing --


def test_a_listing_of_less_than_a_page_is_one_request(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    wanted = fill_with_generated(service, 999)
    registry = open_braintrust()
    registry.get_prompt("prompt-00001")
    service.requests.clear()

    assert names(registry, wanted=wanted) == wanted
    assert asked(service) == ["GET /v1/prompt?limit=1000"]


def test_a_full_page_may_have_another_one_behind_it(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    wanted = fill_with_generated(service, PAGE_SIZE)

    assert names(braintrust, wanted=wanted) == wanted
    assert len(asked(service)) == 3  # with the login


def test_a_listing_of_everything_ends_with_an_empty_page(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service, "a", "b", "c")

    assert names(braintrust) == ["a", "b", "c"]
    oldest = service.store.prompt_named("a").id
    assert asked(service)[1:] == [
        "GET /v1/prompt?limit=1000",
        f"GET /v1/prompt?limit=1000&starting_after={oldest}",
    ]


@pytest.mark.parametrize("wanted", [None, [f"p{number}" for number in range(10)]])
def test_a_server_may_cap_its_pages_lower_than_asked(
    service: BraintrustServer, braintrust: BraintrustRegistry, wanted: list[str] | None
) -> None:
    fill(service, *(f"p{number}" for number in range(10)))
    service.inject(PageCap(3))

    assert names(braintrust, wanted=wanted) == [f"p{number}" for number in range(10)]


def test_a_capped_listing_goes_on_until_everything_wanted_was_seen(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    wanted = [f"p{number}" for number in range(10, 20)]
    fill(service, "old", "older", *wanted)
    service.inject(PageCap(5))

    assert set(wanted) <= set(names(braintrust, wanted=wanted))
    assert len(asked(service)) == 3


def test_the_first_request_travels_before_the_first_prompt_is_taken(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service, "a")
    listing = braintrust.list_prompts()

    patience = time.monotonic() + 60
    while not asked(service) and time.monotonic() < patience:
        time.sleep(0.001)

    assert asked(service)
    assert [each.name for each in listing] == ["a"]


def test_what_a_listing_misses_is_read_by_name(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    wanted = [f"p{number}" for number in range(PARALLEL_READS + 1)]
    fill(service, *wanted)
    service.inject(hides("p3"))

    assert names(braintrust, wanted=[*wanted, "unknown"]) == wanted


def test_a_prompt_made_anew_between_two_pages_is_not_missed(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    wanted = [f"p{number}" for number in range(10)]
    fill(service, *wanted)
    service.inject(PageCap(5))

    def make_anew() -> None:
        service.person.deletes("p0")
        fill(service, "p0")

    service.inject(Meanwhile(make_anew), "GET /v1/prompt", times=1)

    assert names(braintrust, wanted=wanted) == wanted


def test_a_prompt_edited_between_two_pages_is_read_as_it_is_now(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    for name in ("a", "b"):
        braintrust.save_prompt(prompt(name), STAMP)
    service.inject(PageCap(1))
    edit = Meanwhile(lambda: service.person.edits("a", "Good morning"))
    service.inject(edit, "GET /v1/prompt", times=1)

    texts = {each.name: each.prompt.content for each in braintrust.list_prompts()}

    assert texts == {"a": "Good morning", "b": prompt().content}


@pytest.mark.parametrize("is_newest_first", [True, False])
def test_of_a_prompt_that_comes_twice_the_newest_is_right(
    service: BraintrustServer, braintrust: BraintrustRegistry, is_newest_first: bool
) -> None:
    fill(service, "a", "b")

    def twice(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
        older = [{**each, "_xact_id": "99", "description": "older"} for each in objects]
        return [*objects, *older] if is_newest_first else [*older, *objects]

    service.inject(Edits(twice))

    listed = {each.name: each.prompt.description for each in braintrust.list_prompts()}
    assert listed == {"a": None, "b": None}


def test_a_server_that_ignores_the_cursor_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service, "a")

    @dataclass(frozen=True)
    class IgnoresCursor:
        on: str = "GET /v1/prompt"

        def __call__(self, request: Request, serve: Serve) -> Response:
            query = tuple(pair for pair in request.query if pair[0] != "starting_after")
            return serve(replace(request, query=query))

    service.inject(IgnoresCursor())

    with pytest.raises(RegistryAnswerError, match="the same page of prompts twice"):
        list(braintrust.list_prompts())


@pytest.mark.parametrize(
    "name",
    [
        "../../x",
        "con",
        "a/b\\c",
        "A",
        "a" * 10_000,
        " ",
        "a\nb\x1b[31m\u202e",
        "[/inst] :smile:",
        "&slug=other#?",
        "größe",
    ],
    ids=lambda name: ascii(name[:12]),
)
def test_a_name_in_the_registry_is_data(
    service: BraintrustServer, braintrust: BraintrustRegistry, name: str
) -> None:
    fill(service, "a", name)

    assert names(braintrust) == sorted(["a", name])
    assert name in [each.name for each in braintrust.list_prompts(wanted=lambda: [name])]
    assert [each.name for each in braintrust.list_versions(name)] == [name]
    braintrust.delete_prompt(name)
    assert names(braintrust) == ["a"]


def test_names_that_differ_in_case_are_two_prompts(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service, "greeting", "Greeting")

    assert names(braintrust) == ["Greeting", "greeting"]


def test_a_prompt_that_cannot_be_read_is_named(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service, "a", "strange")
    service.inject(Edits(lambda objects: [{**each, "tags": 1} for each in objects]))

    with pytest.raises(RegistryAnswerError, match="the prompt `strange` in a shape"):
        list(braintrust.list_prompts())


# -- reading one --


def test_a_version_is_found_by_the_spelling_of_the_web_page(
    braintrust: BraintrustRegistry,
) -> None:
    old = braintrust.save_prompt(prompt(text="old"), STAMP)
    braintrust.save_prompt(prompt(text="new"), STAMP)

    printable = printable_version(int(old.version))

    assert braintrust.get_prompt("greeting", version=printable) == old


def test_the_latest_is_no_substitute_for_an_unknown_version(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(UnknownVersionAnswersLatest())

    assert braintrust.get_prompt("greeting", version="1000192656880881099") is None


@pytest.mark.parametrize("answer", [400, 404])
def test_an_alias_without_a_version_is_none_however_the_service_says_so(
    service: BraintrustServer, braintrust: BraintrustRegistry, answer: int
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(EnvironmentUnassignedAnswers(answer))

    assert braintrust.get_prompt("greeting", alias="production") is None


@pytest.mark.parametrize(
    "fault",
    [
        Refused(404, "Not found"),
        Refused(400, "Missing read access to prompt id 7, or the prompt does not exist"),
    ],
)
def test_a_missing_prompt_is_none_however_the_service_says_so(
    service: BraintrustServer, braintrust: BraintrustRegistry, fault: Refused
) -> None:
    service.inject(fault, "GET /v1/prompt")

    assert braintrust.get_prompt("greeting") is None


@pytest.mark.parametrize("fault", [key_refused(), forbidden(), unavailable()])
@pytest.mark.parametrize("options", [{}, {"alias": "production"}, {"version": "1"}])
def test_a_refusal_is_never_a_missing_prompt(
    service: BraintrustServer,
    open_braintrust: OpenBraintrust,
    fault: Refused,
    options: dict[str, str],
) -> None:
    registry = open_braintrust(timeout=IMPATIENT)
    service.inject(fault, "GET /v1/prompt")

    with pytest.raises(RegistryError):
        registry.get_prompt("greeting", version=options.get("version"), alias=options.get("alias"))


def test_a_request_that_makes_no_sense_is_no_missing_prompt(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(Refused(400), "GET /v1/prompt")

    with pytest.raises(RegistryRefusedError):
        braintrust.get_prompt("greeting")


def test_another_prompt_than_was_asked_for_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    fill(service, "greeting")
    service.inject(Edits(lambda objects: [{**each, "slug": "other"} for each in objects]), "GET *")

    with pytest.raises(RegistryAnswerError, match="`other` where `greeting` was asked for"):
        braintrust.get_prompt("greeting")


# -- aliases --


@pytest.mark.parametrize("status", [400, 402, 403])
def test_a_plan_without_environments_says_what_to_use_instead(
    service: BraintrustServer, braintrust: BraintrustRegistry, status: int
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    service.inject(EnvironmentsRefused(status))

    with pytest.raises(RegistryRefusedError) as setting:
        braintrust.set_alias("greeting", "production", stored.version)
    with pytest.raises(RegistryRefusedError) as reading:
        braintrust.get_prompt("greeting", alias="production")

    assert setting.value.hint == reading.value.hint == ENVIRONMENTS_HINT
    assert "Pro or Enterprise plan" in ENVIRONMENTS_HINT
    assert "a project of its own" in ENVIRONMENTS_HINT


def test_an_environment_that_does_not_exist_is_refused(braintrust: BraintrustRegistry) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError, match="Environment canary does not exist"):
        braintrust.set_alias("greeting", "canary", stored.version)


@pytest.mark.parametrize("version", ["1", "latest", ""])
def test_an_alias_cannot_point_at_an_unknown_version(
    braintrust: BraintrustRegistry, version: str
) -> None:
    braintrust.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError, match="has no version"):
        braintrust.set_alias("greeting", "production", version)


def test_an_alias_points_at_a_version_in_the_spelling_of_the_web_page(
    braintrust: BraintrustRegistry,
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)

    braintrust.set_alias("greeting", "production", printable_version(int(stored.version)))

    assert braintrust.get_prompt("greeting", alias="production") == stored


@pytest.mark.parametrize("alias", ["", ".", "..", "../../prompt", "a/b", "größe"])
def test_an_alias_is_data(
    service: BraintrustServer, braintrust: BraintrustRegistry, alias: str
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)

    with pytest.raises(RegistryRefusedError):
        braintrust.set_alias("greeting", alias, stored.version)
    paths = [each.path for each in service.requests if each.method == "PUT"]
    identifier = service.store.prompt_named("greeting").id
    assert all(
        path == "/v1/prompt" or path.startswith(f"/environment-object/prompt/{identifier}/")
        for path in paths
    )


def test_an_alias_whose_answer_was_lost_is_looked_at(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    service.inject(ResetAfterApplying(), "PUT /environment-object/*")

    braintrust.set_alias("greeting", "production", stored.version)

    assert braintrust.get_prompt("greeting", alias="production") == stored


def test_an_alias_that_was_not_set_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    service.inject(ResetBeforeApplying(), "PUT /environment-object/*")

    with pytest.raises(RegistryUnavailableError):
        braintrust.set_alias("greeting", "production", stored.version)


def test_an_alias_that_serves_another_version_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    edit = Edits(lambda objects: [{**each, "_xact_id": "7"} for each in objects])
    service.inject(edit, "GET /v1/prompt?*environment=*")

    with pytest.raises(RegistryAnswerError, match="does not serve that version"):
        braintrust.set_alias("greeting", "production", stored.version)


@pytest.mark.parametrize("status", [400, 402, 403])
def test_a_plan_without_environments_has_no_aliases_to_list(
    service: BraintrustServer, braintrust: BraintrustRegistry, status: int
) -> None:
    for name in ("a", "b", "c"):
        braintrust.save_prompt(prompt(name), STAMP)
    service.inject(EnvironmentsRefused(status))

    with pytest.raises(RegistryRefusedError) as listing:
        braintrust.list_aliases(["a", "b", "c"])

    assert listing.value.hint == ENVIRONMENTS_HINT
    asked = [each for each in service.requests if each.path.startswith("/environment-object/")]
    assert len(asked) == 1


def test_a_key_that_is_refused_has_nothing_to_do_with_the_plan(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(key_refused(), "GET /environment-object/*")

    with pytest.raises(RegistryRefusedError) as listing:
        braintrust.list_aliases(["greeting"])

    assert "BRAINTRUST_API_KEY" in (listing.value.hint or "")


def test_a_prompt_in_no_environment_may_be_missing_there(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(Refused(404, "Not found"), "GET /environment-object/*")

    assert braintrust.list_aliases(["greeting"]) == {}


def test_an_environment_may_name_a_version_as_the_web_page_does(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    printable = printable_version(int(stored.version))
    told: Any = [{"environment_slug": "production", "object_version": printable}]
    service.inject(Edits(lambda _: told, "GET /environment-object/*"))

    assert braintrust.list_aliases(["greeting"]) == {"greeting": {"production": stored.version}}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"environment_slug": "production"},
        {"object_version": "7"},
        {"environment_slug": "production", "object_version": 7},
        {"environment_slug": None, "object_version": "7"},
        {"environment_slug": "production", "object_version": "no version"},
    ],
)
def test_an_environment_in_an_unknown_shape_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry, told: JsonObject
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(Edits(lambda _: [told], "GET /environment-object/*"))

    with pytest.raises(RegistryAnswerError, match="points at in an unknown shape"):
        braintrust.list_aliases(["greeting"])


# -- renaming --


def test_a_title_that_only_repeats_the_name_follows_it(braintrust: BraintrustRegistry) -> None:
    braintrust.save_prompt(prompt("plain"), STAMP)
    braintrust.save_prompt(prompt("titled", title="A greeting"), STAMP)

    for name in ("plain", "titled"):
        braintrust.rename_prompt(name, f"new-{name}")

    found = [braintrust.get_prompt(f"new-{name}") for name in ("plain", "titled")]
    assert [each.prompt.title for each in found if each] == [None, "A greeting"]


def test_a_rename_whose_answer_was_lost_is_looked_at(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(ResetAfterApplying(), "PATCH *")

    braintrust.rename_prompt("greeting", "salutation")

    assert names(braintrust) == ["salutation"]


def test_a_rename_that_did_not_happen_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    service.inject(ResetBeforeApplying(), "PATCH *")

    with pytest.raises(RegistryUnavailableError, match="`greeting` may not be renamed: "):
        braintrust.rename_prompt("greeting", "salutation")
    assert braintrust.get_prompt("greeting") == stored
    assert len([each for each in service.requests if each.method == "PATCH"]) == 1


def test_a_rename_that_is_accepted_and_not_done_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(Edits(lambda _: [], "PATCH *"))
    service.inject(hides("salutation", "GET /v1/prompt?*"))

    with pytest.raises(RegistryAnswerError, match="accepted `salutation` for `greeting`, but"):
        braintrust.rename_prompt("greeting", "salutation")


def test_an_answer_about_another_prompt_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt("other"), STAMP)
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(OldVersionsKeepTheirSlug())
    version = version_of(service, "greeting")
    braintrust.rename_prompt("greeting", "salutation")

    @dataclass(frozen=True)
    class AnswersAnother:
        on: str = "GET /v1/prompt/*"

        def __call__(self, request: Request, serve: Serve) -> Response:
            return json_response({**json.loads(serve(request).body), "id": "7"})

    service.inject(AnswersAnother())

    with pytest.raises(RegistryAnswerError, match="answered with `greeting` where"):
        braintrust.get_prompt("salutation", version=version)


# -- history --


def test_history_names_organisation_project_and_prompt(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)

    braintrust.list_versions("greeting")

    (request,) = [each for each in service.requests if each.path == "/btql"]
    body = json.loads(request.body)
    assert request.headers["x-bt-org-name"] == "Example"
    assert body["query"]["from"]["args"][0]["value"] == service.project("Trader").id
    assert body["query"]["filter"]["right"]["value"] == service.store.prompt_named("greeting").id
    assert (body["audit_log"], body["fmt"]) == (True, "json")


def test_what_was_before_a_deletion_is_another_prompts_history(
    braintrust: BraintrustRegistry,
) -> None:
    braintrust.save_prompt(prompt(text="before"), STAMP)
    braintrust.delete_prompt("greeting")
    stored = braintrust.save_prompt(prompt(text="after"), STAMP)

    assert braintrust.list_versions("greeting") == [stored]


@dataclass(frozen=True)
class EditsHistory:
    """Changes the rows of a prompt's history."""

    edit: Callable[[list[dict[str, Any]]], Any]
    on: str = "POST /btql"

    def __call__(self, request: Request, serve: Serve) -> Response:
        return json_response({"data": self.edit(json.loads(serve(request).body)["data"])})


def test_rows_of_a_deletion_are_no_versions(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    deletion = {"_xact_id": "7", "audit_data": {"action": "delete"}}
    service.inject(EditsHistory(lambda rows: [deletion, *rows]))

    assert braintrust.list_versions("greeting") == [stored]


def test_a_row_that_does_not_hold_the_prompt_is_read_by_its_version(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    saved = [braintrust.save_prompt(prompt(text=text), STAMP) for text in ("one", "two")]
    service.inject(
        EditsHistory(
            lambda rows: [
                {"_xact_id": row["_xact_id"], "audit_data": row["audit_data"]} for row in rows
            ]
        )
    )

    assert braintrust.list_versions("greeting") == saved[::-1]


@pytest.mark.parametrize(
    "rows",
    [
        None,
        {},
        ["text"],
        [{"_xact_id": 7, "audit_data": {"action": "upsert"}}],
        [{"_xact_id": "7", "audit_data": None}],
        [{"_xact_id": "7", "audit_data": {}}],
        [{"_xact_id": "7"}],
    ],
)
def test_a_history_in_an_unknown_shape_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry, rows: object
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(EditsHistory(lambda _: rows))

    with pytest.raises(RegistryAnswerError, match="versions in an unknown shape"):
        braintrust.list_versions("greeting")


def test_a_row_that_names_another_version_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.person.edits("greeting", "Good morning")
    service.inject(UnknownVersionAnswersLatest())
    service.inject(
        EditsHistory(lambda rows: [{**row, "_xact_id": "7"} for row in rows if "merge" in str(row)])
    )

    with pytest.raises(RegistryError):
        braintrust.list_versions("greeting")


# -- deleting --


def test_a_deletion_whose_answer_was_lost_is_looked_at(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    service.inject(ResetAfterApplying(), "DELETE *")

    braintrust.delete_prompt("greeting")

    assert braintrust.get_prompt("greeting") is None


def test_a_deletion_that_did_not_happen_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    stored = braintrust.save_prompt(prompt(), STAMP)
    service.inject(ResetBeforeApplying(), "DELETE *")

    with pytest.raises(RegistryUnavailableError):
        braintrust.delete_prompt("greeting")
    assert braintrust.get_prompt("greeting") == stored


def test_a_prompt_that_is_deleted_meanwhile_is_deleted(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), STAMP)
    deletion = Meanwhile(lambda: service.person.deletes("greeting"))
    service.inject(deletion, "GET /v1/prompt", times=1)

    braintrust.delete_prompt("greeting")

    assert braintrust.get_prompt("greeting") is None


# -- whatever goes wrong --

FAULTS: dict[str, Fault] = {
    "400 as text": Refused(400, "Bad [user_email=person@example.com] key sk-example"),
    "401": key_refused(),
    "403": forbidden(),
    "409": Refused(409),
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
    "another shape": Edits(lambda _: [], "*"),
    "a list of texts": Edits(lambda _: ["x"], "*"),
}

USES: dict[str, Callable[[Registry], object]] = {
    "list": lambda registry: list(registry.list_prompts()),
    "list some": lambda registry: list(registry.list_prompts(wanted=lambda: ["greeting"])),
    "get": lambda registry: registry.get_prompt("greeting"),
    "get by alias": lambda registry: registry.get_prompt("greeting", alias="production"),
    "history": lambda registry: registry.list_versions("greeting"),
    "save": lambda registry: registry.save_prompt(prompt(text="Good morning"), STAMP),
    "promote": lambda registry: registry.set_alias("greeting", "production", "1"),
    "delete": lambda registry: registry.delete_prompt("greeting"),
    "aliases": lambda registry: registry.list_aliases(["greeting", "other"]),
    "rename": lambda registry: registry.rename_prompt("greeting", "salutation"),
}


def failure(use: Callable[[Registry], object], registry: Registry) -> RegistryError | None:
    """Return the error that a use ends with; a lost answer may be made up for."""
    try:
        use(registry)
    except RegistryError as error:
        return error
    return None


def chain(error: BaseException | None) -> str:
    """Return everything that an error and its causes say."""
    links: list[BaseException] = []
    while error is not None:
        assert error not in links
        links.append(error)
        error = error.__cause__ or error.__context__
    return "\n".join(f"{each} {each!r} {getattr(each, 'hint', '')}" for each in links)


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("after", [0, 2])
def test_whatever_goes_wrong_is_an_error_without_a_secret(
    service: BraintrustServer,
    open_braintrust: OpenBraintrust,
    use: Callable[[Registry], object],
    fault: Fault,
    after: int,
) -> None:
    open_braintrust().save_prompt(prompt(), STAMP)
    service.inject(fault, "*", after=after)
    registry = open_braintrust(timeout=0.1)

    said = chain(failure(use, registry))

    assert "person@example.com" not in said
    assert service.api_key not in said


def test_a_service_that_is_down_from_the_start_is_unavailable(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    service.inject(unavailable())

    for use in USES.values():
        with pytest.raises(RegistryUnavailableError):
            use(open_braintrust(timeout=IMPATIENT))


def test_a_write_and_the_look_after_it_stay_within_15_seconds() -> None:
    assert WRITE_SECONDS + LOOK_SECONDS < 15


def test_one_registry_serves_many_threads(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    wanted = fill_with_generated(service, 40)

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(braintrust.get_prompt, wanted))

    assert [each.name for each in found if each] == wanted
    assert len([each for each in service.requests if each.path == "/api/apikey/login"]) == 1


def test_the_address_names_project_and_server(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    host = service.url.removeprefix("http://")

    assert open_braintrust().address == f'braintrust project "Trader" ({host})'
    assert open_braintrust(project=None, project_id="7").address == (
        f"braintrust project 7 ({host})"
    )
    assert open_braintrust(api_url="https://api-eu.braintrust.dev/").address == (
        'braintrust project "Trader" (api-eu.braintrust.dev)'
    )


def test_a_registry_can_be_used_after_a_failure(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(RateLimited(retry_after=0))
    with pytest.raises(RegistryUnavailableError):
        list(braintrust.list_prompts())

    service.faults.clear()

    assert braintrust.save_prompt(chat(user="Hello"), STAMP).prompt == chat(user="Hello")
