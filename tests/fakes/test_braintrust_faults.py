"""What can go wrong on the way, as a client meets it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, IncompleteRead
from threading import Barrier

import pytest

from tests.fakes.braintrust import (
    AnswersHtml,
    BraintrustServer,
    CutsOff,
    Hangs,
    Meanwhile,
    RateLimited,
    Refused,
    Request,
    ResetAfterApplying,
    ResetBeforeApplying,
    Slow,
    TruncatesJson,
    forbidden,
    key_refused,
    unavailable,
)
from tests.fakes.calls import call, new_prompt, put
from tests.fakes.service.exchange import Response, Serve

pytestmark = pytest.mark.network


def test_a_fault_meets_the_requests_it_is_for(service: BraintrustServer) -> None:
    fault = service.inject(unavailable(), "PUT /v1/prompt", after=1, times=1)

    statuses = [
        call(service, "PUT /v1/prompt", new_prompt(service)).status,
        call(service, "GET /v1/prompt").status,
        call(service, "PUT /v1/prompt", new_prompt(service)).status,
        call(service, "PUT /v1/prompt", new_prompt(service)).status,
    ]

    assert statuses == [200, 200, 503, 200]
    assert fault.met == 1


def test_a_pattern_may_look_at_the_query(service: BraintrustServer) -> None:
    service.inject(unavailable(), "GET /v1/prompt?*slug=a*")

    assert call(service, "GET /v1/prompt?limit=1&slug=a").status == 503
    assert call(service, "GET /v1/prompt?limit=1&slug=b").status == 200
    assert call(service, "GET /v1/prompt").status == 200


def test_faults_can_be_taken_away(service: BraintrustServer) -> None:
    service.inject(unavailable())

    service.faults.clear()

    assert call(service, "GET /v1/prompt").status == 200


@pytest.mark.parametrize(("retry_after", "header"), [(None, None), (3, "3")])
def test_a_rate_limit_may_say_how_long_to_wait(
    service: BraintrustServer, retry_after: int | None, header: str | None
) -> None:
    service.inject(RateLimited(retry_after))

    answer = call(service, "GET /v1/prompt")

    assert (answer.status, answer.headers.get("retry-after")) == (429, header)


@pytest.mark.parametrize(
    ("fault", "status"),
    [(key_refused(), 401), (forbidden(), 403), (Refused(), 400), (unavailable(502), 502)],
)
def test_a_refusal_is_text_and_nothing_is_written(
    service: BraintrustServer, fault: Refused, status: int
) -> None:
    service.inject(fault, "PUT *")

    answer = call(service, "PUT /v1/prompt", new_prompt(service))

    assert (answer.status, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert call(service, "GET /v1/prompt").objects == []


@pytest.mark.parametrize("fault", [Refused(), forbidden()])
def test_a_refusal_carries_the_email_of_the_caller(
    service: BraintrustServer, fault: Refused
) -> None:
    service.inject(fault)

    assert "[user_email=person@example.com]" in call(service, "GET /v1/prompt").text


def test_a_reset_before_the_write_leaves_nothing(service: BraintrustServer) -> None:
    service.inject(ResetBeforeApplying(), "PUT /v1/prompt")

    with pytest.raises(ConnectionResetError) as reset:
        call(service, "PUT /v1/prompt", new_prompt(service))

    # Not its subclass RemoteDisconnected, which is a connection closed in peace.
    assert reset.type is ConnectionResetError
    assert call(service, "GET /v1/prompt").objects == []


def test_a_reset_after_the_write_leaves_it(service: BraintrustServer) -> None:
    service.inject(ResetAfterApplying(), "PUT /v1/prompt")

    with pytest.raises(ConnectionResetError):
        call(service, "PUT /v1/prompt", new_prompt(service))

    assert call(service, "GET /v1/prompt").slugs == ["greeting"]


def test_an_answer_may_be_cut_off(service: BraintrustServer) -> None:
    put(service)
    service.inject(CutsOff())

    with pytest.raises(IncompleteRead):
        call(service, "GET /v1/prompt")


def test_an_answer_may_be_half_of_its_json(service: BraintrustServer) -> None:
    put(service)
    service.inject(TruncatesJson())

    answer = call(service, "GET /v1/prompt")

    assert answer.headers["content-length"] == str(len(answer.body))
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json


def test_a_page_for_people_may_come_instead(service: BraintrustServer) -> None:
    service.inject(AnswersHtml())

    answer = call(service, "GET /v1/prompt")

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_server_may_never_answer_and_is_still_stopped(service: BraintrustServer) -> None:
    service.inject(Hangs(), "GET /v1/prompt")
    waiting = HTTPConnection(service.url.removeprefix("http://"))
    waiting.request("GET", "/v1/prompt", headers={"Authorization": f"Bearer {service.api_key}"})

    with pytest.raises(TimeoutError):
        call(service, "GET /v1/prompt", timeout=0.05)

    assert call(service, "GET /v1/project").status == 200
    service.http.shutdown()
    service.http.server_close()
    waiting.close()


def test_a_slow_answer_is_the_same_answer(service: BraintrustServer) -> None:
    put(service)
    service.inject(Slow(0.01))

    assert call(service, "GET /v1/prompt").slugs == ["greeting"]


def test_something_may_happen_between_two_requests(service: BraintrustServer) -> None:
    ids = {slug: put(service, slug)["id"] for slug in ("a", "b")}
    service.inject(
        Meanwhile(lambda: service.person.edits("a", "Edited")), "GET /v1/prompt", times=1
    )

    call(service, "GET /v1/prompt?limit=1")
    (prompt,) = call(service, f"GET /v1/prompt?limit=1&starting_after={ids['b']}").objects

    assert prompt["prompt_data"]["prompt"]["content"] == "Edited"


def test_answers_do_not_wait_for_each_other(service: BraintrustServer) -> None:
    class WaitsForTheOthers:
        on = "GET /v1/prompt"
        barrier = Barrier(8)

        def __call__(self, request: Request, serve: Serve) -> Response:
            self.barrier.wait(timeout=60)
            return serve(request)

    service.inject(WaitsForTheOthers())

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: call(service, "GET /v1/prompt"), range(8)))

    assert [answer.status for answer in answers] == [200] * 8


def test_a_connection_serves_many_requests(service: BraintrustServer) -> None:
    connection = HTTPConnection(service.url.removeprefix("http://"))
    addresses = []
    for _ in range(3):
        connection.request("GET", "/v1/prompt", headers={"Authorization": "Bearer sk-example"})
        assert connection.getresponse().read() == b'{"objects":[]}'
        addresses.append(connection.sock.getsockname())
    connection.close()

    assert len(set(addresses)) == 1
