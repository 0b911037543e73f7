"""Loading while the registry is down, slow, or talks nonsense: what is served, and what is said."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from promptsync import ConfigError, RegistryUnavailableError, UnknownPromptError
from promptsync.config import user_cache_folder
from tests.builders import prompt
from tests.deployment import COMMIT
from tests.fakes.braintrust import (
    AnswersHtml,
    CutsOff,
    Hangs,
    RateLimited,
    ResetBeforeApplying,
    TruncatesJson,
    key_refused,
    unavailable,
)
from tests.fakes.service.faults import Fault
from tests.loading import (
    BYE,
    DEAR,
    FAREWELL,
    GREETING,
    HELLO,
    WARMER,
    Application,
    Held,
    Lost,
    deployed_application,
    facts,
    settle,
    told,
)

pytestmark = pytest.mark.network

# Shorter than any pause between attempts.
SHORT = 0.15
# A registry that is down and says so at once, also when it is asked again.
DOWN = RateLimited(retry_after=0)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application with a bundle of two prompts, and nothing on disk."""
    with deployed_application(tmp_path / "app", GREETING, FAREWELL) as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        yield app


# -- first loads --


@pytest.mark.parametrize(
    "fault",
    [Hangs(), unavailable(), ResetBeforeApplying(), CutsOff(), TruncatesJson(), AnswersHtml()],
    ids=lambda fault: type(fault).__name__,
)
@pytest.mark.parametrize("options", [{}, {"alias": None}], ids=["by-alias", "latest"])
def test_whatever_is_no_answer_leaves_the_bundle_with_one_warning(
    app: Application,
    caplog: pytest.LogCaptureFixture,
    fault: Fault,
    options: dict[str, None],
) -> None:
    app.upload(WARMER)
    app.service.inject(fault)

    with app.client(timeout=SHORT, **options) as client:
        loaded = [client.load("greeting") for _ in range(3)]
        settle()

    assert facts(loaded[0]) == (HELLO, "bundle", True)
    assert (loaded[0].commit, loaded[0].version) == (COMMIT, None)
    assert loaded[0].reason
    assert loaded[0] is loaded[1] is loaded[2]
    (warning,) = told(caplog)
    assert "is served from the bundle instead of registry `production`: " in warning


def test_the_disk_comes_before_the_bundle(app: Application) -> None:
    version = app.upload(WARMER)
    with app.client() as earlier_process:
        earlier_process.load("greeting")
    app.service.inject(Hangs())

    with app.client(timeout=SHORT) as client:
        loaded = client.load("greeting")

    assert facts(loaded) == (DEAR, "disk", True)
    assert (loaded.version, loaded.alias) == (version, "production")


def test_without_a_cache_on_disk_nothing_is_kept(app: Application) -> None:
    app.upload(WARMER)
    with app.client(cache=False) as earlier_process:
        earlier_process.load("greeting")
    assert not (user_cache_folder() / "loaded").exists()
    app.service.inject(Hangs())

    with app.client(timeout=SHORT) as client:
        assert client.load("greeting").template == HELLO


def test_a_version_by_its_number_is_taken_from_disk(app: Application) -> None:
    version = app.upload(WARMER)
    with app.client() as earlier_process:
        earlier_process.load("greeting", version=version)
    app.service.inject(Hangs())

    with app.client(timeout=SHORT) as client:
        assert client.load("greeting", version=version).template == DEAR


def test_eleven_first_loads_of_a_dead_registry_wait_for_it_once(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.service.inject(Hangs())

    with app.client(timeout=SHORT) as client:
        for name in ("greeting", "farewell") * 6:
            client.load(name)
        for number in range(9):
            with pytest.raises(RegistryUnavailableError):
                client.load(f"prompt-{number}")
        loaded = client.load("farewell")

    assert facts(loaded) == (BYE, "bundle", True)
    assert sum(request.path.endswith("login") for request in app.service.requests) <= 10
    assert len(told(caplog)) == 2


def test_without_anything_to_serve_an_outage_is_an_error_that_names_the_way_out(
    app: Application,
) -> None:
    app.service.inject(Hangs())

    with app.client(timeout=SHORT) as client, pytest.raises(RegistryUnavailableError) as caught:
        client.load("elsewhere")

    assert str(caught.value) == (
        "`elsewhere` cannot be loaded, and nothing is there in its place: no answer within 0.15 s"
    )
    assert "`promptsync bundle`" in str(caught.value.hint)


def test_in_an_outage_the_error_says_why_what_is_deployed_is_not_served(app: Application) -> None:
    app.service.inject(Hangs())
    bundle = app.folder / "promptsync-bundle.json"
    bundle.write_text(bundle.read_text().replace("Say goodbye.", "Say nothing."))

    with app.client(timeout=SHORT) as client:
        with pytest.raises(RegistryUnavailableError) as changed:
            client.load("farewell")
        with pytest.raises(RegistryUnavailableError) as misspelt:
            client.load("greting")

    assert changed.value.hint == (
        f"`{bundle}`: `farewell` is not what its hash says; the bundle was changed after it was "
        "written; `promptsync bundle` makes what a process serves when its registry is down"
    )
    assert str(misspelt.value.hint).startswith("did you mean `greeting`?")


def test_a_load_that_found_nothing_has_the_registry_asked_for_the_next_one(
    app: Application,
) -> None:
    elsewhere = prompt("elsewhere", "Anybody?")
    app.upload(elsewhere)
    app.service.inject(DOWN)
    with app.client(timeout=30) as client:
        with pytest.raises(RegistryUnavailableError):
            client.load("elsewhere")
        settle()
        app.service.faults.clear()
        with pytest.raises(RegistryUnavailableError):
            client.load("elsewhere")
        settle()

        assert facts(client.load("elsewhere")) == ("Anybody?", "memory", False)


def test_what_the_registry_says_late_is_served_from_then_on(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    app.upload(WARMER)
    app.service.inject(held := Held())

    with app.client(timeout=2) as client:
        early = client.load("greeting")
        held.released.set()
        settle()
        late = client.load("greeting")

    assert facts(early) == (HELLO, "bundle", True)
    assert facts(late) == (DEAR, "memory", False)
    assert told(caplog, logging.INFO)[-1].endswith("is served from registry `production` again")


def test_a_registry_that_answers_others_meanwhile_is_not_down(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    app.upload(FAREWELL)
    app.service.inject(lost := Lost(), "GET /v1/prompt?*slug=greeting*")
    found = []

    with app.client(timeout=2) as client:
        waiting = threading.Thread(target=lambda: found.append(client.load("greeting")))
        waiting.start()
        assert lost.arrived.wait(30)
        version = client.load("farewell").version
        waiting.join()
        settle()
        latest = client.load("farewell", version=version)

    assert [facts(each) for each in found] == [(HELLO, "bundle", True)]
    assert latest.source == "registry"
    assert len(told(caplog)) == 1


# -- a running process --


def test_a_running_process_serves_on_what_it_has_until_the_registry_is_back(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    version = app.upload(WARMER)
    with app.client(timeout=30, retry=30) as client:
        client.load("greeting")
        app.service.inject(DOWN)
        for _ in range(4):
            app.clock.passes(300)
            client.load("greeting")
            settle()
        during = client.load("greeting")
        app.service.faults.clear()
        app.clock.passes(30)
        client.load("greeting")
        settle()
        after = client.load("greeting")

    assert (facts(during), during.version) == ((DEAR, "memory", True), version)
    assert facts(after) == (DEAR, "memory", False)
    title = f"`greeting` (version {version}, alias `production`)"
    assert len(told(caplog)) == 1
    assert told(caplog)[0].startswith(f"{title} is served from memory instead of ")
    assert told(caplog, logging.INFO)[1:] == [f"{title} is served from registry `production` again"]


def test_a_second_outage_is_warned_of_again(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(WARMER)
    with app.client(timeout=30) as client:
        client.load("greeting")
        for _ in range(2):
            app.service.inject(DOWN)
            app.clock.passes(300)
            client.load("greeting")
            settle()
            app.service.faults.clear()
            app.clock.passes(30)
            client.load("greeting")
            settle()

    assert len(told(caplog)) == 2


def test_one_prompt_finds_out_for_all_that_the_registry_is_back(app: Application) -> None:
    app.upload(WARMER)
    app.upload(FAREWELL)
    with app.client(timeout=30, retry=30) as client:
        app.service.inject(DOWN)
        assert client.load("greeting").is_fallback
        app.clock.passes(25)
        assert client.load("farewell").is_fallback
        settle()
        app.service.faults.clear()
        app.clock.passes(10)
        client.load("greeting")
        settle()
        client.load("farewell")
        settle()

        assert not client.load("greeting").is_fallback
        assert not client.load("farewell").is_fallback


def test_while_it_is_down_one_probe_asks_for_all(app: Application) -> None:
    app.upload(WARMER)
    app.upload(FAREWELL)
    with app.client(timeout=30) as client:
        client.load("greeting")
        client.load("farewell")
        app.service.inject(DOWN)
        app.clock.passes(300)
        client.load("greeting")
        settle()

        with app.asked() as requests:
            assert facts(client.load("farewell")) == (BYE, "memory", True)
            settle()

    assert requests == []


def test_a_refused_key_raises_at_first_and_never_in_a_running_process(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client() as client:
        client.load("greeting")
        app.service.inject(key_refused())
        for _ in range(3):
            app.clock.passes(300)
            client.load("greeting")
            settle()
        loaded = client.load("greeting")

    assert facts(loaded) == (HELLO, "memory", True)
    assert "401" in str(loaded.reason)
    assert len(told(caplog)) == 1


def test_a_missing_key_is_an_error_although_there_is_a_bundle(
    app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BRAINTRUST_API_KEY")

    with app.client() as client, pytest.raises(ConfigError) as caught:
        client.load("greeting")
    with app.client(offline=True) as client:
        assert facts(client.load("greeting")) == (HELLO, "bundle", False)

    assert str(caught.value) == "registry `production` needs a Braintrust API key"
    assert "BRAINTRUST_API_KEY" in str(caught.value.hint)


def test_a_prompt_that_was_deleted_is_served_on(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client() as client:
        client.load("greeting")
        app.service.person.deletes("greeting")
        app.clock.passes(300)
        client.load("greeting")
        settle()
        loaded = client.load("greeting")

        with pytest.raises(UnknownPromptError):
            client.load("greeting", alias="staging")

    assert facts(loaded) == (HELLO, "memory", True)
    assert "has no prompt `greeting`" in str(loaded.reason)
    assert len(told(caplog)) == 1


def test_unproven_content_gives_way_to_what_was_deployed(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    app.service.person.edits("greeting", str(DEAR))

    with app.client(alias=None, verify="fallback") as client:
        loaded = client.load("greeting")

    assert facts(loaded) == (HELLO, "bundle", True)
    assert "its stamp says" in str(loaded.reason)
    assert len(told(caplog)) == 1


def test_unproven_content_that_an_outage_brought_from_disk_is_warned_of_after_it(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    app.service.person.edits("greeting", str(DEAR))
    with app.client(alias=None) as earlier_process:
        earlier_process.load("greeting")
    app.service.inject(Hangs())
    caplog.clear()

    with app.client(alias=None, timeout=SHORT) as client:
        assert facts(client.load("greeting")) == (DEAR, "disk", True)
        settle()
        app.service.faults.clear()
        for _ in range(3):
            app.clock.passes(300)
            client.load("greeting")
            settle()

    assert ["unproven" in each for each in told(caplog)] == [False, True]


def test_active_versions_say_where_each_came_from(app: Application) -> None:
    app.upload(WARMER)
    app.upload(prompt("kept", "Kept."))
    with app.client() as earlier_process:
        earlier_process.load("kept")
    with app.client(timeout=2) as client:
        client.load("greeting")
        app.service.inject(Hangs())
        client.load("farewell")
        client.load("kept")
        client.load("greeting")

        found = {each.name: each.source.value for each in client.active_versions(past=True)}

    assert found == {"farewell": "bundle", "greeting": "registry", "kept": "disk"}


# -- offline --


def test_offline_no_registry_is_asked(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    app.upload(WARMER)
    before = len(app.service.requests)

    with app.client(offline=True) as client:
        loaded = [client.load("greeting") for _ in range(2)]
        with pytest.raises(UnknownPromptError, match="`elsewhere`"):
            client.load("elsewhere")

    assert facts(loaded[0]) == (HELLO, "bundle", False)
    assert loaded[0] is loaded[1]
    assert app.service.requests[before:] == []
    assert told(caplog) == []
