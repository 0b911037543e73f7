"""A program that moves an alias is the first to follow it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import promptsync
from promptsync import UsageError
from tests.fakes.braintrust import unavailable
from tests.loading import (
    FAREWELL,
    GREETING,
    WARMER,
    Application,
    HeldAnswer,
    deployed_application,
    settle,
)

pytestmark = pytest.mark.network


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application whose working directory is its folder, and whose greeting is loaded."""
    with deployed_application(tmp_path / "app") as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        monkeypatch.chdir(app.folder)
        app.upload(GREETING, FAREWELL)
        yield app


# -- a client --


@pytest.mark.parametrize(("name", "reason"), [("", "is empty"), (7, "is text, not 7")])
def test_what_is_no_name_is_refused(app: Application, name: Any, reason: str) -> None:
    with app.client() as client, pytest.raises(UsageError) as raised:
        client.forget(name)

    assert raised.value.message == f"`name` {reason}"


def test_what_is_forgotten_is_asked_for_again_and_waited_for(app: Application) -> None:
    with app.client() as client:
        client.load("greeting")
        app.upload(WARMER)
        assert client.load("greeting").prompt == GREETING

        client.forget("greeting")

        assert client.load("greeting").prompt == WARMER
        assert [each.prompt for each in client.active_versions()] == [WARMER]


def test_other_prompts_and_versions_by_their_number_are_not_asked_for_again(
    app: Application,
) -> None:
    with app.client() as client:
        version = client.load("greeting").version
        client.load("greeting", version=version)
        client.load("farewell")
        client.forget("greeting")

        with app.asked() as requests:
            client.load("farewell")
            client.load("greeting", version=version)

    assert requests == []


def test_what_is_forgotten_and_cannot_be_asked_for_is_served_as_a_fallback(
    app: Application,
) -> None:
    with app.client(cache=False) as client:
        client.load("greeting")
        app.service.inject(unavailable())
        client.forget("greeting")

        loaded = client.load("greeting")

    assert (loaded.prompt, loaded.is_fallback) == (GREETING, True)


def test_an_answer_that_was_under_way_is_not_believed(app: Application) -> None:
    with app.client(ttl=60) as client:
        client.load("greeting")
        app.clock.passes(61)
        app.service.inject(held := HeldAnswer(), "GET /v1/prompt*", times=1)
        client.load("greeting")
        assert held.arrived.wait(30)
        app.upload(WARMER)
        client.forget("greeting")
        held.released.set()
        settle()

        assert client.load("greeting").prompt == WARMER


def test_a_closed_client_serves_what_it_forgot(app: Application) -> None:
    client = app.client()
    client.load("greeting")
    client.forget("greeting")
    client.close()

    assert client.load("greeting").prompt == GREETING


# -- the default client --


@pytest.fixture
def default_client(app: Application) -> Iterator[Application]:
    """Return the application, with a default client that follows production for a long time."""
    promptsync.configure(alias="production", ttl=1000, timeout=30)
    yield app
    promptsync.close()


def test_the_default_client_follows_an_alias_of_which_it_is_told_that_it_moved(
    default_client: Application,
) -> None:
    promptsync.load("greeting")
    default_client.upload(WARMER)

    promptsync.forget("greeting")

    assert promptsync.load("greeting").prompt == WARMER


def test_without_a_default_client_there_is_nothing_to_forget() -> None:
    promptsync.close()

    promptsync.forget("greeting")

    assert promptsync.active_versions() == ()


def test_the_default_client_follows_an_alias_that_this_program_moves(
    default_client: Application,
) -> None:
    second = default_client.upload(WARMER, alias="staging")
    first = promptsync.load("greeting").version

    before = promptsync.set_alias("greeting", "production", second)

    assert before == first
    assert promptsync.load("greeting").prompt == WARMER


@pytest.mark.usefixtures("default_client")
def test_the_default_client_serves_what_this_program_registers() -> None:
    promptsync.load("greeting")

    promptsync.register("greeting", "Say hi.", alias="production", force=True)

    assert promptsync.load("greeting").template == "Say hi."
