"""Loading at run time, against a registry on loopback: memory, aliases that move, errors."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from promptsync import (
    Client,
    InvalidContentError,
    LoadedPrompt,
    PromptFileError,
    RegistryRefusedError,
    Source,
    UnknownAliasError,
    UnknownPromptError,
    UsageError,
)
from promptsync.loaded_prompt import make_loaded_prompt
from promptsync.prompt import Message
from promptsync.prompt_cache import PromptCache, Question
from tests.builders import prompt
from tests.deployment import COMMIT, hash_of
from tests.fakes.braintrust import BraintrustServer, key_refused
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
    background_threads,
    deployed_application,
    facts,
    settle,
    told,
)

pytestmark = pytest.mark.network


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application without a bundle, whose registry runs."""
    with deployed_application(tmp_path / "app") as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        yield app


def all_at_once(count: int, work: Callable[[], Any]) -> list[Any]:
    """Return what threads find that all begin at the same moment."""
    found: list[Any] = []
    start = threading.Barrier(count)

    def begin() -> None:
        start.wait()
        found.append(work())

    threads = [threading.Thread(target=begin) for _ in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


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


def test_a_refresh_that_finds_nothing_new_changes_and_logs_nothing(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client() as client:
        client.load("greeting")
        held = client.load("greeting")
        caplog.set_level(logging.INFO)
        caplog.clear()

        app.clock.passes(300)
        with app.asked() as requests:
            client.load("greeting")
            settle()

        assert client.load("greeting") is held
    assert len(requests) == 1
    assert told(caplog, logging.INFO) == told(caplog) == []


def test_without_an_alias_the_latest_version_is_followed(app: Application) -> None:
    app.upload(GREETING)
    with app.client(alias=None) as client:
        assert (client.load("greeting").template, client.load("greeting").alias) == (HELLO, None)
        app.upload(WARMER, alias="staging")
        app.clock.passes(300)
        client.load("greeting")
        settle()

        assert client.load("greeting").template == DEAR


def test_a_version_by_its_number_is_fetched_once_and_for_good(app: Application) -> None:
    old = app.upload(GREETING)
    app.upload(WARMER)

    with app.client() as client, app.asked() as requests:
        loaded = client.load("greeting", version=old)
        app.clock.passes(10 * 365 * 86400)
        again = client.load("greeting", version=old)
        settle()

    assert (loaded.template, loaded.version, loaded.alias) == (HELLO, old, None)
    assert (again.template, again.source) == (HELLO, Source.MEMORY)
    assert len(requests) == 1


def test_a_clock_that_goes_back_keeps_nothing_longer(app: Application) -> None:
    app.upload(GREETING)
    with app.client() as client:
        client.load("greeting")
        app.upload(WARMER)

        app.clock.passes(-100_000)
        client.load("greeting")
        settle()

        assert client.load("greeting").template == DEAR


def test_a_ttl_of_nothing_looks_after_every_load(app: Application) -> None:
    app.upload(GREETING)
    with app.client(ttl=0) as client:
        client.load("greeting")
        app.upload(WARMER)
        client.load("greeting")
        settle()

        assert client.load("greeting").template == DEAR


# -- many callers --


def test_a_thousand_threads_on_a_cold_cache_make_one_request(app: Application) -> None:
    app.upload(GREETING)

    # On a busy machine the threads take minutes from the one that reads the answer.
    with app.asked() as requests, app.client(timeout=600) as client:
        found = all_at_once(1000, lambda: client.load("greeting"))

    assert len(requests) == 1
    assert [each.template for each in found] == [HELLO] * 1000


def test_a_stale_prompt_is_refreshed_once_while_many_are_served(app: Application) -> None:
    app.upload(GREETING)
    with app.client(timeout=10) as client:
        client.load("greeting")
        app.upload(WARMER)
        app.clock.passes(300)
        app.service.inject(held := Held(), "GET /v1/prompt*")

        with app.asked() as requests:
            found = all_at_once(50, lambda: client.load("greeting"))
            held.released.set()
            settle()

        assert client.load("greeting").template == DEAR
    assert len(requests) == 1
    assert [each.template for each in found] == [HELLO] * 50


def test_a_load_from_memory_waits_for_no_other_load(app: Application) -> None:
    app.upload(GREETING)
    app.upload(FAREWELL)
    with app.client(timeout=30) as client:
        client.load("greeting")
        app.service.inject(held := Held(), "GET /v1/prompt*")
        waiting = threading.Thread(target=client.load, args=("farewell",))
        waiting.start()
        assert held.arrived.wait(30)

        assert client.load("greeting").template == HELLO

        assert waiting.is_alive()
        held.released.set()
        waiting.join()


def test_more_prompts_at_once_than_threads_are_no_outage(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    names = [f"prompt-{number}" for number in range(40)]
    app.upload(*map(prompt, names))
    left = iter(names)

    with app.client(alias=None, timeout=30) as client:
        found = all_at_once(40, lambda: client.load(next(left)))

    assert sorted(each.name for each in found) == sorted(names)
    assert {each.source for each in found} == {Source.REGISTRY}
    assert told(caplog) == []


# -- errors of a first load --


def test_the_errors_of_a_first_load_are_distinct(app: Application) -> None:
    version = app.upload(GREETING)

    with app.client() as client:
        with pytest.raises(UnknownPromptError) as unknown:
            client.load("farewell")
        with pytest.raises(UnknownAliasError):
            client.load("greeting", alias="staging")
        with pytest.raises(UnknownPromptError):
            client.load("greeting", version=str(int(version) - 1))
        app.service.inject(key_refused())
        with pytest.raises(RegistryRefusedError):
            client.load("greeting")

    assert not isinstance(unknown.value, UnknownAliasError)


@pytest.mark.parametrize("offline", [False, True])
@pytest.mark.parametrize("name", ["greting", "prompts/greeting.md"])
def test_a_name_with_a_typing_error_is_told_with_the_one_that_is_deployed(
    app: Application, name: str, *, offline: bool
) -> None:
    (app.folder / "prompts" / "greeting.md").write_text("Say hello.\n")
    with app.client(offline=offline) as client, pytest.raises(UnknownPromptError) as raised:
        client.load(name)

    assert raised.value.hint == (
        "did you mean `greeting`? `promptsync status --all` lists what the registry has"
    )


@pytest.mark.parametrize("offline", [False, True])
def test_a_prompt_file_that_is_wrong_is_told_with_its_line(
    app: Application, *, offline: bool
) -> None:
    (app.folder / "prompts" / "greeting.md").write_text("---\nmodle: gpt-5\n---\n\nHello.\n")
    with app.client(offline=offline) as client, pytest.raises(PromptFileError) as raised:
        client.load("greeting")

    assert raised.value.message == "prompts/greeting.md:2:1: unknown key `modle`"
    assert str(raised.value.hint).startswith("did you mean `model`?")


PARTIAL = "`rules` is a partial, and never served by itself"


@pytest.mark.parametrize(
    ("name", "offline", "hint"),
    [
        ("rules", False, PARTIAL),
        ("rules", True, "load a prompt that includes it"),
        ("rule", False, f"did you mean `rules`? {PARTIAL}"),
        ("rule", True, f"did you mean `rules`? {PARTIAL}"),
    ],
)
def test_a_partial_is_no_name_to_load(
    app: Application, name: str, hint: str, *, offline: bool
) -> None:
    (app.folder / "prompts" / "rules.md").write_text("---\npartial: true\n---\n\nBe brief.\n")
    with app.client(offline=offline) as client, pytest.raises(UnknownPromptError) as raised:
        client.load(name)

    assert raised.value.hint == hint


@pytest.mark.parametrize("offline", [False, True])
def test_a_program_that_is_started_elsewhere_is_told_so(tmp_path: Path, *, offline: bool) -> None:
    client = Client(tmp_path, offline=offline, cache=False)
    with client, pytest.raises(UnknownPromptError) as raised:
        client.load("greeting")

    assert raised.value.hint == (
        f"no configuration, bundle or prompt file was found from `{tmp_path}`; "
        "start the program in its folder, or name `source` or `package`"
    )


def test_a_prompt_that_was_missing_is_found_by_the_next_load(app: Application) -> None:
    with app.client() as client:
        with pytest.raises(UnknownPromptError):
            client.load("greeting")
        app.upload(GREETING)

        assert client.load("greeting").template == HELLO


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ttl": -1}, "`ttl` is a number of seconds, not -1"),
        ({"ttl": float("nan")}, "`ttl` is a number of seconds, not nan"),
        ({"retry": True}, "`retry` is a number of seconds, not True"),
        ({"timeout": 0}, "`timeout` is a number of seconds above 0"),
        ({"timeout": float("inf")}, "`timeout` is a number of seconds above 0"),
        ({"timeout": 1e12}, "`timeout` is a number of seconds above 0"),
        ({"verify": "maybe"}, "`verify` is one of off, warn, fallback, strict, not `maybe`"),
        ({"ttl": "300"}, "`ttl` is a number of seconds, not '300'"),
        ({"timeout": None}, "`timeout` is a number of seconds, not None"),
        ({"offline": "false"}, "`offline` is True or False, not 'false'"),
        ({"alias": ""}, "`alias` is empty"),
        ({"registry": 3}, "`registry` is text, not 3"),
        ({"package": ""}, "`package` is empty"),
        ({"source": 3}, "`source` is a path, not 3"),
        ({"source": ""}, "`source` is no path: ''"),
        ({"source": b"prompts"}, "`source` is a path, not b'prompts'"),
        ({"cache": True}, "`cache` is a path, not True"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as raised:
        Client(**options)

    assert raised.value.message == message


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (None, {}, "`name` is text, not None"),
        ("", {}, "`name` is empty"),
        (["greeting"], {}, "`name` is text, not ['greeting']"),
        ("greeting\n", {}, "`name` has characters that cannot be shown: 'greeting\\n'"),
        ("greeting", {"alias": ""}, "`alias` is empty"),
        ("greeting", {"alias": ["production"]}, "`alias` is text, not ['production']"),
        ("greeting", {"version": 3}, "`version` is text, not 3"),
        ("greeting", {"version": ""}, "`version` is empty"),
    ],
)
def test_what_is_asked_for_is_text(
    app: Application, name: Any, options: dict[str, Any], message: str
) -> None:
    with app.client() as client:
        with pytest.raises(UsageError) as raised:
            client.load(name, **options)
        with pytest.raises(UsageError) as raised_too:
            asyncio.run(client.aload(name, **options))

    assert (raised.value.message, raised_too.value.message) == (message, message)
    assert app.service.requests == []


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with Client(tmp_path / "typo") as client, pytest.raises(UsageError) as caught:
        client.load("greeting")

    assert str(caught.value) == f"there is no folder `{tmp_path / 'typo'}`"


def test_an_alias_and_a_version_at_once_are_refused(app: Application) -> None:
    with app.client() as client, pytest.raises(UsageError, match="alias or a version"):
        client.load("greeting", alias="production", version="1")


# -- content that its stamp does not prove --


def edited_behind_the_stamp(service: BraintrustServer) -> None:
    """Edit as a person does in the web interface, who leaves the stamp alone."""
    service.person.edits("greeting", str(DEAR))


def test_unproven_content_is_served_with_one_warning(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    edited_behind_the_stamp(app.service)

    with app.client(alias=None) as client:
        loaded = client.load("greeting")
        app.clock.passes(300)
        client.load("greeting")
        settle()

    assert (loaded.template, loaded.is_fallback, loaded.commit) == (DEAR, False, None)
    (warning,) = told(caplog)
    assert "is served unproven" in warning
    assert hash_of(WARMER) in warning


def test_unproven_content_is_served_in_silence_where_nobody_verifies(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    edited_behind_the_stamp(app.service)

    with app.client(alias=None, verify="off") as client:
        assert client.load("greeting").template == DEAR

    assert told(caplog) == []


@pytest.mark.parametrize("is_stamped", [True, False], ids=["another-stamp", "no-stamp"])
def test_unproven_content_is_refused_when_asked_to_be_strict(
    app: Application, is_stamped: bool
) -> None:
    app.upload(GREETING, is_stamped=is_stamped)
    if is_stamped:
        edited_behind_the_stamp(app.service)

    with (
        app.client(alias=None, verify="strict") as client,
        pytest.raises(InvalidContentError) as caught,
    ):
        client.load("greeting")

    assert "stamp" in str(caught.value)


def test_a_running_process_keeps_what_was_proven(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client(alias=None, verify="strict") as client:
        client.load("greeting")
        edited_behind_the_stamp(app.service)
        for _ in range(3):
            app.clock.passes(300)
            client.load("greeting")
            settle()

        loaded = client.load("greeting")

    assert facts(loaded) == (HELLO, "memory", True)
    assert "its stamp says" in str(loaded.reason)
    assert len(told(caplog)) == 1


def test_a_template_that_is_wrong_is_invalid_content(app: Application) -> None:
    app.upload(prompt("greeting", "Say {{#hello}}"))

    with app.client() as client, pytest.raises(InvalidContentError, match=r"prompts/greeting\.md"):
        client.load("greeting")


# -- what was served, and the end --


def test_active_versions_are_those_of_each_name_and_alias(app: Application) -> None:
    old = app.upload(GREETING)
    app.upload(FAREWELL)
    with app.client() as client:
        assert client.active_versions() == ()
        client.load("greeting")
        client.load("greeting", alias="production")
        client.load("farewell")
        new = app.upload(WARMER)
        app.clock.passes(300)
        client.load("greeting")
        client.load("greeting", alias="production")
        settle()

        now, ever = client.active_versions(), client.active_versions(past=True)

    assert [(each.name, each.template) for each in now] == [("farewell", BYE), ("greeting", DEAR)]
    assert [each.version for each in ever if each.name == "greeting"] == [old, new]


def test_what_is_logged_of_a_prompt_says_which_one_it_is_and_not_its_text(
    app: Application,
) -> None:
    version = app.upload(GREETING)
    chat = Message(role="user", content="A secret.")
    app.upload(replace(GREETING, name="chat", content=(chat, chat)))
    with app.client() as client:
        loaded = client.load("greeting")
        rendered = [client.load(each).render(name="Ada") for each in ("greeting", "chat")]

    short = hash_of(GREETING)[: len("sha256:") + 12]
    about = f"version {version}, alias production, from registry, {short}"
    assert f"{loaded}" == repr(loaded) == f"<LoadedPrompt greeting, {about}>"
    assert list(map(repr, rendered)) == [
        "<RenderedPrompt greeting, 17 characters>",
        "<RenderedPrompt chat, 2 messages>",
    ]
    assert str(rendered[0]) == "Say hello to Ada."
    assert str(rendered[1]) == repr(rendered[1])


def test_of_what_was_replaced_the_last_thousand_are_remembered() -> None:
    cache, asked = PromptCache(lambda: 0.0), Question("greeting")
    for number in range(1003):
        version = make_loaded_prompt(
            GREETING, content_hash="", source=Source.REGISTRY, version=f"{number:04}"
        )
        cache.put(asked, version, 60)

    found = [each.version for each in cache.active(past=True)]

    assert (len(found), found[0], found[-1]) == (1001, "0002", "1002")


def test_a_closed_client_leaves_no_thread_and_serves_what_it_has(app: Application) -> None:
    app.upload(GREETING)
    client = app.client()
    client.load("greeting")

    client.close()
    client.close()

    assert background_threads() == []
    app.clock.passes(1000)
    assert client.load("greeting").template == HELLO
    assert background_threads() == []
    with pytest.raises(UsageError, match="this client was closed"):
        client.load("farewell")


def test_closing_ends_a_refresh_that_hangs_and_warns_of_nothing(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client(timeout=3600) as client:
        client.load("greeting")
        app.clock.passes(300)
        app.service.inject(lost := Lost())
        client.load("greeting")
        assert lost.arrived.wait(30)

    assert background_threads() == []
    assert told(caplog) == []
