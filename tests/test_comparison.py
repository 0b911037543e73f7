"""The one comparison of files and registry, end to end: every status, scopes, aliases, carriers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from promptsync.catalog import Catalog, load_catalog
from promptsync.comparison import FEW, Comparison, compare
from promptsync.content_hash import content_hash
from promptsync.listing import Listing
from promptsync.parallel_requests import in_parallel
from promptsync.prompt import Prompt
from promptsync.prompt_sources import PromptSource
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.renames import WasHere
from promptsync.scope import IsTakenIn, Scope
from promptsync.status import LocalPrompt, PromptState, Status
from tests.builders import prompt
from tests.fakes.braintrust import BraintrustServer, PageCap, braintrust_server

HERE = "https://example.com/team/prompts.git"


def never(_: LocalPrompt, __: RemotePrompt) -> bool:
    return False


def always(_: LocalPrompt, __: RemotePrompt) -> bool:
    return True


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[LocalRegistry]:
    """Return an empty registry."""
    registry = LocalRegistry(f"sqlite:///{tmp_path / 'registry.db'}")
    yield registry
    registry.close()


def catalog(**texts: str) -> Catalog:
    sources = [
        PromptSource(f"prompts/{name}.md", name, text.encode()) for name, text in texts.items()
    ]
    loaded = load_catalog(sources, kind="local")
    assert loaded.problems == ()
    return loaded


def stamp(stamped: Prompt, repository: str | None = HERE) -> Stamp:
    return Stamp(
        content_hash=content_hash(stamped, "local"),
        path="prompts/old.md",
        file_sha256="0" * 64,
        repository=repository,
    )


def upload(registry: LocalRegistry, name: str, text: str, **details: str) -> RemotePrompt:
    each = prompt(name, text, **details)
    return registry.save_prompt(each, stamp(each))


def edit(registry: LocalRegistry, name: str, text: str) -> RemotePrompt:
    return registry.edit_prompt(name, lambda there: replace(there, content=text))


def states(
    loaded: Catalog,
    registry: LocalRegistry | BraintrustRegistry,
    scope: Scope | None = None,
    *,
    is_taken_in: IsTakenIn = never,
) -> dict[str, PromptState]:
    found = compare(loaded, registry, scope=scope or Scope(), is_taken_in=is_taken_in)
    assert [state.name for state in found] == sorted(state.name for state in found)
    return {state.name: state for state in found}


def statuses(found: dict[str, PromptState]) -> dict[str, str]:
    return {name: state.status.value for name, state in found.items()}


# -- every status --


def test_every_status_is_found(registry: LocalRegistry) -> None:
    for name in ("same", "ahead", "drift", "both", "gone"):
        upload(registry, name, "as uploaded")
    edit(registry, "drift", "edited")
    edit(registry, "both", "edited")
    registry.save_prompt(prompt("foreign"), None)
    loaded = catalog(
        same="as uploaded\n",
        ahead="moved on\n",
        drift="as uploaded\n",
        both="moved on\n",
        fresh="new\n",
    )

    found = states(loaded, registry)

    assert statuses(found) == {
        "ahead": "behind",
        "both": "diverged",
        "drift": "drifted",
        "foreign": "unmanaged",
        "fresh": "new",
        "gone": "removed",
        "same": "in_sync",
    }
    known = states(loaded, registry, is_taken_in=always)
    assert {name: state.status for name, state in known.items() if state != found[name]} == {
        "ahead": Status.MODIFIED,
        "both": Status.MODIFIED,
    }


def test_a_state_holds_both_sides(registry: LocalRegistry) -> None:
    stored = upload(registry, "greeting", "as uploaded")
    loaded = catalog(greeting="moved on\n")

    assert states(loaded, registry) == {
        "greeting": PromptState(
            name="greeting",
            status=Status.BEHIND,
            local=loaded.prompts["greeting"],
            remote=stored,
        )
    }


def test_the_past_is_asked_only_where_it_decides(registry: LocalRegistry) -> None:
    upload(registry, "same", "as uploaded")
    upload(registry, "drift", "as uploaded")
    edit(registry, "drift", "edited")
    upload(registry, "ahead", "as uploaded")
    asked = []

    def is_taken_in(local: LocalPrompt, remote: RemotePrompt) -> bool:
        asked.append((local.prompt.name, remote.name))
        return True

    loaded = catalog(same="as uploaded\n", drift="as uploaded\n", ahead="moved on\n", fresh="new\n")
    states(loaded, registry, is_taken_in=is_taken_in)

    assert asked == [("ahead", "ahead")]


def test_partials_are_not_compared(registry: LocalRegistry) -> None:
    loaded = catalog(greeting="{{> rules}}\n", rules="---\npartial: true\n---\n\nBe brief.\n")
    upload(registry, "greeting", "Be brief.")

    assert statuses(states(loaded, registry)) == {"greeting": "in_sync"}


def test_other_details_are_told_and_are_no_status(registry: LocalRegistry) -> None:
    upload(registry, "stated", "Hello", title="Old")
    upload(registry, "left-out", "Hello", title="Old", description="Old")
    loaded = catalog(**{"stated": "---\ntitle: New\n---\n\nHello\n", "left-out": "Hello\n"})

    found = states(loaded, registry)

    assert statuses(found) == {"left-out": "in_sync", "stated": "in_sync"}
    assert [name for name, state in found.items() if state.details_differ] == ["stated"]


# -- names --


def test_a_prompt_is_found_under_the_name_it_is_served_by(registry: LocalRegistry) -> None:
    upload(registry, "hello", "Hello")
    loaded = catalog(greeting="---\nlocal:\n  slug: hello\n---\n\nHello\n")

    found = states(loaded, registry)

    assert statuses(found) == {"greeting": "in_sync"}
    assert statuses(states(loaded, registry, Scope(names=["greeting"]))) == {"greeting": "in_sync"}


def test_whoever_names_prompts_gets_no_others(registry: LocalRegistry) -> None:
    upload(registry, "greeting", "Hello")
    upload(registry, "gone", "Hello")
    loaded = catalog(greeting="Hello\n", other="Hello\n")

    assert statuses(states(loaded, registry, Scope(names=["other"]))) == {"other": "new"}
    assert states(loaded, registry, Scope(names=[])) == {}


@pytest.mark.parametrize("count", [FEW, FEW + 1])
def test_few_and_many_names_are_compared_alike(registry: LocalRegistry, count: int) -> None:
    names = [f"prompt-{number}" for number in range(count)]
    for name in names[1:]:
        upload(registry, name, "Hello")
    loaded = catalog(**dict.fromkeys([*names, "left-out"], "Hello\n"))

    found = states(loaded, registry, Scope(names=names))

    assert statuses(found) == dict.fromkeys(names, "in_sync") | {names[0]: "new"}


@pytest.mark.parametrize(
    ("home", "status"),
    [
        (HERE, Status.REMOVED),
        (None, Status.REMOVED),
        ("https://example.com/team/prompts", Status.REMOVED),
        ("https://EXAMPLE.com/team/prompts.git/", Status.REMOVED),
        ("git@example.com:team/prompts.git", Status.REMOVED),
        ("ssh://git@example.com/team/prompts", Status.REMOVED),
        ("https://example.com/team/other.git", Status.UNMANAGED),
        ("https://example.org/team/prompts.git", Status.UNMANAGED),
        ("../prompts.git", Status.UNMANAGED),
    ],
)
def test_what_another_repository_uploaded_is_not_removed_here(
    registry: LocalRegistry, home: str | None, status: Status
) -> None:
    each = prompt("theirs")
    registry.save_prompt(each, stamp(each, home))

    found = states(catalog(), registry, Scope(complete=True, repository=lambda: HERE))["theirs"]

    assert found.status is status
    assert found.note == (None if status is Status.REMOVED else f"uploaded from {home}")


def test_without_an_address_of_ones_own_every_stamped_prompt_is_removed(
    registry: LocalRegistry,
) -> None:
    upload(registry, "gone", "Hello")

    assert statuses(states(catalog(), registry)) == {"gone": "removed"}


# -- aliases and carriers --


def test_an_alias_says_which_version_is_compared(registry: LocalRegistry) -> None:
    first = upload(registry, "greeting", "first")
    upload(registry, "greeting", "second")
    registry.set_alias("greeting", "production", first.version)
    upload(registry, "unaliased", "Hello")
    upload(registry, "gone", "Hello")
    loaded = catalog(greeting="first\n", unaliased="Hello\n", fresh="Hello\n")

    found = states(loaded, registry, Scope(alias="production"))

    assert statuses(found) == {
        "fresh": "new",
        "gone": "removed",
        "greeting": "in_sync",
        "unaliased": "new",
    }
    assert found["greeting"].remote == first


def test_an_alias_that_points_nowhere_says_so_and_finds_the_version(
    registry: LocalRegistry,
) -> None:
    stored = upload(registry, "greeting", "Hello")
    loaded = catalog(greeting="Hello\n")

    (state,) = states(loaded, registry, Scope(alias="production")).values()

    assert (state.status, state.carrier) == (Status.NEW, stored)
    assert state.note == "alias `production` points at no version"


@pytest.mark.parametrize("is_taken_in", [never, always])
def test_an_edit_later_than_what_an_alias_points_at_is_found(
    registry: LocalRegistry, is_taken_in: IsTakenIn
) -> None:
    first = upload(registry, "greeting", "first")
    registry.set_alias("greeting", "production", first.version)
    registry.edit_prompt("greeting", lambda old: replace(old, content="edited"))
    loaded = catalog(greeting="second\n")

    scope = Scope(alias="production", latest=True)
    (state,) = compare(loaded, registry, scope=scope, is_taken_in=is_taken_in)

    assert state.remote == first
    assert state.latest == registry.get_prompt("greeting")
    assert state.has_later_edit is (is_taken_in is never)


@pytest.mark.parametrize("adopts", [False, True])
def test_the_past_of_what_gets_no_version_is_not_asked_for(
    registry: LocalRegistry, adopts: bool
) -> None:
    first = registry.save_prompt(prompt("greeting", "first"), None)
    registry.set_alias("greeting", "production", first.version)
    registry.save_prompt(prompt("greeting", "a draft"), None)
    asked: list[str | None] = []

    def is_taken_in(_: LocalPrompt, remote: RemotePrompt) -> bool:
        asked.append(remote.version)
        return False

    scope = Scope(alias="production", latest=True, adopts=adopts)
    (state,) = compare(catalog(greeting="first\n"), registry, scope=scope, is_taken_in=is_taken_in)

    assert (state.status, state.has_later_edit) == (Status.IN_SYNC, adopts)
    assert asked == (["2"] if adopts else [])


@pytest.mark.parametrize("text", ["uploaded elsewhere", "first", "second"])
def test_what_was_uploaded_later_is_no_edit(registry: LocalRegistry, text: str) -> None:
    first = upload(registry, "greeting", "first")
    registry.set_alias("greeting", "production", first.version)
    latest = upload(registry, "greeting", text)

    scope = Scope(alias="production", latest=True)
    (state,) = states(catalog(greeting="second\n"), registry, scope).values()

    assert (state.latest, state.has_later_edit) == (latest, False)


def test_a_brief_comparison_looks_for_no_carrier(registry: LocalRegistry) -> None:
    upload(registry, "greeting", "Hello")

    (state,) = states(
        catalog(greeting="Hello\n"), registry, Scope(alias="production", brief=True)
    ).values()

    assert (state.carrier, state.note) == (None, None)


def test_a_carrier_is_the_newest_version_with_the_content(registry: LocalRegistry) -> None:
    upload(registry, "greeting", "Hello")
    again = upload(registry, "greeting", "Hello")
    upload(registry, "greeting", "Something else")
    loaded = catalog(greeting="Hello\n", fresh="Hello\n", lost="Hello\n")
    upload(registry, "lost", "Something else")

    found = states(loaded, registry, Scope(carriers=True))

    assert {name: state.carrier for name, state in found.items()} == {
        "fresh": None,
        "greeting": again,
        "lost": None,
    }


def test_equal_content_needs_no_carrier(registry: LocalRegistry) -> None:
    upload(registry, "greeting", "Hello")

    (state,) = states(catalog(greeting="Hello\n"), registry, Scope(carriers=True)).values()

    assert (state.status, state.carrier) == (Status.IN_SYNC, None)


# -- what counts as agreement --


def comparison(found: dict[str, PromptState]) -> Comparison:
    return Comparison(states=tuple(found.values()))


def test_git_and_registry_agree_when_nothing_differs(registry: LocalRegistry) -> None:
    upload(registry, "same", "Hello")
    upload(registry, "gone", "Hello")
    registry.save_prompt(prompt("foreign"), None)

    found = comparison(states(catalog(same="Hello\n"), registry))

    assert found.in_sync
    assert found.summary == {"in_sync": 1, "removed": 1, "unmanaged": 1}
    strict = replace(found, strict=True)
    assert [state.name for state in strict.differing] == ["foreign", "gone"]
    assert not strict.in_sync


def test_any_version_is_enough_for_a_branch(registry: LocalRegistry) -> None:
    upload(registry, "carried", "Hello")
    upload(registry, "carried", "Something else")
    loaded = catalog(carried="Hello\n", fresh="Hello\n")

    found = states(loaded, registry, Scope(carriers=True))

    assert [state.name for state in comparison(found).differing] == ["carried", "fresh"]
    uploaded = replace(comparison(found), uploaded_is_enough=True)
    assert [state.name for state in uploaded.differing] == ["fresh"]


# -- listings --


def test_a_listing_may_begin_before_the_files_are_read(registry: LocalRegistry) -> None:
    upload(registry, "greeting", "Hello")
    listing = Listing(registry, complete=False)

    (state,) = compare(
        catalog(greeting="Hello\n"),
        registry,
        scope=Scope(),
        is_taken_in=never,
        listing=listing,
    )

    assert state.status is Status.IN_SYNC


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a Braintrust whose lists have five prompts to a page."""
    with braintrust_server(PageCap(5)) as service:
        yield service


@pytest.fixture
def braintrust(service: BraintrustServer) -> Iterator[BraintrustRegistry]:
    registry = BraintrustRegistry(project="Trader", api_key=service.api_key, app_url=service.url)
    yield registry
    registry.close()


def braintrust_catalog(names: Sequence[str]) -> Catalog:
    sources = [PromptSource(f"prompts/{name}.md", name, b"Hello\n") for name in names]
    return load_catalog(sources, kind="braintrust")


@pytest.mark.network
def test_a_page_cap_hides_no_prompt(braintrust: BraintrustRegistry) -> None:
    names = [f"prompt-{number:02}" for number in range(12)]
    for name in names:
        braintrust.save_prompt(prompt(name, "Hello"), None)

    for scope in (Scope(), Scope(complete=True), Scope(names=names)):
        found = states(braintrust_catalog(names), braintrust, scope)
        assert statuses(found) == dict.fromkeys(names, "in_sync")


@pytest.mark.network
def test_a_wanted_name_that_a_listing_left_out_is_asked_for(
    braintrust: BraintrustRegistry, service: BraintrustServer
) -> None:
    names = [f"prompt-{number:02}" for number in range(12)]
    for name in names[1:]:
        braintrust.save_prompt(prompt(name, "Hello"), None)
    before = len(service.requests)

    found = states(braintrust_catalog(names), braintrust)

    assert statuses(found) == dict.fromkeys(names, "in_sync") | {names[0]: "new"}
    asked = [request.first("slug") for request in service.requests[before:]]
    assert names[0] in asked


def test_answers_come_in_the_order_of_the_questions() -> None:
    assert list(in_parallel(lambda number: number * 2, range(100))) == list(range(0, 200, 2))


# -- renames --


NEW = {"new": "Hello\n"}


def successions(
    registry: LocalRegistry,
    texts: Mapping[str, str],
    *names: str,
    was_here: WasHere = lambda _: True,
    alias: str | None = None,
) -> dict[str, tuple[list[str], int]]:
    """Return for each new prompt the names it may have had, and how many files share them."""
    scope = Scope(names=list(names) or None, alias=alias, was_here=was_here)
    found = states(catalog(**texts), registry, scope).values()
    return {
        each.name: ([gone.name for gone in each.succession.candidates], each.succession.heirs)
        for each in found
        if each.succession
    }


def test_a_new_prompt_may_be_a_removed_one(registry: LocalRegistry) -> None:
    upload(registry, "old", "Hello")
    upload(registry, "other", "Something else")
    upload(registry, "kept", "Hello")
    texts = {"kept": "Hello\n", "new": "Hello\n"}

    assert successions(registry, texts) == {"new": (["old"], 1)}
    assert successions(registry, texts, "new") == {"new": (["old"], 1)}


def test_without_being_asked_nobody_looks_for_renames(registry: LocalRegistry) -> None:
    upload(registry, "old", "Hello")

    assert states(catalog(new="Hello\n"), registry)["new"].succession is None


def test_every_candidate_is_told(registry: LocalRegistry) -> None:
    for name in ("old", "older"):
        upload(registry, name, "Hello")

    assert successions(registry, NEW) == {"new": (["old", "older"], 1)}


def test_every_heir_counts_also_one_that_is_not_looked_at(registry: LocalRegistry) -> None:
    upload(registry, "old", "Hello")
    texts = {"one": "Hello\n", "two": "Hello\n"}

    assert successions(registry, texts) == {"one": (["old"], 2), "two": (["old"], 2)}
    assert successions(registry, texts, "one") == {"one": (["old"], 2)}


def test_what_nobody_uploaded_from_here_is_no_candidate(registry: LocalRegistry) -> None:
    registry.save_prompt(prompt("unmanaged", "Hello"), None)
    upload(registry, "elsewhere", "Hello")

    assert successions(registry, NEW, was_here=lambda _: False) == {}
    assert successions(registry, NEW) == {"new": (["elsewhere"], 1)}


def test_only_equal_content_makes_a_candidate(registry: LocalRegistry) -> None:
    upload(registry, "old", "Hello")
    edit(registry, "old", "Hello, edited")

    assert successions(registry, NEW) == {}
    assert successions(registry, {"new": "Hello, edited\n"}) == {"new": (["old"], 1)}


def test_an_alias_that_points_nowhere_makes_no_prompt_new(registry: LocalRegistry) -> None:
    upload(registry, "old", "Hello")
    upload(registry, "there", "Something else")

    texts = {"there": "Hello\n", "new": "Hello\n"}
    assert successions(registry, texts, alias="live") == {"new": (["old"], 1)}
    assert successions(registry, texts, "there", "new", alias="live") == {"new": (["old"], 1)}


def test_what_a_registry_cannot_rename_is_said(registry: LocalRegistry) -> None:
    class KeepsNames(LocalRegistry):
        can_rename = False

    upload(registry, "old", "Hello")
    other = KeepsNames(registry.address)
    found = states(catalog(new="Hello\n"), other, Scope(was_here=lambda _: True))["new"]
    other.close()

    assert found.succession is not None
    assert found.succession.predecessor is not None
    assert found.succession.to_rename is None
    assert found.note == ("was `old` before: this registry cannot rename, so a new history begins")
