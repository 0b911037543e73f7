"""Lists of prompts: order, pages and filters."""

from __future__ import annotations

import pytest

from tests.fakes.braintrust import BraintrustServer, generated_prompts, seed
from tests.fakes.calls import call, put, wait_for_the_next_millisecond

pytestmark = pytest.mark.network

NOBODY = "00000000-0000-4000-8000-000000000000"


def test_the_newest_born_comes_first_even_when_an_older_one_is_rewritten(
    service: BraintrustServer,
) -> None:
    for slug in ("a", "b", "c"):
        put(service, slug)
    wait_for_the_next_millisecond()
    put(service, "a", description="Rewritten")

    assert call(service, "GET /v1/prompt").slugs == ["c", "b", "a"]


def test_pages_follow_one_another_and_a_full_last_page_costs_an_empty_one(
    service: BraintrustServer,
) -> None:
    ids = {slug: put(service, slug)["id"] for slug in ("a", "b", "c", "d")}

    def page(query: str) -> list[str]:
        return call(service, f"GET /v1/prompt?limit=2{query}").slugs

    assert page("") == ["d", "c"]
    assert page(f"&starting_after={ids['c']}") == ["b", "a"]
    assert page(f"&starting_after={ids['a']}") == []
    assert page(f"&ending_before={ids['a']}") == ["c", "b"]
    assert page(f"&ending_before={ids['d']}") == []


def test_a_list_without_a_limit_is_whole(service: BraintrustServer) -> None:
    seed(service.store, service.project("Trader"), generated_prompts(1200))

    assert len(call(service, "GET /v1/prompt").objects) == 1200
    assert call(service, "GET /v1/prompt?limit=0").objects == []


def test_prompts_of_one_transaction_are_paged_like_others(service: BraintrustServer) -> None:
    functions = [
        {
            "project_id": service.project("Trader").id,
            "name": slug,
            "slug": slug,
            "function_data": {"type": "prompt"},
            "if_exists": "error",
        }
        for slug in ("a", "b", "c")
    ]
    written = call(service, "POST /insert-functions", {"functions": functions}).json
    last = written["functions"][-1]["id"]

    page = call(service, f"GET /v1/prompt?limit=2&starting_after={last}")

    assert page.slugs == ["b", "a"]


def test_a_cursor_outlives_its_prompt(service: BraintrustServer) -> None:
    ids = {slug: put(service, slug)["id"] for slug in ("a", "b", "c")}
    service.person.deletes("b")

    assert call(service, f"GET /v1/prompt?starting_after={ids['b']}").slugs == ["a"]


@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=many",
        "starting_after=greeting",
        f"starting_after={NOBODY}",
        f"starting_after={NOBODY}&ending_before={NOBODY}",
        "ids=greeting",
        "project_id=Trader",
        "slug=a&version=latest",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(service: BraintrustServer, query: str) -> None:
    put(service, "a")

    refused = call(service, f"GET /v1/prompt?{query}")

    assert refused.status == 400
    assert "[user_email=person@example.com]" in refused.text


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("slug=a", ["a"]),
        ("slug=nobody", []),
        ("prompt_name=B", ["b"]),
        ("project_name=Trader", ["b", "a"]),
        ("project_name=Trader&slug=b", ["b"]),
        ("project_name=Nobody", []),
        (f"project_id={NOBODY}", []),
        ("org_name=Example&limit=1", ["b"]),
        ("org_name=Nobody", []),
        ("slug=a&version=1", []),
    ],
)
def test_filters_narrow_a_list(service: BraintrustServer, query: str, slugs: list[str]) -> None:
    put(service, "a")
    put(service, "b")

    assert call(service, f"GET /v1/prompt?{query}").slugs == slugs


def test_ids_may_be_named_several_times(service: BraintrustServer) -> None:
    a, _, c = (put(service, slug)["id"] for slug in ("a", "b", "c"))

    assert call(service, f"GET /v1/prompt?ids={a}&ids={c}").slugs == ["c", "a"]


def test_a_project_id_narrows_to_its_project(service: BraintrustServer) -> None:
    put(service, "a")
    other = call(service, "POST /v1/project", {"name": "Other"}).json
    put(service, "b", project_id=other["id"])

    assert call(service, f"GET /v1/prompt?project_id={other['id']}").slugs == ["b"]


def test_a_slug_may_live_in_several_projects(service: BraintrustServer) -> None:
    other = call(service, "POST /v1/project", {"name": "Other"}).json
    ids = [put(service, "a", project_id=other["id"])["id"], put(service, "a")["id"]]

    found = call(service, "GET /v1/prompt?slug=a").objects

    assert [prompt["id"] for prompt in found] == ids[::-1]


def test_a_list_that_was_asked_for_before_shows_what_changed_since(
    service: BraintrustServer,
) -> None:
    before = call(service, "GET /v1/prompt?limit=10").slugs
    put(service, "a")

    assert (before, call(service, "GET /v1/prompt?limit=10").slugs) == ([], ["a"])
