"""What an application's log says of its loads, from the first one to the end of an outage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from promptsync import Client, correlation_id
from tests.fakes.braintrust import AnswersHtml
from tests.loading import (
    FAREWELL,
    GREETING,
    WARMER,
    Application,
    deployed_application,
    facts,
    settle,
    told,
)

pytestmark = pytest.mark.network


class RaisingHandler(logging.Handler):
    """A handler that lets its errors out, which the standard ones do not."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError(f"no space left on device for {record.getMessage()}")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application that was deployed with the greeting."""
    with deployed_application(tmp_path / "app", GREETING) as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        yield app


def newer(bundle: Path) -> None:
    """Make a bundle one of a promptsync that does not exist yet."""
    bundle.write_text(bundle.read_text("utf-8").replace('"schema": 1', '"schema": 2'), "utf-8")


def live_through_everything(app: Application) -> list[tuple[object, ...]]:
    """Load, follow an edit, fall back, recover, and serve what its stamp belies."""
    app.upload(GREETING)
    served = []
    with app.client(alias=None, ttl=10, retry=1) as client:
        for happens in (
            lambda: app.upload(WARMER),
            lambda: app.service.inject(AnswersHtml()),
            app.service.faults.clear,
            lambda: app.service.person.edits("greeting", "Never shout."),
        ):
            served.append(facts(client.load("greeting")))
            happens()
            app.clock.passes(11)
            client.load("greeting")
            settle()
        served.append(facts(client.load("greeting")))
    return served


def test_a_load_from_memory_logs_nothing(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client() as client, caplog.at_level(logging.DEBUG, "promptsync"):
        client.load("greeting")
        caplog.clear()

        client.load("greeting")

    assert caplog.records == []


def test_a_refresh_in_the_background_has_the_correlation_id_of_the_load_that_caused_it(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(GREETING)
    with app.client(ttl=10) as client, caplog.at_level(logging.INFO, "promptsync"):
        for request in ("request-1", "request-2"):
            token = correlation_id.set(request)
            client.load("greeting")
            correlation_id.reset(token)
            app.upload(WARMER)
            app.clock.passes(11)
        settle()

    records = [each.__dict__["promptsync"] for each in caplog.records]
    assert [each["correlation_id"] for each in records] == ["request-1", "request-2"]
    assert records[0]["version"] != records[1]["version"]


@pytest.mark.parametrize(
    ("damage", "trouble"),
    [
        (Path.unlink, "there is no bundle `{bundle}` (make it again with `promptsync bundle`)"),
        (lambda bundle: bundle.write_text("[]"), "`{bundle}` is no bundle (make it again with"),
        (newer, "`{bundle}` has schema 2: a newer promptsync wrote it"),
    ],
    ids=["missing", "none", "newer"],
)
def test_a_bundle_that_could_not_be_served_is_told_while_the_registry_answers(
    app: Application,
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], object],
    trouble: str,
) -> None:
    app.upload(GREETING, FAREWELL)
    bundle = app.folder / "promptsync-bundle.json"
    damage(bundle)

    with Client(bundle, alias="production") as client:
        client.load("greeting")
        client.load("farewell")

    (warning,) = told(caplog)
    assert warning.startswith(
        "nothing is deployed that could be served in an outage: " + trouble.format(bundle=bundle)
    )


def test_no_log_holds_a_prompt_or_a_key(app: Application, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "promptsync"):
        live_through_everything(app)

    levels = {each.levelno for each in caplog.records if each.name == "promptsync"}
    logged = "\n".join(str(vars(each)) for each in caplog.records if each.name == "promptsync")
    assert levels == {logging.INFO, logging.WARNING}
    assert [text for text in ("Say hello", "shout", app.service.api_key) if text in logged] == []


def test_a_handler_that_raises_hurts_no_load(app: Application) -> None:
    logger, handler = logging.getLogger("promptsync"), RaisingHandler()
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)

    served = live_through_everything(app)
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)

    assert served[-1] == ("Never shout.", "memory", False)
