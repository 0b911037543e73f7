"""Loading at run time, against a registry on loopback: memory, aliases that move, outages."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptsync import (
    LoadedPrompt,
    RegistryRefusedError,
    RegistryUnavailableError,
    Source,
    UnknownAliasError,
    UnknownPromptError,
    UsageError,
)
from tests.deployment import COMMIT, hash_of
from tests.fakes.braintrust import (
    BraintrustServer,
    Hangs,
    braintrust_server,
    key_refused,
)
from tests.loading import (
    FAREWELL,
    GREETING,
    WARMER,
    Application,
    background_threads,
    deploy_application,
    facts,
    settle,
    told,
)

pytestmark = pytest.mark.network

HELLO, DEAR, BYE = GREETING.content, WARMER.content, FAREWELL.content


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    with braintrust_server(environments=("production", "staging")) as service:
        monkeypatch.setenv("BRAINTRUST_API_KEY", service.api_key)
        yield service


@pytest.fixture
def app(tmp_path: Path, service: BraintrustServer) -> Application:
    """Return an application without a bundle."""
    return deploy_application(tmp_path / "app", service=service)


@pytest.fixture
def bundled(tmp_path: Path, service: BraintrustServer) -> Application:
    """Return an application with a bundle of two prompts."""
    return deploy_application(tmp_path / "app", GREETING, FAREWELL, service=service)


# -- memory --


def test_the_first_load_asks_once_and_the_next_not_at_all(app: Application) -> None:
    version = app.upload(GREETING)

    with app.asked() as requests, app.client() as client:
        first, second = client.load("greeting"), client.load("greeting")

    assert len(requests) == 1
    assert first == LoadedPrompt(
        prompt=GREETING,
        content_hash=hash_of(GREETING),
        source=Source.REGISTRY,
        version=version,
        alias="production",
        commit=COMMIT,
        path="prompts/greeting.md",
        registry="production",
        kind="braintrust",
    )
    assert second.source is Source.MEMORY
    assert client.load("greeting") is second


def test_a_moved_alias_is_followed_after_the_ttl_and_another_alias_is_not_touched(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app.upload(GREETING)
    app.upload(GREETING, alias="staging")
    with app.client(ttl=60) as client:
        client.load("greeting")
        client.load("greeting", alias="staging")
        app.upload(WARMER)
        app.clock.passes(59)
        assert client.load("greeting").template == HELLO

        app.clock.passes(1)
        assert facts(client.load("greeting")) == (HELLO, "memory", False), "the stale one"
        settle()

        assert facts(client.load("greeting")) == (DEAR, "memory", False)
        assert client.load("greeting", alias="staging").template == HELLO
        settle()

    assert len(told(caplog, logging.INFO)) == 3
    assert told(caplog) == []


# -- outages --


def test_a_registry_that_is_down_leaves_the_bundle_and_one_warning(
    bundled: Application, caplog: pytest.LogCaptureFixture
) -> None:
    bundled.service.inject(Hangs())
    with bundled.client(timeout=0.2) as client:
        loaded = [client.load("greeting") for _ in range(3)]
        bundled.clock.passes(30)
        client.load("greeting")
        settle()

    assert facts(loaded[0]) == (HELLO, "bundle", True)
    assert loaded[0].reason == "no answer within 0.2 s"
    assert loaded[0] is loaded[1] is loaded[2]
    assert told(caplog) == [
        "`greeting` (alias `production`) is served from the bundle: no answer within 0.2 s"
    ]


def test_without_anything_to_serve_an_outage_is_an_error_that_names_the_way_out(
    app: Application,
) -> None:
    app.service.inject(Hangs())

    with app.client(timeout=0.2) as client, pytest.raises(RegistryUnavailableError) as caught:
        client.load("greeting")

    assert str(caught.value) == (
        "`greeting` cannot be loaded, and nothing is there in its place: no answer within 0.2 s"
    )
    assert "`promptsync bundle`" in str(caught.value.hint)


def test_the_errors_of_a_first_load_are_distinct(bundled: Application) -> None:
    bundled.upload(GREETING)

    with bundled.client() as client:
        with pytest.raises(UnknownPromptError) as unknown:
            client.load("farewell")
        with pytest.raises(UnknownAliasError):
            client.load("greeting", alias="staging")
        bundled.service.inject(key_refused())
        with pytest.raises(RegistryRefusedError):
            client.load("greeting")

    assert not isinstance(unknown.value, UnknownAliasError)


def test_a_closed_client_leaves_no_thread(bundled: Application) -> None:
    bundled.upload(GREETING)
    client = bundled.client()
    client.load("greeting")

    client.close()

    assert background_threads() == []
    assert client.load("greeting").template == HELLO
    with pytest.raises(UsageError, match="closed"):
        client.load("farewell")


def test_a_thousand_threads_on_a_cold_cache_make_one_request(app: Application) -> None:
    app.upload(GREETING)
    found: list[LoadedPrompt] = []
    start = threading.Barrier(1000)
    with app.asked() as requests, app.client(timeout=60) as client:

        def work() -> None:
            start.wait()
            found.append(client.load("greeting"))

        threads = [threading.Thread(target=work) for _ in range(1000)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    assert len(requests) == 1
    assert {each.template for each in found} == {HELLO}
    assert len(found) == 1000
