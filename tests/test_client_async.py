"""Loading from asyncio: the event loop goes on while a registry is waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptsync import UnknownPromptError, correlation_id
from tests.fakes.braintrust import Hangs
from tests.loading import (
    BYE,
    DEAR,
    FAREWELL,
    GREETING,
    HELLO,
    WARMER,
    Application,
    Held,
    background_threads,
    deployed_application,
    facts,
    settle,
)

pytestmark = pytest.mark.network


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application with a bundle of two prompts."""
    with deployed_application(tmp_path / "app", GREETING, FAREWELL) as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        yield app


def test_the_loop_goes_on_while_the_registry_is_waited_for(app: Application) -> None:
    app.upload(WARMER)
    app.service.inject(held := Held())

    async def program() -> tuple[object, ...]:
        async def release() -> None:
            # A loop that was kept waiting would never come here.
            held.released.set()

        first, _ = await asyncio.gather(client.aload("greeting"), release())
        second = await client.aload("greeting")
        return facts(first), facts(second)

    with app.client(timeout=30) as client:
        found = asyncio.run(program())

    assert found == ((DEAR, "registry", False), (DEAR, "memory", False))


def test_many_tasks_and_a_thread_share_one_request(app: Application) -> None:
    app.upload(WARMER)
    app.service.inject(held := Held(), "GET /v1/prompt*")

    async def program() -> list[object]:
        tasks = [asyncio.create_task(client.aload("greeting")) for _ in range(200)]
        waiting = asyncio.create_task(asyncio.to_thread(client.load, "greeting"))
        await asyncio.to_thread(held.arrived.wait)
        held.released.set()
        return [each.template for each in await asyncio.gather(*tasks, waiting)]

    with app.client(timeout=30) as client, app.asked() as requests:
        found = asyncio.run(program())

    assert found == [DEAR] * 201
    assert len(requests) == 1


def test_a_cancelled_waiter_leaves_the_others_their_answer(app: Application) -> None:
    app.upload(WARMER)
    app.service.inject(held := Held(), "GET /v1/prompt*")

    async def program() -> tuple[object, ...]:
        cancelled = asyncio.create_task(client.aload("greeting"))
        other = asyncio.create_task(client.aload("greeting"))
        await asyncio.to_thread(held.arrived.wait)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        held.released.set()
        return facts(await other)

    with app.client(timeout=30) as client, app.asked() as requests:
        found = asyncio.run(program())

    assert found == (DEAR, "registry", False)
    assert len(requests) == 1


def test_an_answer_after_the_end_of_the_loop_is_kept(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(WARMER)
    app.service.inject(held := Held(), "GET /v1/prompt*")

    async def program() -> None:
        cancelled = asyncio.create_task(client.aload("greeting"))
        await asyncio.to_thread(held.arrived.wait)
        cancelled.cancel()

    with app.client(timeout=30) as client:
        asyncio.run(program())
        held.released.set()
        settle()
        found = facts(client.load("greeting"))

    assert found == (DEAR, "memory", False)
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_an_outage_leaves_the_bundle(app: Application) -> None:
    app.service.inject(Hangs())

    async def program() -> list[object]:
        both = await asyncio.gather(client.aload("greeting"), client.aload("farewell"))
        return [facts(each) for each in (*both, await client.aload("greeting"))]

    with app.client(timeout=0.15) as client:
        found = asyncio.run(program())

    hello = (HELLO, "bundle", True)
    assert found == [hello, (BYE, "bundle", True), hello]
    assert background_threads() == []


def test_a_stale_prompt_is_served_and_refreshed(app: Application) -> None:
    app.upload(GREETING)
    with app.client() as client:
        client.load("greeting")
        app.upload(WARMER)
        app.clock.passes(300)
        stale = asyncio.run(client.aload("greeting"))
        settle()
        fresh = asyncio.run(client.aload("greeting"))

    assert (stale.template, fresh.template) == (HELLO, DEAR)


def test_the_errors_are_those_of_load(app: Application) -> None:
    with app.client() as client, pytest.raises(UnknownPromptError):
        asyncio.run(client.aload("greeting"))


def test_offline_prompts_are_read_in_a_thread_too(app: Application) -> None:
    with app.client(offline=True) as client:
        loaded = asyncio.run(client.aload("greeting"))

    assert facts(loaded) == (HELLO, "bundle", False)


def test_logs_carry_the_correlation_id_of_the_task_that_loaded(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.service.inject(Hangs())

    async def program() -> None:
        correlation_id.set("request-7")
        await client.aload("greeting")

    with app.client(timeout=0.15) as client:
        asyncio.run(program())

    (record,) = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert record.__dict__["promptsync"]["correlation_id"] == "request-7"
