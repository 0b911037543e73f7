"""Storing a prompt in Braintrust: what is sent, how metadata is kept, what a lost answer means."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest

from promptsync.content_hash import content_hash
from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.prompt_details import details_differ
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt
from tests.fakes.braintrust import (
    AnswersHtml,
    BraintrustServer,
    CutsOff,
    DropsMetadata,
    DropsMetadataEverywhere,
    Hangs,
    Meanwhile,
    RateLimited,
    Refused,
    RefusesMetadata,
    ResetAfterApplying,
    ResetBeforeApplying,
    RewritesText,
    TruncatesJson,
    forbidden,
    key_refused,
    seed,
    unavailable,
)
from tests.fakes.service.exchange import Request, Response, Serve, text_response
from tests.fakes.service.faults import Fault
from tests.registries.conftest import OpenBraintrust
from tests.registries.contract import STAMP

pytestmark = pytest.mark.network

PUT, INSERT, LOOK = "PUT /v1/prompt", "POST /insert-functions", "GET /v1/prompt"
METADATA = {"owner": {"team": "support"}, "promptsync": STAMP.to_json()}


@dataclass(frozen=True)
class FailsAfterApplying:
    """A gateway gives up on a server that goes on working."""

    status: int = 504
    on: str = PUT

    def __call__(self, request: Request, serve: Serve) -> Response:
        serve(request)
        return text_response("Gateway Timeout", status=self.status)


def save(registry: BraintrustRegistry, name: str = "greeting", **fields: Any) -> RemotePrompt:
    return registry.save_prompt(prompt(name, **fields), STAMP)


def requests(service: BraintrustServer, since: int = 0) -> list[str]:
    """Return what was asked about prompts, without queries."""
    return [
        f"{each.method} {each.path}"
        for each in service.requests[since:]
        if each.path in ("/v1/prompt", "/insert-functions")
    ]


def versions(service: BraintrustServer, slug: str = "greeting") -> int:
    return len(service.store.prompt_named(slug).versions)


def stored(service: BraintrustServer, slug: str = "greeting") -> dict[str, Any]:
    return dict(service.store.prompt_named(slug).latest.content)


# -- the ordinary --


def test_a_write_is_read_before_and_after(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    remote = save(braintrust, metadata={"owner": {"team": "support"}})

    assert requests(service) == [LOOK, PUT, LOOK]
    assert stored(service)["metadata"] == METADATA
    assert remote.stamp == STAMP


def test_the_project_is_looked_up_once(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    for name in ("a", "b", "c"):
        save(braintrust, name)

    assert len([each for each in service.requests if each.path == "/v1/project"]) == 1


def test_what_promptsync_does_not_know_survives_a_write(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    data = {"origin": {"prompt_id": "7"}, "options": {"position": "0|hzzz", "model": "old"}}
    seed(
        service.store,
        service.project("Trader"),
        [{"name": "greeting", "slug": "greeting", "prompt_data": data}],  # type: ignore[dict-item]
    )

    save(braintrust, model="gpt-5-mini")

    written = stored(service)["prompt_data"]
    assert written["origin"] == {"prompt_id": "7"}
    assert written["options"] == {"position": "0|hzzz", "model": "gpt-5-mini"}


def test_a_service_that_rewrites_is_shown_as_it_is(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(RewritesText())

    remote = save(braintrust, text="Hello \n")

    assert remote.content_hash == content_hash(prompt(text="Hello"))
    assert versions(service) == 1


def test_a_title_that_says_no_more_than_the_name_is_no_difference(
    braintrust: BraintrustRegistry,
) -> None:
    sent = prompt(title="greeting")

    assert not details_differ(sent, braintrust.save_prompt(sent, STAMP).prompt)
    assert details_differ(replace(sent, title="Greet"), braintrust.save_prompt(sent, STAMP).prompt)


def test_a_missing_project_is_refused_and_never_created(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    with pytest.raises(RegistryRefusedError) as raised:
        save(open_braintrust(project="Treader"))

    assert raised.value.message == (
        'Braintrust has no project "Treader" in the organisation `Example`'
    )
    assert "correct `project`" in (raised.value.hint or "")
    assert [each.method for each in service.requests if each.method != "GET"] == ["POST"]


# -- how metadata is kept --


def test_metadata_that_a_write_drops_goes_the_second_way(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(DropsMetadata())

    remote = save(braintrust, metadata={"owner": {"team": "support"}})

    assert requests(service) == [LOOK, PUT, LOOK, INSERT, LOOK]
    assert stored(service)["metadata"] == METADATA
    assert remote.stamp == STAMP


def test_the_second_way_is_taken_at_once_when_it_is_known(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(DropsMetadata())
    save(braintrust, "first")
    before = len(service.requests)

    assert save(braintrust).stamp == STAMP
    assert requests(service, before) == [LOOK, INSERT, LOOK]
    assert versions(service) == 1


def test_where_no_way_keeps_metadata_prompts_are_stored_without(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(DropsMetadataEverywhere())

    first, second = save(braintrust, "first"), save(braintrust)

    assert (first.stamp, second.stamp) == (None, None)
    assert second.content_hash == content_hash(prompt())
    assert (versions(service, "first"), versions(service)) == (2, 1)


def test_metadata_that_is_refused_goes_the_second_way_without_a_version_in_vain(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(RefusesMetadata())

    assert save(braintrust).stamp == STAMP
    assert requests(service) == [LOOK, PUT, INSERT, LOOK]
    assert versions(service) == 1


def test_metadata_that_is_refused_everywhere_is_left_out(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(RefusesMetadata())
    service.inject(Refused(404, "Not found"), INSERT)

    first, second = save(braintrust, "first"), save(braintrust)

    assert (first.stamp, second.stamp) == (None, None)
    assert (versions(service, "first"), versions(service)) == (1, 1)


def test_a_refusal_of_anything_else_stays_one(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(Refused(400, "Bad tools"), PUT)

    with pytest.raises(RegistryRefusedError, match="Bad tools"):
        save(braintrust)
    assert requests(service) == [LOOK, PUT]


def test_a_prompt_without_metadata_teaches_nothing(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(DropsMetadata())

    braintrust.save_prompt(prompt(), None)

    assert requests(service) == [LOOK, PUT, LOOK]
    assert save(braintrust).stamp == STAMP


def test_threads_learn_once(service: BraintrustServer, braintrust: BraintrustRegistry) -> None:
    service.inject(DropsMetadata())
    names = [f"p{number}" for number in range(8)]

    with ThreadPoolExecutor(8) as pool:
        saved = list(pool.map(lambda name: save(braintrust, name), names))

    assert [each.stamp for each in saved] == [STAMP] * 8
    assert sorted(versions(service, name) for name in names) == [1] * 7 + [2]


def test_an_edit_at_the_same_moment_is_not_taken_for_lost_metadata(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    edit = Meanwhile(lambda: service.person.saves_from_playground("greeting", "Good morning"))
    service.inject(edit, PUT)

    remote = save(braintrust)

    assert remote.prompt.content == "Good morning"
    assert requests(service) == [LOOK, PUT, LOOK]


# -- lost answers --


@pytest.mark.parametrize(
    "fault",
    [ResetAfterApplying(), CutsOff(), TruncatesJson(), FailsAfterApplying()],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("existing", [True, False])
def test_a_write_whose_answer_was_lost_is_done_if_it_is_there(
    service: BraintrustServer, braintrust: BraintrustRegistry, fault: Fault, existing: bool
) -> None:
    if existing:
        save(braintrust, text="old")
    service.inject(fault, PUT, times=1)

    remote = save(braintrust)

    assert (remote.prompt, remote.stamp) == (prompt(), STAMP)
    assert versions(service) == 1 + existing


@pytest.mark.parametrize(
    "fault",
    [ResetBeforeApplying(), unavailable(503), RateLimited(0)],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("existing", [True, False])
def test_a_write_that_is_not_there_is_not_repeated(
    service: BraintrustServer, braintrust: BraintrustRegistry, fault: Fault, existing: bool
) -> None:
    if existing:
        save(braintrust, text="old")
    service.inject(fault, PUT, times=1)

    with pytest.raises(RegistryUnavailableError):
        save(braintrust)
    assert requests(service).count(PUT) == 1 + existing
    assert save(braintrust).prompt == prompt()


def test_a_lost_write_says_that_it_may_not_be_stored(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(ResetBeforeApplying(), PUT)

    with pytest.raises(RegistryUnavailableError) as raised:
        save(braintrust)
    assert raised.value.message.startswith("`greeting` may not be stored: the connection to")
    assert raised.value.hint == "run the same command again: it goes on where this one stopped"


def test_equal_content_that_was_there_before_is_no_proof(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    braintrust.save_prompt(prompt(), None)
    service.inject(ResetBeforeApplying(), PUT)

    with pytest.raises(RegistryUnavailableError):
        save(braintrust)


def test_a_lost_answer_does_not_hide_lost_metadata(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(DropsMetadata())
    service.inject(ResetAfterApplying(), PUT)

    assert save(braintrust).stamp == STAMP


def test_a_second_way_whose_answer_was_lost_teaches_nothing(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(DropsMetadata())
    service.inject(ResetBeforeApplying(), INSERT, times=1)

    with pytest.raises(RegistryUnavailableError, match="may not be stored"):
        save(braintrust)
    assert save(braintrust).stamp == STAMP


def test_a_server_that_hangs_while_it_is_written_to(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    registry = open_braintrust(timeout=2)
    service.inject(Hangs(), PUT)

    with pytest.raises(RegistryUnavailableError, match="may not be stored"):
        save(registry)


def test_a_page_for_people_instead_of_a_write_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(AnswersHtml(), PUT)

    with pytest.raises(RegistryAnswerError, match="an HTML page"):
        save(braintrust)


def test_a_write_that_is_accepted_but_not_there_is_an_error(
    service: BraintrustServer, braintrust: BraintrustRegistry
) -> None:
    service.inject(Meanwhile(lambda: service.person.deletes("greeting")), PUT)

    with pytest.raises(RegistryAnswerError, match="accepted `greeting`, but does not have it"):
        save(braintrust)


@pytest.mark.parametrize("fault", [key_refused(), forbidden(), Refused(404), AnswersHtml()])
def test_a_write_that_cannot_be_read_back_is_never_sent_again(
    service: BraintrustServer, open_braintrust: OpenBraintrust, fault: Fault
) -> None:
    # A refusal along a remembered route makes the adapter look for another route and ask again.
    cache = _Cache()
    save(open_braintrust(routing_cache=cache), "other")
    service.requests.clear()
    service.inject(fault, LOOK, after=1, times=1)

    with pytest.raises(RegistryError):
        save(open_braintrust(routing_cache=cache))
    assert requests(service).count(PUT) == 1


class _Cache(dict[str, Any]):
    def put(self, key: str, value: Any) -> None:
        self[key] = value


def test_two_uploads_at_once_both_see_what_is_there(
    service: BraintrustServer, open_braintrust: OpenBraintrust
) -> None:
    one, other = open_braintrust(), open_braintrust()
    service.inject(Meanwhile(lambda: other.save_prompt(prompt(text="theirs"), STAMP)), PUT, times=1)

    remote = one.save_prompt(prompt(text="mine"), replace(STAMP, path="mine.md"))

    assert remote.prompt.content == "theirs"
    assert remote == other.get_prompt("greeting")
