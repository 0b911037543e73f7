"""What loading tells through `logging`, as an application's own handlers get it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import StringIO

import pytest

from promptsync import LoadedPrompt, Source, correlation_id, load_log
from promptsync.content_hash import content_hash, short_hash
from promptsync.correlation import in_this_context
from tests.builders import prompt

GREETING = prompt("greeting", "Say hello to {{name}}. The house rule: never shout.")
LOADED = LoadedPrompt(
    prompt=GREETING,
    content_hash=content_hash(GREETING),
    source=Source.REGISTRY,
    version="7",
    alias="production",
    registry="mlflow",
    kind="mlflow",
)
FALLBACK = replace(
    LOADED,
    source=Source.BUNDLE,
    version=None,
    is_fallback=True,
    reason="no answer within 2 s",
)
EVENTS: dict[str, Callable[[LoadedPrompt], None]] = {
    "changed": load_log.changed,
    "fell_back": load_log.fell_back,
    "recovered": load_log.recovered,
    "unproven": lambda loaded: load_log.unproven(loaded, "it has no stamp"),
    "lacks_alias": lambda loaded: load_log.lacks_alias(loaded, "candidate"),
}


class JsonFormatter(logging.Formatter):
    """What an application writes for its log collector."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "promptsync", {})
        return json.dumps({"level": record.levelname, "message": record.getMessage(), **facts})


class RaisingHandler(logging.Handler):
    """A handler that lets its errors out, which the standard ones do not."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError(f"no space left on device for {record.getMessage()}")


@pytest.fixture
def stream() -> Iterator[StringIO]:
    """Return what an application's JSON handler for promptsync writes to."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("promptsync")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield stream
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


def test_a_change_is_told_with_version_alias_and_hash(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "promptsync"):
        load_log.changed(LOADED)

    assert caplog.record_tuples == [
        (
            "promptsync",
            logging.INFO,
            "loaded `greeting` (version 7, alias `production`) from registry `mlflow`: "
            + short_hash(LOADED.content_hash),
        )
    ]


def test_a_fallback_is_a_warning_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    load_log.fell_back(FALLBACK)

    assert caplog.record_tuples == [
        (
            "promptsync",
            logging.WARNING,
            "`greeting` (alias `production`) is served from the bundle "
            "instead of registry `mlflow`: no answer within 2 s",
        )
    ]


@pytest.mark.parametrize(
    ("source", "place"),
    [
        (Source.MEMORY, "memory"),
        (Source.DISK, "disk"),
        (Source.BUNDLE, "the bundle"),
        (Source.FILE, "its prompt file"),
    ],
)
def test_a_fallback_says_where_the_prompt_is_from(
    source: Source, place: str, caplog: pytest.LogCaptureFixture
) -> None:
    load_log.fell_back(replace(FALLBACK, source=source))

    assert f" is served from {place} instead of registry `mlflow`: " in caplog.messages[0]


def test_the_end_of_an_outage_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "promptsync"):
        load_log.recovered(LOADED)

    assert caplog.record_tuples == [
        (
            "promptsync",
            logging.INFO,
            "`greeting` (version 7, alias `production`) is served from registry `mlflow` again",
        )
    ]


def test_what_is_served_unproven_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    load_log.unproven(replace(LOADED, alias=None), "it has no stamp")

    assert caplog.record_tuples == [
        (
            "promptsync",
            logging.WARNING,
            "`greeting` (version 7) is served unproven: it has no stamp",
        )
    ]


def test_a_prompt_without_the_alias_of_the_environment_is_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    load_log.lacks_alias(replace(LOADED, version=None, alias=None), "candidate")

    assert caplog.record_tuples == [
        (
            "promptsync",
            logging.WARNING,
            "`greeting` is served as the program asks: it has no alias `candidate`",
        )
    ]


def test_a_json_formatter_gets_every_fact(stream: StringIO) -> None:
    token = correlation_id.set("request-17")

    load_log.fell_back(FALLBACK)
    correlation_id.reset(token)

    assert json.loads(stream.getvalue()) == {
        "level": "WARNING",
        "message": "`greeting` (alias `production`) is served from the bundle "
        "instead of registry `mlflow`: no answer within 2 s",
        "prompt": "greeting",
        "version": None,
        "alias": "production",
        "source": "bundle",
        "is_fallback": True,
        "reason": "no answer within 2 s",
        "content_hash": FALLBACK.content_hash,
        "correlation_id": "request-17",
    }


@pytest.mark.parametrize("event", EVENTS)
def test_no_record_holds_the_text_of_a_prompt(
    event: str, caplog: pytest.LogCaptureFixture, stream: StringIO
) -> None:
    EVENTS[event](FALLBACK)

    assert len(caplog.records) == 1
    assert "never shout" not in stream.getvalue() + str(vars(caplog.records[0]))


@pytest.mark.parametrize("event", EVENTS)
def test_a_handler_that_raises_hurts_nobody(event: str, caplog: pytest.LogCaptureFixture) -> None:
    logger, handler = logging.getLogger("promptsync"), RaisingHandler()
    logger.addHandler(handler)

    with caplog.at_level(logging.INFO, "promptsync"):
        EVENTS[event](FALLBACK)
    logger.removeHandler(handler)


def test_a_background_thread_logs_the_correlation_id_of_its_cause(
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = correlation_id.set("request-17")
    refresh = in_this_context(lambda: load_log.fell_back(FALLBACK))
    correlation_id.reset(token)

    thread = threading.Thread(target=refresh)
    thread.start()
    thread.join()

    assert correlation_id.get() is None
    assert caplog.records[0].__dict__["promptsync"]["correlation_id"] == "request-17"
