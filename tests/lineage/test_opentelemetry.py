"""What spans say of prompts, read back with OpenTelemetry's own SDK."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from promptsync import LineageError, UsageError
from promptsync.lineage import opentelemetry
from tests.lineage.prompts import fallback, loaded

GREETING = loaded(commit="0" * 40)
SAID = {
    "gen_ai.prompt.name": "greeting",
    "gen_ai.prompt.version": "1",
    "promptsync.prompt.sha256": GREETING.content_hash,
    "promptsync.prompt.alias": "production",
    "promptsync.prompt.commit": "0" * 40,
    "promptsync.prompt.source": "registry",
    "promptsync.prompt.is_fallback": False,
}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(exporter: InMemorySpanExporter) -> Iterator[Tracer]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("test")
    provider.shutdown()


def test_a_span_says_which_prompt_it_used(tracer: Tracer, exporter: InMemorySpanExporter) -> None:
    with tracer.start_as_current_span("chat"):
        assert opentelemetry.log_prompts(GREETING)

    (span,) = exporter.get_finished_spans()
    assert dict(span.attributes or {}) == SAID
    assert [(each.name, dict(each.attributes or {})) for each in span.events] == [
        ("promptsync.prompt", SAID)
    ]


def test_a_fallback_is_told_by_its_hash_and_has_no_version() -> None:
    served = fallback()

    assert opentelemetry.attributes(served) == {
        "gen_ai.prompt.name": "greeting",
        "promptsync.prompt.sha256": served.content_hash,
        "promptsync.prompt.source": "bundle",
        "promptsync.prompt.is_fallback": True,
    }


def test_each_prompt_of_a_span_is_an_event_and_the_last_one_its_attributes(
    tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    with tracer.start_as_current_span("chat") as span:
        opentelemetry.log_prompts([GREETING, loaded("farewell", "2")], span=span)
        opentelemetry.log_prompts(fallback("memory"))

    (found,) = exporter.get_finished_spans()
    names = [dict(each.attributes or {})["gen_ai.prompt.name"] for each in found.events]
    assert names == ["greeting", "farewell", "memory"]
    assert dict(found.attributes or {}) == {
        **opentelemetry.attributes(fallback("memory")),
        "gen_ai.prompt.version": "",
        "promptsync.prompt.alias": "",
        "promptsync.prompt.commit": "",
    }


def test_without_a_span_nothing_happens(tracer: Tracer) -> None:
    with tracer.start_as_current_span("chat") as span:
        pass

    assert not opentelemetry.log_prompts(GREETING)
    assert not opentelemetry.log_prompts(GREETING, span=span)
    with pytest.raises(UsageError, match="nothing is active in OpenTelemetry"):
        opentelemetry.log_prompts(GREETING, strict=True)
    with pytest.raises(UsageError, match="no prompt was loaded before this"):
        opentelemetry.log_prompts([], strict=True)


class BrokenSpan:
    """A span of somebody's own."""

    def is_recording(self) -> bool:
        return True

    def add_event(self, name: str, _: object) -> None:
        raise OSError(f"cannot send {name} to https://ada:secret@collector.example.com")


def test_a_span_that_fails_is_one_warning_until_one_works(
    tracer: Tracer, caplog: pytest.LogCaptureFixture
) -> None:
    def warnings(*spans: Any) -> list[str]:
        caplog.clear()
        for each in spans:
            opentelemetry.log_prompts(GREETING, span=each)
        return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]

    with tracer.start_as_current_span("chat") as span:
        assert warnings(BrokenSpan(), BrokenSpan()) == [
            "OpenTelemetry did not take which prompts were used: "
            "OSError: cannot send promptsync.prompt to https://collector.example.com"
        ]
        assert len(warnings(span, BrokenSpan(), span)) == 1


def test_a_span_that_fails_is_an_error_for_who_asked_for_it() -> None:
    with pytest.raises(LineageError, match="OSError: cannot send"):
        opentelemetry.log_prompts(GREETING, span=BrokenSpan(), strict=True)


def test_opentelemetry_is_not_imported_for_an_application_that_does_not_use_it() -> None:
    program = (
        "import sys\n"
        "from promptsync import lineage\n"
        "print(lineage.opentelemetry.log_prompts(()))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stdout == "False\n[]\n"
