"""Uploads are carried out, verified, and told one by one, whatever the registry does meanwhile."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from promptsync.apply import Outcome, apply_upload, check_supported
from promptsync.catalog import Catalog, load_catalog
from promptsync.change_writer import to_upload
from promptsync.comparison import compare
from promptsync.errors import (
    ConflictError,
    HashMismatchError,
    RegistryRefusedError,
)
from promptsync.parallel_requests import PARALLEL_REQUESTS
from promptsync.plan import Action, Change, Plan
from promptsync.prompt_sources import PromptSource
from promptsync.registries.base import Registry
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.scope import Scope
from promptsync.status import LocalPrompt, PromptState, Status
from promptsync.upload_plan import UploadOptions, make_upload_plan
from tests.builders import Repo, prompt
from tests.fakes.braintrust import (
    API_KEY,
    BraintrustServer,
    DropsMetadataEverywhere,
    Hangs,
    Meanwhile,
    Refused,
    RewritesText,
    braintrust_server,
    unavailable,
)

OpenRegistry = Callable[[], Registry]


def stamp(local: LocalPrompt) -> Stamp:
    return Stamp(content_hash=local.content_hash, path=local.path, file_sha256=local.file_sha256)


def always(_: LocalPrompt, __: RemotePrompt) -> bool:
    return True


def catalog(kind: str = "local", **texts: str) -> Catalog:
    sources = [
        PromptSource(f"prompts/{name}.md", name, text.encode()) for name, text in texts.items()
    ]
    loaded = load_catalog(sources, kind=kind)
    assert loaded.problems == ()
    return loaded


def plan(
    loaded: Catalog,
    registry: Registry,
    *,
    alias: str | None = None,
    options: UploadOptions | None = None,
) -> Plan:
    states = compare(loaded, registry, scope=Scope(alias=alias, complete=True), is_taken_in=always)
    return make_upload_plan(
        states, registry="test", alias=alias, options=options or UploadOptions()
    )


def apply(planned: Plan, registry: Registry) -> dict[str, Outcome]:
    outcomes = list(apply_upload(planned, registry, make_stamp=stamp))
    assert sorted(each.change.name for each in outcomes) == [each.name for each in planned.changes]
    return {each.change.name: each for each in outcomes}


def upload(
    registry: Registry, *, alias: str | None = None, kind: str = "local", **texts: str
) -> dict[str, Outcome]:
    loaded = catalog(kind, **texts)
    return apply(plan(loaded, registry, alias=alias), registry)


def latest(registry: Registry, name: str = "greeting", alias: str | None = None) -> RemotePrompt:
    found = registry.get_prompt(name, alias=alias)
    assert found is not None
    return found


def refused(outcomes: dict[str, Outcome], name: str = "greeting") -> ConflictError:
    error = outcomes[name].error
    assert isinstance(error, ConflictError)
    assert not outcomes[name].done
    return error


@pytest.fixture
def open_local(tmp_path: Path) -> Iterator[OpenRegistry]:
    """Return a function that opens the same embedded registry once more."""
    opened: list[LocalRegistry] = []

    def open_local() -> LocalRegistry:
        opened.append(LocalRegistry(f"sqlite:///{tmp_path / 'registry.db'}"))
        return opened[-1]

    yield open_local
    for each in opened:
        each.close()


@pytest.fixture
def registry(open_local: OpenRegistry) -> Registry:
    """Return an empty embedded registry."""
    return open_local()


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a running Braintrust."""
    with braintrust_server(environments=("production",)) as service:
        yield service


@pytest.fixture
def open_braintrust(service: BraintrustServer) -> Iterator[OpenRegistry]:
    """Return a function that opens a registry in that Braintrust once more."""
    opened: list[BraintrustRegistry] = []

    def open_braintrust() -> BraintrustRegistry:
        opened.append(BraintrustRegistry(project="Trader", api_key=API_KEY, app_url=service.url))
        return opened[-1]

    yield open_braintrust
    for each in opened:
        each.close()


@pytest.fixture
def braintrust(open_braintrust: OpenRegistry) -> Registry:
    """Return a registry in that Braintrust."""
    return open_braintrust()


# -- what is written --


def test_what_is_uploaded_is_there_with_its_stamp(registry: Registry) -> None:
    loaded = catalog(greeting="---\ntitle: Greeting\n---\n\nHello\n", other="Other\n")

    outcomes = apply(plan(loaded, registry), registry)

    assert outcomes == {
        name: Outcome(
            change=Change(
                Action.CREATE, PromptState(name=name, status=Status.NEW, local=loaded.prompts[name])
            ),
            stored=latest(registry, name),
        )
        for name in ("greeting", "other")
    }
    assert all(each.done for each in outcomes.values())
    assert latest(registry).prompt == prompt(text="Hello", title="Greeting")
    assert latest(registry).stamp == stamp(loaded.prompts["greeting"])


def test_uploading_again_plans_nothing(registry: Registry) -> None:
    upload(registry, greeting="Hello\n")

    assert plan(catalog(greeting="Hello\n"), registry).changes == ()
    assert upload(registry, greeting="Hello\n") == {}


def test_a_prompt_is_stored_expanded_under_its_served_name(registry: Registry) -> None:
    upload(
        registry,
        greeting="---\nlocal:\n  slug: hello\n---\n\n{{> rules}}\n\\{{> text}}\n",
        rules="---\npartial: true\n---\n\nBe brief.\n",
    )

    assert [each.prompt for each in registry.list_prompts()] == [
        prompt("hello", "Be brief.\n{{> text}}")
    ]


def test_details_that_the_file_leaves_out_stay_in_the_registry(registry: Registry) -> None:
    there = prompt(
        text="Old",
        title="Old title",
        description="Old description",
        tags=("old",),
        metadata={"owner": "ada", "since": 2024},
    )
    registry.save_prompt(there, None)

    upload(
        registry,
        greeting="---\ntitle: New title\nmetadata:\n  owner: ben\n---\n\nNew\n",
    )

    assert latest(registry).prompt == replace(
        there, content="New", title="New title", metadata={"owner": "ben", "since": 2024}
    )


def test_details_alone_make_a_version(registry: Registry) -> None:
    upload(registry, greeting="Hello\n")

    outcomes = upload(registry, greeting="---\ntitle: Greeting\n---\n\nHello\n")

    assert outcomes["greeting"].change.action is Action.DETAILS
    assert latest(registry).prompt.title == "Greeting"


def test_equal_content_is_adopted(registry: Registry) -> None:
    registry.save_prompt(prompt(text="Hello", title="Theirs"), None)
    loaded = catalog(greeting="Hello\n")

    apply(plan(loaded, registry, options=UploadOptions(adopt=True)), registry)

    assert latest(registry).stamp == stamp(loaded.prompts["greeting"])
    assert latest(registry).prompt.title == "Theirs"


def test_a_prompt_whose_file_is_gone_is_removed_when_asked(registry: Registry) -> None:
    upload(registry, greeting="Hello\n", gone="Bye\n")
    loaded = catalog(greeting="Hello\n")

    outcomes = apply(plan(loaded, registry, options=UploadOptions(prune=True)), registry)

    assert [(each.done, each.stored) for each in outcomes.values()] == [(True, None)]
    assert [each.name for each in registry.list_prompts()] == ["greeting"]


def test_an_alias_is_set_with_the_first_upload(registry: Registry) -> None:
    outcomes = upload(registry, alias="production", greeting="Hello\n")

    assert latest(registry, alias="production") == outcomes["greeting"].stored


def test_with_an_alias_the_latest_version_may_be_anybodys(registry: Registry) -> None:
    upload(registry, alias="production", greeting="Hello\n")
    registry.save_prompt(prompt(text="A draft"), None)

    upload(registry, alias="production", greeting="Hello again\n")

    assert latest(registry, alias="production").prompt.content == "Hello again"
    assert [each.prompt.content for each in registry.list_versions("greeting")] == [
        "Hello again",
        "A draft",
        "Hello",
    ]


@pytest.mark.parametrize("alias", ["production", "new"])
def test_with_an_alias_an_edit_since_the_plan_is_not_buried(
    registry: LocalRegistry, alias: str
) -> None:
    upload(registry, alias="production", greeting="Hello\n")
    scope = Scope(alias=alias, latest=True)
    states = compare(catalog(greeting="Hello again\n"), registry, scope=scope, is_taken_in=always)
    registry.edit_prompt("greeting", lambda there: replace(there, content="Hey"))

    outcomes = apply(make_upload_plan(states, registry="test", alias=alias), registry)

    assert "in the registry since the plan was made" in refused(outcomes).message
    assert latest(registry).prompt.content == "Hey"


def test_pruning_works_under_an_alias(registry: Registry) -> None:
    upload(registry, alias="production", gone="Hello\n")
    registry.save_prompt(prompt("gone", "A later version"), latest(registry, "gone").stamp)
    planned = plan(catalog(), registry, alias="production", options=UploadOptions(prune=True))

    outcomes = apply(planned, registry)

    assert outcomes["gone"].done
    assert list(registry.list_prompts()) == []


def test_what_is_promoted_is_not_written_again(registry: Registry) -> None:
    upload(registry, greeting="Hello\n")
    before = registry.list_versions("greeting")

    outcomes = upload(registry, alias="production", greeting="Hello\n")

    assert outcomes["greeting"].change.action is Action.PROMOTE
    assert registry.list_versions("greeting") == before
    assert latest(registry, alias="production") == before[0]


# -- renames --


def seed_plan(registry: Registry, kind: str = "local", **texts: str) -> Plan:
    """Plan what of some prompts an alias lacks."""
    scope = Scope(alias="production", latest=True, only_missing=True)
    states = compare(catalog(kind, **texts), registry, scope=scope, is_taken_in=always)
    options = UploadOptions(only_missing=True)
    return make_upload_plan(states, registry="local", alias="production", options=options)


def test_what_another_seed_created_and_has_not_given_the_alias_yet_gets_it(
    registry: Registry,
) -> None:
    planned = seed_plan(registry, greeting="Hello", farewell="Bye")
    upload(registry, greeting="Hello", farewell="Ciao")

    outcomes = apply(planned, registry)

    assert all(each.skipped for each in outcomes.values())
    assert registry.list_aliases(["greeting", "farewell"]) == {"greeting": {"production": "1"}}


def test_an_alias_that_another_seed_set_meanwhile_stays(registry: Registry) -> None:
    upload(registry, greeting="Hello")
    planned = seed_plan(registry, greeting="Hello")
    there = registry.save_prompt(prompt("greeting", "Edited"), None)
    registry.set_alias("greeting", "production", there.version)

    outcome = apply(planned, registry)["greeting"]

    assert (outcome.skipped, outcome.stored) == (True, there)
    assert registry.list_aliases(["greeting"]) == {"greeting": {"production": "2"}}


def test_an_alias_that_was_set_between_the_plan_and_a_lost_creation_stays(
    registry: Registry,
) -> None:
    planned = seed_plan(registry, greeting="Hello")
    upload(registry, greeting="Hi")
    registry.set_alias("greeting", "production", "1")
    registry.save_prompt(prompt("greeting", "Hello"), None)

    assert apply(planned, registry)["greeting"].skipped
    assert registry.list_aliases(["greeting"]) == {"greeting": {"production": "1"}}


@pytest.mark.network
def test_a_seed_leaves_alone_what_another_one_stored_right_behind_its_own_version(
    braintrust: Registry, open_braintrust: OpenRegistry, service: BraintrustServer
) -> None:
    planned = seed_plan(braintrust, "braintrust", greeting="Hello\n")
    other = open_braintrust()
    event = Meanwhile(lambda: other.save_prompt(prompt(text="Ciao"), None))
    service.inject(event, "PUT /v1/prompt", times=1)

    outcome = apply(planned, braintrust)["greeting"]

    assert (outcome.error, outcome.skipped) == (None, True)
    assert outcome.stored == latest(other)
    assert [each.prompt.content for each in other.list_versions("greeting")] == ["Ciao", "Hello"]
    assert other.list_aliases(["greeting"]) == {}  # the other one is about to set it


@pytest.mark.network
@pytest.mark.parametrize("text", ["Hello", "Ciao"])
def test_a_seed_that_is_refused_an_alias_takes_what_another_one_set_at_that_moment(
    braintrust: Registry, open_braintrust: OpenRegistry, service: BraintrustServer, text: str
) -> None:
    planned = seed_plan(braintrust, "braintrust", greeting="Hello\n")
    other = open_braintrust()

    def seeds() -> None:
        stored = other.save_prompt(prompt(text=text), None)
        other.set_alias("greeting", "production", stored.version)

    service.inject(Refused(409), "PUT /environment-object/*", times=1)
    service.inject(Meanwhile(seeds), "PUT /environment-object/*", times=1)

    outcome = apply(planned, braintrust)["greeting"]

    served = latest(other, alias="production")
    assert (outcome.error, outcome.skipped) == (None, text == "Ciao")
    assert outcome.stored == served
    assert served.prompt.content == text


def rename_plan(
    registry: Registry, *, kind: str = "local", alias: str | None = None, text: str = "Hello\n"
) -> Plan:
    """Plan the upload of `new`, which has the content that `old` has in the registry."""
    loaded = catalog(kind, new=text)
    scope = Scope(alias=alias, complete=True, was_here=lambda _: True)
    states = compare(loaded, registry, scope=scope, is_taken_in=always)
    return make_upload_plan(states, registry="test", alias=alias)


def test_a_prompt_is_renamed_and_keeps_its_versions_and_stamp(registry: Registry) -> None:
    upload(registry, alias="production", old="Hi\n")
    upload(registry, old="Hello\n")
    before = registry.list_versions("old")

    outcomes = apply(rename_plan(registry), registry)

    after = registry.list_versions("new")
    assert outcomes["new"].change.action is Action.RENAME
    assert outcomes["new"].stored == after[0]
    assert [(each.version, each.content_hash, each.stamp) for each in after] == [
        (each.version, each.content_hash, each.stamp) for each in before
    ]
    assert registry.get_prompt("old") is None
    assert registry.list_aliases(["new"]) == {"new": {"production": "1"}}


def test_a_rename_brings_what_the_file_says_beside_the_content(registry: Registry) -> None:
    upload(registry, old="Hello\n")

    outcomes = apply(rename_plan(registry, text="---\ntitle: Hi\n---\n\nHello\n"), registry)

    assert outcomes["new"].stored == latest(registry, "new")
    assert latest(registry, "new").prompt.title == "Hi"
    assert len(registry.list_versions("new")) == 2


def test_with_an_alias_a_renamed_prompt_is_what_the_alias_serves(registry: Registry) -> None:
    upload(registry, alias="production", old="Hi\n")
    upload(registry, old="Hello\n")

    apply(rename_plan(registry, alias="production"), registry)

    assert latest(registry, "new", "production") == latest(registry, "new")
    assert len(registry.list_versions("new")) == 2


@pytest.mark.network
def test_a_prompt_is_renamed_in_braintrust(braintrust: Registry, service: BraintrustServer) -> None:
    upload(braintrust, kind="braintrust", alias="production", old="Hello\n")
    identifier = service.store.prompt_named("old").id

    outcomes = apply(rename_plan(braintrust, kind="braintrust", alias="production"), braintrust)

    assert outcomes["new"].done
    assert service.store.prompt_named("new").id == identifier
    assert latest(braintrust, "new", "production").content_hash == (
        latest(braintrust, "new").content_hash
    )
    assert rename_plan(braintrust, kind="braintrust", alias="production").changes == ()


def test_an_old_name_that_changed_since_the_plan_is_left(registry: LocalRegistry) -> None:
    upload(registry, old="Hello\n")
    planned = rename_plan(registry)
    edited = registry.edit_prompt("old", lambda there: replace(there, content="Hi"))

    error = refused(apply(planned, registry), "new")

    assert error.message.startswith("`old` is now sha256:")
    assert latest(registry, "old") == edited
    assert registry.get_prompt("new") is None


def test_a_new_name_that_was_taken_since_the_plan_is_left(registry: Registry) -> None:
    upload(registry, old="Hello\n")
    planned = rename_plan(registry)
    taken = registry.save_prompt(prompt("new", "Hi"), None)

    error = refused(apply(planned, registry), "new")

    assert error.message == (
        "`new` was created (version 1) in the registry since the plan was made; `old` was left "
        "alone"
    )
    assert latest(registry, "new") == taken


def test_a_prompt_that_changes_while_it_is_renamed_is_a_conflict(registry: LocalRegistry) -> None:
    upload(registry, old="Hello\n")
    planned = rename_plan(registry)

    class EditsMeanwhile(LocalRegistry):
        def rename_prompt(self, name: str, new_name: str) -> None:
            self.edit_prompt(name, lambda there: replace(there, content="Hi"))
            super().rename_prompt(name, new_name)

    other = EditsMeanwhile(registry.address)
    error = refused(apply(planned, other), "new")
    other.close()

    assert error.message == (
        "`old` was renamed to `new`, and somebody else changed it at the same moment"
    )
    assert latest(registry, "new").prompt.content == "Hi"


# -- what a registry cannot hold --


@pytest.mark.network
def test_what_the_registry_cannot_hold_is_named_before_anything_is_written(
    braintrust: Registry, service: BraintrustServer
) -> None:
    loaded = catalog(
        "braintrust",
        fine="Hello\n",
        jinja="---\ntemplate: jinja2\n---\n\nHello\n",
        table="---\nbraintrust:\n  unknown: 1\n---\n\nHello\n",
    )
    planned = plan(loaded, braintrust)
    before = len(service.requests)

    with pytest.raises(ConflictError) as raised:
        check_supported(planned, braintrust)

    lines = raised.value.message.split("\n")
    assert lines[0] == f"{braintrust.address} cannot hold this:"
    assert [line.partition(":")[0] for line in lines[1:]] == ["`jinja`", "`table`"]
    assert raised.value.hint == "change the prompt files; nothing was uploaded"
    assert len(service.requests) == before


def test_what_the_registry_can_hold_is_not_spoken_of(registry: Registry) -> None:
    upload(registry, gone="Hello\n")
    planned = plan(catalog(greeting="Hello\n"), registry, options=UploadOptions(prune=True))

    check_supported(planned, registry)


def test_a_change_without_a_file_cannot_be_sent(registry: Registry) -> None:
    upload(registry, gone="Hello\n")
    (change,) = plan(catalog(), registry, options=UploadOptions(prune=True)).changes

    with pytest.raises(ValueError, match="`gone` has no file to upload"):
        to_upload(change, "local")


# -- what moved since the plan --


def test_an_edit_since_the_plan_is_not_replaced(registry: LocalRegistry) -> None:
    upload(registry, greeting="Hello\n", other="Hello\n")
    planned = plan(catalog(greeting="Hello again\n", other="Hello again\n"), registry)
    edited = registry.edit_prompt("greeting", lambda there: replace(there, content="Hi"))

    outcomes = apply(planned, registry)

    error = refused(outcomes)
    assert error.message == (
        f"`greeting` is now {edited.content_hash[:19]} (version 2) in the registry since the plan "
        "was made; it was left alone"
    )
    assert error.hint == "run the same command again to plan anew"
    assert latest(registry) == edited
    assert outcomes["other"].done


def test_a_prompt_created_since_the_plan_is_not_replaced(registry: Registry) -> None:
    planned = plan(catalog(greeting="Hello\n"), registry)
    created = registry.save_prompt(prompt(text="Hi"), None)

    error = refused(apply(planned, registry))

    assert "was created (version 1) in the registry since the plan was made" in error.message
    assert latest(registry) == created


def test_a_prompt_removed_since_the_plan_is_not_brought_back(registry: Registry) -> None:
    upload(registry, greeting="Hello\n")
    planned = plan(catalog(greeting="Hello again\n"), registry)
    registry.delete_prompt("greeting")

    error = refused(apply(planned, registry))

    assert "`greeting` was removed in the registry since the plan was made" in error.message
    assert registry.get_prompt("greeting") is None


def test_a_prompt_that_changed_since_the_plan_is_not_removed(registry: LocalRegistry) -> None:
    upload(registry, gone="Hello\n")
    planned = plan(catalog(), registry, options=UploadOptions(prune=True))
    edited = registry.edit_prompt("gone", lambda there: replace(there, content="Hi"))

    refused(apply(planned, registry), "gone")

    assert latest(registry, "gone") == edited


def test_an_alias_that_moved_since_the_plan_is_left_alone(registry: Registry) -> None:
    upload(registry, alias="production", greeting="Hello\n")
    planned = plan(catalog(greeting="Hello again\n"), registry, alias="production")
    other = registry.save_prompt(prompt(text="Hi"), None)
    registry.set_alias("greeting", "production", other.version)

    refused(apply(planned, registry))

    assert latest(registry, alias="production") == other


def test_the_same_upload_by_somebody_else_is_no_conflict(registry: Registry) -> None:
    planned = plan(catalog(greeting="Hello\n"), registry)
    upload(registry, greeting="Hello\n")

    outcomes = apply(planned, registry)

    assert outcomes["greeting"].stored == latest(registry)
    assert len(registry.list_versions("greeting")) == 1


@pytest.mark.network
def test_somebody_who_writes_at_the_same_moment_is_told_from_a_registry_that_rewrites(
    braintrust: Registry, service: BraintrustServer
) -> None:
    upload(braintrust, kind="braintrust", greeting="Hello\n")
    planned = plan(catalog("braintrust", greeting="Hello again\n"), braintrust)
    event = Meanwhile(lambda: service.person.edits("greeting", "Hi"))
    service.inject(event, "PUT /v1/prompt", times=1)

    error = refused(apply(planned, braintrust))

    assert error.message.startswith("`greeting` was stored, and somebody else stored sha256:")
    assert latest(braintrust).prompt.content == "Hi"
    assert [each.prompt.content for each in braintrust.list_versions("greeting")][1] == (
        "Hello again"
    )


# -- what goes wrong --


def many(count: int) -> dict[str, str]:
    return {f"prompt-{number:02}": f"Hello {number}\n" for number in range(count)}


@pytest.mark.network
def test_a_registry_that_rewrites_a_prompt_is_caught_and_ends_the_plan(
    braintrust: Registry, service: BraintrustServer
) -> None:
    service.inject(RewritesText(str.upper))
    loaded = catalog("braintrust", **many(40))
    planned = plan(loaded, braintrust)

    outcomes = apply(planned, braintrust)

    told = Counter(
        type(each.error).__name__ if each.tried else "not tried" for each in outcomes.values()
    )
    assert told.keys() == {"HashMismatchError", "not tried"}
    assert told["HashMismatchError"] + told["not tried"] == 40
    error = next(each.error for each in outcomes.values() if each.error)
    assert isinstance(error, HashMismatchError)
    assert "was stored as sha256:" in error.message
    assert not any(each.done for each in outcomes.values())


# -- composites --

FAMILY = {
    "charter": "{{> frame}} Validate.\n",
    "frame": "---\npartial: true\n---\n\n{{> persona}} Be brief.\n",
    "other": "Hello.\n",
    "persona": "You are a clerk.\n",
}


def test_a_composite_is_uploaded_after_the_prompts_that_it_includes(registry: Registry) -> None:
    planned = plan(catalog(**FAMILY), registry)

    outcomes = list(apply_upload(planned, registry, make_stamp=stamp))

    names = [each.change.name for each in outcomes]
    assert sorted(names) == ["charter", "other", "persona"]
    assert names.index("persona") < names.index("charter")
    assert latest(registry, "charter").prompt.content == "You are a clerk. Be brief. Validate."


def test_a_composite_is_not_tried_when_a_prompt_that_it_includes_fails(registry: Registry) -> None:
    planned = plan(catalog(**FAMILY), registry)
    registry.save_prompt(prompt("persona", "You are a judge."), None)

    outcomes = apply(planned, registry)

    refused(outcomes, "persona")
    assert outcomes["other"].done
    assert not outcomes["charter"].tried
    assert outcomes["charter"].reason == "it includes `persona`, which was not uploaded"
    assert registry.get_prompt("charter") is None


def test_a_composite_waits_for_nothing_that_stays_as_it_is(registry: Registry) -> None:
    upload(registry, **FAMILY)

    outcomes = upload(registry, **{**FAMILY, "charter": "{{> frame}} Check.\n"})

    assert [name for name, each in outcomes.items() if each.done] == ["charter"]


def test_an_upload_that_is_to_stop_leaves_composites_out(registry: Registry) -> None:
    planned = plan(catalog(**FAMILY), registry)

    outcomes = list(apply_upload(planned, registry, make_stamp=stamp, should_stop=lambda: True))

    # Those without includes may all have begun by then, or not.
    assert {each.change.name for each in outcomes} == {"charter", "other", "persona"}
    assert [each.tried for each in outcomes if each.change.name == "charter"] == [False]


def test_an_upload_that_is_to_stop_finishes_what_it_began(registry: Registry) -> None:
    planned = plan(catalog(**many(40)), registry)

    applied = apply_upload(planned, registry, make_stamp=stamp, should_stop=lambda: True)

    outcomes = list(applied)
    begun = [each.change.name for each in outcomes if each.tried]
    assert 0 < len(begun) < len(outcomes) == 40
    assert sorted(begun) == sorted(each.name for each in registry.list_prompts())


@pytest.mark.slow
@pytest.mark.network
def test_a_registry_that_is_down_ends_the_plan_and_the_rest_is_told(
    braintrust: Registry, service: BraintrustServer
) -> None:
    planned = plan(catalog("braintrust", **many(40)), braintrust)
    service.inject(unavailable(), "* /v1/prompt", after=20)
    service.inject(unavailable(), "* /insert-functions")

    outcomes = apply(planned, braintrust)

    told = Counter(
        "done" if each.done else type(each.error).__name__ if each.tried else "not tried"
        for each in outcomes.values()
    )
    assert told["RegistryUnavailableError"] >= 1
    assert told["not tried"] >= 1
    assert sum(told.values()) == 40
    service.faults.clear()
    there = {each.name for each in braintrust.list_prompts()}
    assert {name for name, each in outcomes.items() if each.done} <= there


@pytest.mark.network
def test_nothing_is_begun_after_a_registry_was_found_to_hang(
    braintrust: Registry, service: BraintrustServer
) -> None:
    planned = plan(catalog("braintrust", **many(40)), braintrust)
    service.inject(Hangs())
    hurried = BraintrustRegistry(
        project="Trader", api_key=service.api_key, app_url=service.url, timeout=0.3
    )

    outcomes = apply(planned, hurried)

    assert 0 < sum(each.tried for each in outcomes.values()) <= PARALLEL_REQUESTS
    hurried.close()


@pytest.mark.network
def test_after_an_outage_the_same_upload_brings_the_rest(
    braintrust: Registry, service: BraintrustServer
) -> None:
    loaded = catalog("braintrust", **many(20))
    service.inject(unavailable(), "PUT /v1/prompt", after=5)
    apply(plan(loaded, braintrust), braintrust)
    service.faults.clear()

    outcomes = apply(plan(loaded, braintrust), braintrust)

    assert all(each.done for each in outcomes.values())
    assert plan(loaded, braintrust).changes == ()
    assert all(len(braintrust.list_versions(name)) == 1 for name in loaded.prompts)


@pytest.mark.network
def test_one_prompt_that_is_refused_does_not_stop_the_others(
    braintrust: Registry, service: BraintrustServer
) -> None:
    planned = plan(catalog("braintrust", **many(20)), braintrust)
    service.inject(Refused(400), "PUT /v1/prompt", after=3, times=1)

    outcomes = apply(planned, braintrust)

    errors = [each.error for each in outcomes.values() if each.error]
    assert [type(error) for error in errors] == [RegistryRefusedError]
    assert "person@example.com" not in errors[0].message
    assert sum(each.done for each in outcomes.values()) == 19


@pytest.mark.network
def test_a_stamp_that_is_not_kept_is_no_failure(
    braintrust: Registry, service: BraintrustServer
) -> None:
    service.inject(DropsMetadataEverywhere())

    outcomes = upload(braintrust, kind="braintrust", greeting="Hello\n")

    stored = outcomes["greeting"].stored
    assert stored is not None
    assert (outcomes["greeting"].done, stored.stamp) == (True, None)


def test_whoever_stops_looking_begins_no_further_writes(registry: Registry) -> None:
    planned = plan(catalog(**many(60)), registry)

    outcomes = apply_upload(planned, registry, make_stamp=stamp)
    first = next(outcomes)
    assert isinstance(outcomes, Iterator)
    getattr(outcomes, "close")()  # noqa: B009  what an exception in the caller does

    stored = {each.name for each in registry.list_prompts()}
    assert first.change.name in stored
    assert len(stored) < 60
    assert all(each.content_hash == each.stamped_hash for each in registry.list_prompts())


# -- two uploads at once --


def race(open_registry: OpenRegistry, kind: str) -> tuple[Registry, list[dict[str, Outcome]]]:
    """Let three people upload other texts of the same prompts from plans of the same moment."""
    people = ("ada", "ben", "cleo")
    start = Barrier(len(people))

    def work(person: str) -> dict[str, Outcome]:
        texts = {f"prompt-{number}": f"{person} {number}\n" for number in range(10)}
        registry = open_registry()
        planned = plan(catalog(kind, **texts), registry)
        start.wait()
        return apply(planned, registry)

    with ThreadPoolExecutor(len(people)) as pool:
        outcomes = list(pool.map(work, people))
    return open_registry(), outcomes


def check_race(registry: Registry, outcomes: list[dict[str, Outcome]]) -> None:
    for number in range(10):
        name = f"prompt-{number}"
        told = [each[name] for each in outcomes]
        versions = {each.content_hash for each in registry.list_versions(name)}
        done = {each.stored.content_hash for each in told if each.stored}
        assert done
        assert done <= versions
        for each in told:
            assert each.done or isinstance(each.error, ConflictError | RegistryRefusedError)


def test_of_uploads_at_once_to_the_embedded_registry_each_is_told(
    open_local: OpenRegistry,
) -> None:
    registry, outcomes = race(open_local, "local")

    check_race(registry, outcomes)
    assert all(
        len(registry.list_versions(f"prompt-{number}"))
        == 1
        == sum(each[f"prompt-{number}"].done for each in outcomes)
        for number in range(10)
    )


@pytest.mark.network
def test_of_uploads_at_once_to_braintrust_each_is_told(open_braintrust: OpenRegistry) -> None:
    registry, outcomes = race(open_braintrust, "braintrust")

    check_race(registry, outcomes)


def work_of(person: str, folder: Path, table: str) -> Repo:
    repo = Repo.create(folder / person)
    repo.write("promptsync.toml", f"[registries.shared]\n{table}")
    for number in range(5):
        repo.write(f"prompts/prompt-{number}.md", f"{person} {number}\n")
    repo.commit()
    return repo


def run_both(repos: list[Repo], environment: dict[str, str]) -> list[tuple[int, str]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "promptsync", "upload", "--yes"],
            cwd=repo.path,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for repo in repos
    ]
    return [(process.wait(), process.communicate()[0]) for process in processes]


@pytest.mark.slow
@pytest.mark.network
@pytest.mark.parametrize("kind", ["local", "braintrust"])
def test_two_commands_at_once_lose_no_prompt(
    tmp_path: Path, service: BraintrustServer, kind: str
) -> None:
    table = {
        "local": f'kind = "local"\nurl = "sqlite:///{tmp_path / "shared.db"}"\n',
        "braintrust": f'kind = "braintrust"\nproject = "Trader"\napp-url = "{service.url}"\n',
    }[kind]
    repos = [work_of(person, tmp_path / "work", table) for person in ("ada", "ben")]

    ran = run_both(repos, {"BRAINTRUST_API_KEY": API_KEY})

    assert all(code in (0, 3, 4) for code, _ in ran), ran
    assert "Traceback" not in "".join(text for _, text in ran)
    again = [run_both([repo], {"BRAINTRUST_API_KEY": API_KEY})[0][1] for repo in repos]
    for name in (f"prompt-{number}" for number in range(5)):
        assert any(f"created `{name}`" in text for _, text in ran), (ran, again)
        assert any(name in text for text in again), (ran, again)
