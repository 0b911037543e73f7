"""An alias of the environment takes the place of the program's own, where a prompt has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from promptsync import Source, UnknownPromptError
from promptsync.alias_override import AliasOverride, read_alias_override
from tests.fakes.braintrust import unavailable
from tests.loading import (
    FAREWELL,
    GREETING,
    WARMER,
    Application,
    deployed_application,
    settle,
    told,
)


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application with a bundle, whose greeting has a candidate at `staging`."""
    with deployed_application(tmp_path / "app", GREETING, FAREWELL) as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        app.upload(GREETING, FAREWELL)
        app.upload(WARMER, alias="staging")
        monkeypatch.setenv("PROMPTSYNC_ALIAS", "staging")
        yield app


# -- which aliases are asked for --


def test_an_environment_that_says_nothing_overrides_nothing() -> None:
    assert read_alias_override() is None


def test_the_environment_names_an_alias_and_the_prompts_it_is_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    override = AliasOverride("staging", frozenset({"greeting", "farewell"}))
    for name, value in override.environment().items():
        monkeypatch.setenv(name, value)

    assert read_alias_override() == override


def test_empty_names_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROMPTSYNC_ALIAS", "staging")
    monkeypatch.setenv("PROMPTSYNC_ALIAS_NAMES", " greeting, ,")

    assert read_alias_override() == AliasOverride("staging", frozenset({"greeting"}))


@pytest.mark.parametrize(
    ("override", "alias", "version", "asked"),
    [
        (AliasOverride("staging"), "production", None, ("staging", "production")),
        (AliasOverride("staging"), None, None, ("staging", None)),
        (AliasOverride("staging"), "staging", None, ("staging",)),
        (AliasOverride("staging"), None, "7", (None,)),
        (AliasOverride("staging", frozenset({"hello"})), "production", None, ("production",)),
        (AliasOverride("staging", frozenset({"hi-slug"})), None, None, ("staging", None)),
    ],
    ids=["an alias", "none", "the same", "a version", "another prompt", "a served name"],
)
def test_the_aliases_of_a_prompt(
    override: AliasOverride, alias: str | None, version: str | None, asked: tuple[str | None, ...]
) -> None:
    assert override.aliases(("hi", "hi-slug"), alias=alias, version=version) == asked


# -- what is loaded --


@pytest.mark.network
def test_a_prompt_is_loaded_at_the_alias_of_the_environment(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with app.client() as client, app.asked() as requests:
        loaded = client.load("greeting")

    assert (loaded.prompt, loaded.alias, loaded.is_fallback) == (WARMER, "staging", False)
    assert len(requests) == 1
    assert told(caplog) == []


@pytest.mark.network
def test_a_prompt_that_lacks_the_alias_is_loaded_as_the_program_asks_with_one_warning(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with app.client(ttl=60) as client:
        loaded = client.load("farewell")
        app.clock.passes(61)
        client.load("farewell")
        settle()

    assert (loaded.prompt, loaded.alias, loaded.is_fallback) == (FAREWELL, "production", False)
    assert told(caplog) == [
        f"`farewell` (version {loaded.version}, alias `production`) is served as the program asks: "
        "it has no alias `staging`"
    ]


@pytest.mark.network
def test_a_prompt_that_gets_the_alias_follows_it(app: Application) -> None:
    with app.client(ttl=60) as client:
        client.load("farewell")
        app.upload(FAREWELL, alias="staging")
        app.clock.passes(61)
        client.load("farewell")
        settle()

        assert client.load("farewell").alias == "staging"


@pytest.mark.network
def test_a_version_that_a_program_asks_for_is_loaded(app: Application) -> None:
    with app.client() as client:
        version = client.load("greeting").version
        assert client.load("greeting", version=version).alias is None


@pytest.mark.network
def test_only_the_named_prompts_are_loaded_at_the_other_alias(
    app: Application, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PROMPTSYNC_ALIAS_NAMES", "farewell")

    with app.client() as client:
        assert client.load("greeting").alias == "production"
    assert told(caplog) == []


@pytest.mark.network
def test_a_prompt_that_is_nowhere_is_unknown(app: Application) -> None:
    with app.client() as client, pytest.raises(UnknownPromptError):
        client.load("nowhere")


@pytest.mark.network
def test_in_an_outage_what_was_served_at_that_alias_comes_from_disk(app: Application) -> None:
    with app.client() as client:
        client.load("greeting")
        client.load("farewell")
    app.service.inject(unavailable())

    with app.client() as client:
        greeting, farewell = client.load("greeting"), client.load("farewell")

    assert (greeting.prompt, greeting.alias, greeting.source) == (WARMER, "staging", Source.DISK)
    assert (farewell.alias, farewell.source) == ("production", Source.DISK)


@pytest.mark.network
def test_in_an_outage_what_was_deployed_is_no_prompt_of_that_alias(app: Application) -> None:
    app.service.inject(unavailable())

    with app.client() as client:
        loaded = client.load("greeting")

    assert (loaded.alias, loaded.source, loaded.is_fallback) == ("production", Source.BUNDLE, True)


@pytest.mark.network
def test_offline_a_warning_says_that_the_alias_is_not_followed(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with app.client(offline=True) as client:
        assert client.load("greeting").prompt == GREETING

    assert told(caplog) == [
        "`greeting` (alias `production`) is served as the program asks: it has no alias `staging`"
    ]
