"""The check at a cold start, against a registry on loopback and real prompt objects."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from promptsync import (
    DriftReport,
    Prompt,
    PromptDrift,
    Status,
    check_drift,
    warn_on_drift,
)
from promptsync.content_hash import short_hash
from tests.builders import prompt
from tests.deployment import COMMIT, braintrust_with_key, deploy, hash_of, upload
from tests.fakes.braintrust import (
    AnswersHtml,
    BraintrustServer,
    Hangs,
    key_refused,
)
from tests.fakes.service.exchange import NeverAnswered, Request, Response, Serve
from tests.registries.serving import unused_address

GREETING = prompt("greeting", "Say hello to {{name}}.")
EDITED = prompt("greeting", "Say hello to {{name}}, and mean it.")
FAREWELL = prompt("farewell", "Say goodbye.")


def short(prompt: Prompt) -> str:
    return short_hash(hash_of(prompt))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    """Return a running Braintrust whose key is in the environment."""
    with braintrust_with_key(monkeypatch, "production", "staging") as service:
        yield service


@pytest.fixture
def app(tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of an application that was deployed with one prompt file."""
    folder = deploy(tmp_path / "app", GREETING, app_url=service.url)
    monkeypatch.chdir(folder)
    return folder


def warning_records(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [each for each in caplog.records if each.levelno == logging.WARNING]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in warning_records(caplog)]


def warned(caplog: pytest.LogCaptureFixture, **options: Any) -> list[str]:
    """Return the warnings of a check that has ended."""
    warn_on_drift(**options).result()
    return warnings(caplog)


# -- against the registry --


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_registry_that_serves_what_was_deployed_is_ok(service: BraintrustServer) -> None:
    (stored,) = upload(service, GREETING)

    report = check_drift()

    assert report == DriftReport(
        prompts=(
            PromptDrift(
                name="greeting",
                status=Status.IN_SYNC,
                path="prompts/greeting.md",
                local_hash=hash_of(GREETING),
                remote_hash=hash_of(GREETING),
                stamped_hash=hash_of(GREETING),
                commit=COMMIT,
                version=stored.version,
            ),
        ),
        registry="production",
    )
    assert (report.ok, report.checked, report.drifted) == (True, True, ())


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_nothing_is_warned_of_where_all_agree(
    service: BraintrustServer, caplog: pytest.LogCaptureFixture
) -> None:
    upload(service, GREETING, FAREWELL)

    assert warned(caplog) == []


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_an_edit_in_the_registry_is_warned_of_with_both_hashes_and_the_commit(
    service: BraintrustServer, caplog: pytest.LogCaptureFixture
) -> None:
    upload(service, GREETING)
    service.person.edits("greeting", str(EDITED.content))

    assert warned(caplog) == [
        "`greeting` differs from what this process was deployed with: "
        f"deployed {short(GREETING)}, served {short(EDITED)} "
        "(edited in the registry after an upload from commit 0123456789ab)"
    ]
    (record,) = warning_records(caplog)
    assert record.name == "promptsync"
    assert record.__dict__["promptsync"] == {
        "name": "greeting",
        "status": "drifted",
        "path": "prompts/greeting.md",
        "local_hash": hash_of(GREETING),
        "stamped_hash": hash_of(GREETING),
        "remote_hash": hash_of(EDITED),
        "version": check_drift().prompts[0].version,
        "commit": COMMIT,
    }


@pytest.mark.network
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    ("stamp", "origin"),
    [
        ({"commit": COMMIT}, "uploaded from commit 0123456789ab"),
        ({"commit": None}, "uploaded from a file not committed yet"),
        ({"is_stamped": False}, "not uploaded from git"),
    ],
    ids=["another-commit", "before-its-commit", "by-other-means"],
)
def test_a_warning_says_where_the_served_prompt_came_from(
    service: BraintrustServer,
    caplog: pytest.LogCaptureFixture,
    stamp: dict[str, Any],
    origin: str,
) -> None:
    upload(service, EDITED, **stamp)

    assert warned(caplog) == [
        "`greeting` differs from what this process was deployed with: "
        f"deployed {short(GREETING)}, served {short(EDITED)} ({origin})"
    ]


@pytest.mark.network
@pytest.mark.usefixtures("app", "service")
def test_a_prompt_that_is_not_served_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    assert warned(caplog) == [
        "`greeting` differs from what this process was deployed with: "
        f"deployed {short(GREETING)}, served nothing"
    ]


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_an_alias_is_looked_at_instead_of_the_latest_version(service: BraintrustServer) -> None:
    upload(service, GREETING, aliases=["production"])
    upload(service, EDITED, aliases=["staging"])

    assert check_drift(alias="production").ok
    assert [each.status for each in check_drift(alias="staging").drifted] == [Status.BEHIND]
    assert [each.status for each in check_drift(alias="elsewhere").drifted] == [Status.NEW]


@pytest.mark.network
@pytest.mark.usefixtures("service")
def test_only_the_named_prompts_are_compared(app: Path, service: BraintrustServer) -> None:
    upload(service, GREETING)
    (app / "prompts" / "farewell.md").write_text("Say goodbye.\n")

    assert check_drift(names=["greeting"]).ok
    assert [each.name for each in check_drift().drifted] == ["farewell"]


@pytest.mark.network
def test_the_files_are_found_from_a_folder_below_and_from_a_source(
    app: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(service, GREETING)
    (app / "src").mkdir()
    monkeypatch.chdir(app / "src")
    assert check_drift().ok

    monkeypatch.chdir(app.parent)
    assert check_drift(app).ok
    assert check_drift("app").ok


@pytest.mark.network
def test_the_prompts_of_a_package_are_compared(
    tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(service, GREETING, EDITED)
    package = deploy(tmp_path / "checked_at_a_start", GREETING, app_url=service.url)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    report = check_drift(package=package.name, timeout=60)
    warned = warn_on_drift(package=package.name, timeout=60).result()

    assert [each.name for each in report.drifted] == ["greeting"]
    assert warned == report


def test_a_package_that_is_none_is_a_reason() -> None:
    assert check_drift(package="no_such").reason == "there is no package `no_such`"


@pytest.mark.network
def test_a_check_by_alias_asks_once_for_each_prompt(app: Path, service: BraintrustServer) -> None:
    upload(service, GREETING)
    upload(service, EDITED, aliases=["production"])
    before = len(service.requests)

    check_drift(app, alias="production")

    assert [request.path for request in service.requests[before:]] == [
        "/api/apikey/login",
        "/v1/prompt",
    ]


# -- never raising --


def reason(**options: Any) -> str:
    """Return why a check was not possible."""
    report = check_drift(**options)
    assert (report.checked, report.ok, report.prompts) == (False, False, ())
    return report.reason or ""


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of an application whose registry nobody can reach."""
    folder = deploy(tmp_path / "app", GREETING, app_url=unused_address())
    monkeypatch.chdir(folder)
    monkeypatch.setenv("BRAINTRUST_API_KEY", "sk-example")
    return folder


@pytest.mark.usefixtures("offline")
def test_a_missing_key_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRAINTRUST_API_KEY")

    assert reason() == (
        "registry `production` needs a Braintrust API key; "
        "set BRAINTRUST_API_KEY; keys are made in Braintrust's settings"
    )


@pytest.mark.network
@pytest.mark.usefixtures("offline")
def test_a_registry_that_is_down_is_a_reason() -> None:
    assert "connection refused" in reason()


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_refused_key_is_a_reason_without_the_key(service: BraintrustServer) -> None:
    service.inject(key_refused())

    assert "401" in reason()
    assert service.api_key not in reason()


@pytest.mark.network
@pytest.mark.usefixtures("app")
def test_a_page_in_place_of_an_answer_is_a_reason(service: BraintrustServer) -> None:
    service.inject(AnswersHtml())

    assert "with an HTML page where JSON belongs" in reason()


@pytest.mark.network
@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("request_", ["*", "GET /v1/prompt"], ids=["at-the-login", "later"])
def test_a_registry_that_hangs_is_a_reason(service: BraintrustServer, request_: str) -> None:
    service.inject(Hangs(), request_)

    found = reason(timeout=0.3)

    assert "did not answer in time" in found or found == "no answer within 0.3 s"


def test_a_wrong_configuration_is_a_reason(offline: Path) -> None:
    (offline / "promptsync.toml").write_text("promts = []")

    assert "promptsync.toml: unknown key `promts`" in reason()


@pytest.mark.usefixtures("offline")
def test_a_missing_bundle_is_a_reason() -> None:
    assert "there is no bundle `" in reason(source="missing.json")


@pytest.mark.usefixtures("offline")
def test_an_unknown_registry_is_a_reason() -> None:
    assert reason(registry="elsewhere").startswith("there is no registry `elsewhere`")


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("names", "expected"),
    [(["hello"], "there is no prompt file for `hello`"), ("greeting", "`names` is a list")],
)
def test_wrong_names_are_a_reason(names: Any, expected: str) -> None:
    assert reason(names=names).startswith(expected)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("timeout", ["soon", None, 0, -1, float("nan"), float("inf")])
def test_a_timeout_that_is_none_is_a_reason(timeout: Any) -> None:
    assert reason(timeout=timeout) == "`timeout` is a number of seconds above 0"


def test_a_place_without_prompts_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert reason().startswith(f"there are no prompt files around `{tmp_path}`, and no bundle; ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a working directory")
def test_a_deleted_working_directory_is_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert reason().startswith("there are no prompt files around")


def test_a_machine_without_git_is_no_obstacle(
    offline: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(offline / "nothing-here"))

    assert check_drift(loaded={"greeting": GREETING}).ok


@pytest.mark.usefixtures("offline")
def test_a_check_that_was_not_possible_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    assert warned(caplog, registry="elsewhere") == [
        "the prompts were not checked: "
        "there is no registry `elsewhere`; the configuration has `production`"
    ]


@pytest.mark.network
def test_a_broken_prompt_file_hides_no_other(
    app: Path, service: BraintrustServer, caplog: pytest.LogCaptureFixture
) -> None:
    upload(service, EDITED)
    (app / "prompts" / "broken.md").write_text("---\nmodell: gpt\n---\n")

    differs, unchecked = warned(caplog)

    assert differs.startswith("`greeting` differs")
    assert unchecked == (
        "not every prompt was checked: prompts/broken.md:2:1: unknown key `modell`"
    )


def run_program(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=False
    )


@dataclass(frozen=True)
class HangsAudibly:
    """Never answers, and tells the test that it was asked."""

    was_asked: threading.Event
    on: str = "*"

    def __call__(self, request: Request, serve: Serve) -> Response:  # noqa: ARG002
        self.was_asked.set()
        raise NeverAnswered


@pytest.mark.network
def test_a_process_may_end_while_its_check_hangs(app: Path, service: BraintrustServer) -> None:
    hangs = HangsAudibly(threading.Event())
    service.inject(hangs)
    program = "import promptsync; promptsync.warn_on_drift(timeout=600); input()"

    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=app, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert hangs.was_asked.wait(60)
        _, errors = process.communicate(b"\n", timeout=60)

    assert (process.returncode, errors) == (0, b"")


def test_a_check_while_the_interpreter_shuts_down_raises_nothing(offline: Path) -> None:
    asked = "print(promptsync.check_drift(registry='elsewhere').checked)"
    program = f"import atexit, promptsync; atexit.register(lambda: {asked})"

    result = run_program(program, offline)

    assert (result.returncode, result.stdout, result.stderr) == (0, "False\n", "")


# -- in the background --


class Held:
    """A prompt object that a test holds back; it remembers which thread asked for it."""

    slug = "greeting"
    options: dict[str, Any] = {}  # noqa: RUF012  as plain as the SDK's
    version = "1000"

    def __init__(self) -> None:
        self.may_go = threading.Event()
        self.asked_by: list[threading.Thread] = []

    @property
    def prompt(self) -> dict[str, Any]:
        self.asked_by.append(threading.current_thread())
        self.may_go.wait(30)
        return {"type": "completion", "content": GREETING.content}


@pytest.mark.usefixtures("offline")
def test_a_warning_is_prepared_in_a_thread_of_its_own() -> None:
    held = Held()

    check = warn_on_drift(loaded=[held], timeout=30)

    early = (check.done, check.result(0).reason)
    held.may_go.set()
    assert early == (False, "the check has not ended yet")
    assert check.result().ok
    assert check.done
    assert threading.current_thread() not in held.asked_by
    assert all(thread.daemon for thread in held.asked_by)


@pytest.mark.usefixtures("offline")
def test_a_deadline_holds_whatever_the_check_waits_for(caplog: pytest.LogCaptureFixture) -> None:
    held = Held()

    assert warned(caplog, loaded=[held], timeout=0.2) == [
        "the prompts were not checked: no answer within 0.2 s"
    ]
    held.may_go.set()


@pytest.mark.usefixtures("offline")
def test_without_background_the_report_is_there_at_once(caplog: pytest.LogCaptureFixture) -> None:
    check = warn_on_drift(loaded={"greeting": EDITED}, background=False)

    assert check.done
    assert [each.name for each in check.result().drifted] == ["greeting"]
    assert len(warnings(caplog)) == 1


# -- telling the application --


@pytest.mark.usefixtures("offline")
def test_a_callback_gets_the_report() -> None:
    reports: list[DriftReport] = []

    report = warn_on_drift(loaded={"greeting": EDITED}, on_report=reports.append).result()

    assert reports == [report]


@pytest.mark.usefixtures("offline")
def test_a_bug_in_the_callback_is_a_warning_and_no_loss(caplog: pytest.LogCaptureFixture) -> None:
    def on_report(report: DriftReport) -> None:
        raise ZeroDivisionError(report.registry)

    report = warn_on_drift(loaded={"greeting": GREETING}, on_report=on_report).result()

    (record,) = warning_records(caplog)
    assert record.getMessage() == "`on_report` failed with the report about the prompts"
    assert record.exc_info
    assert report.ok


@pytest.mark.usefixtures("offline")
def test_a_callback_may_ask_for_the_report_it_is_given() -> None:
    reports: list[DriftReport] = []
    check = warn_on_drift(
        loaded={"greeting": GREETING},
        on_report=lambda _: reports.append(check.result()),
    )

    check.result()

    assert [each.reason for each in reports] == ["the check has not ended yet"]


class BrokenHandler(logging.Handler):
    """A handler of the application's that fails."""

    def emit(self, record: logging.LogRecord) -> None:
        raise ZeroDivisionError(record.name)


@pytest.mark.usefixtures("offline")
def test_logging_that_fails_costs_nobody_the_report() -> None:
    reports: list[DriftReport] = []
    handler = BrokenHandler()
    logging.getLogger("promptsync").addHandler(handler)

    report = warn_on_drift(loaded={"greeting": EDITED}, on_report=reports.append).result()

    logging.getLogger("promptsync").removeHandler(handler)
    assert [each.name for each in report.drifted] == ["greeting"]
    assert reports == [report]


# -- OpenTelemetry --


@pytest.fixture
def tracing() -> tuple[Tracer, InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("test"), exporter


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("loaded", "attributes"),
    [
        (GREETING, {"promptsync.drift": False, "promptsync.drifted": ()}),
        (EDITED, {"promptsync.drift": True, "promptsync.drifted": ("greeting",)}),
    ],
)
def test_the_callers_span_gets_the_names_that_drifted(
    tracing: tuple[Tracer, InMemorySpanExporter], loaded: Prompt, attributes: dict[str, Any]
) -> None:
    tracer, exporter = tracing

    with tracer.start_as_current_span("start"):
        warn_on_drift(loaded={"greeting": loaded}).result()

    (span,) = exporter.get_finished_spans()
    assert span.attributes == attributes


@pytest.mark.usefixtures("offline")
def test_a_span_says_nothing_about_what_was_not_checked(
    tracing: tuple[Tracer, InMemorySpanExporter],
) -> None:
    tracer, exporter = tracing

    with tracer.start_as_current_span("start"):
        warn_on_drift(registry="elsewhere").result()

    (span,) = exporter.get_finished_spans()
    assert span.attributes == {}


@pytest.mark.usefixtures("offline")
def test_a_span_that_has_ended_is_left_alone(
    tracing: tuple[Tracer, InMemorySpanExporter], caplog: pytest.LogCaptureFixture
) -> None:
    tracer, exporter = tracing
    held = Held()

    with tracer.start_as_current_span("start"):
        check = warn_on_drift(loaded=[held], timeout=30)
    held.may_go.set()

    assert check.result().ok
    (span,) = exporter.get_finished_spans()
    assert (span.attributes, warnings(caplog)) == ({}, [])


def test_opentelemetry_is_not_imported_for_an_application_that_does_not_use_it(
    offline: Path,
) -> None:
    program = (
        "import promptsync, sys; promptsync.warn_on_drift(registry='elsewhere').result();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )

    assert run_program(program, offline).stdout == "[]\n"
