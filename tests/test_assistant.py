"""The service of examples/assistant: real processes, real registries, real outages."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from promptsync.cli import app
from tests.assistant_service import (
    PACKAGE,
    Service,
    assistant,
    copy_example,
    eventually,
    example_variables,
    versions,
)
from tests.builders import Repo
from tests.mlflow_server import MlflowServer, mlflow_server, needs_mlflow
from tests.registries.serving import unused_address
from tests.test_assistant_prompts import PROMPTS

pytestmark = [
    pytest.mark.network,
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.skipif(os.name == "nt", reason="ends the service with SIGTERM"),
]

TTL = "0.2"
STARTED = "Application startup complete."
FIRST = dict.fromkeys(PROMPTS, "1")


def promptsync(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, prog_name="promptsync")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def checkout(repo: Repo) -> Repo:
    """Return a repository that has the example, all of it committed."""
    copy_example(repo.path)
    repo.commit()
    return repo


def answers(service: Service) -> dict[str, dict[str, Any]]:
    return {name: service.chat(name) for name in PROMPTS}


def change_weather(checkout: Repo, *options: str) -> None:
    """Put a second version of one prompt behind the alias `candidate`."""
    text = checkout.read("prompts/weather.md").replace("first, and the figures", "and the figures")
    checkout.write("prompts/weather.md", text)
    checkout.commit("Weather: no order of sentences")
    promptsync("upload", "weather", "--alias", "candidate", "--yes", *options)


def serves_weather(service: Service, version: str) -> bool:
    return bool(service.chat("weather")["version"] == version)


# -- with the local registry --


def test_an_empty_registry_is_seeded_and_every_prompt_answers(checkout: Repo) -> None:
    with assistant(checkout.path) as service:
        health, answered = service.health(), answers(service)

    assert (health["status"], versions(health)) == ("ok", FIRST)
    assert {each["alias"] for each in health["prompts"]} == {"production"}
    assert {name: each["is_fallback"] for name, each in answered.items()} == dict.fromkeys(
        PROMPTS, False
    )
    assert answered["weather"]["answer"] == example_variables("weather")["task"]
    loaded = [each["prompt"] for each in service.lines("INFO") if "prompt" in each]
    assert sorted(loaded) == PROMPTS
    assert "11 in sync" in promptsync("verify", "--strict", "--alias", "production")


def test_a_running_service_follows_an_alias_that_is_moved(checkout: Repo) -> None:
    with assistant(checkout.path, ASSISTANT_TTL=TTL) as service:
        change_weather(checkout)
        before = service.chat("weather")
        promptsync("promote", "weather", "--alias", "production", "--yes")
        eventually(lambda: serves_weather(service, "2"))
        after = service.chat("weather")
        others = versions(service.health())

    assert (before["version"], after["version"]) == ("1", "2")
    assert before["content_hash"] != after["content_hash"]
    assert others == {**FIRST, "weather": "2"}
    assert service.lines() == []
    (moved,) = (each for each in service.lines("INFO") if each.get("version") == "2")
    assert (moved["prompt"], moved["correlation_id"]) == ("weather", "chat-weather")


def test_several_workers_serve_side_by_side(checkout: Repo) -> None:
    # uvicorn ends and replaces a worker that needs longer than this for its imports.
    workers = ("--workers", "2", "--timeout-worker-healthcheck", "120")
    with assistant(checkout.path, *workers) as service:
        # The first one answers while the other one starts.
        eventually(lambda: service.log.read_text("utf-8").count(STARTED) >= 2)
        served = [versions(service.health()) for _ in range(8)]
        code = service.stop()

    assert served == [FIRST] * 8
    assert code == 0
    assert service.lines() == []


# -- with an MLflow server --


class StoppableMlflow:
    """A server that can be killed and comes back at the same address with what it had."""

    def __init__(self, folder: Path) -> None:
        self.address = unused_address()
        self._folder = folder
        self._running: ExitStack | None = None

    def start(self) -> None:
        if self._running is None:
            self._running = ExitStack()
            port = int(self.address.rpartition(":")[2])
            self._running.enter_context(mlflow_server(self._folder, port=port))

    def kill(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None


@pytest.fixture(scope="module")
def one_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoppableMlflow]:
    """Return a server that a test may find running or killed."""
    server = StoppableMlflow(tmp_path_factory.mktemp("mlflow"))
    yield server
    server.kill()


@pytest.fixture
def mlflow(one_mlflow: StoppableMlflow, monkeypatch: pytest.MonkeyPatch) -> StoppableMlflow:
    """Return an MLflow server that runs, is empty, and is in the environment."""
    one_mlflow.start()
    MlflowServer(one_mlflow.address).clear()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", one_mlflow.address)
    return one_mlflow


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the package and its bundle for MLflow: no prompt files, no git."""
    source = copy_example(tmp_path / "source")
    monkeypatch.chdir(source)
    bundle = "assistant/promptsync-bundle.json"
    promptsync("bundle", "--quiet", "--registry", "mlflow", "--output", bundle)
    image = tmp_path / "image"
    shutil.copytree(source / PACKAGE.name, image / PACKAGE.name)
    return image


@pytest.mark.vendor
@needs_mlflow
@pytest.mark.usefixtures("mlflow")
def test_a_running_service_follows_an_alias_in_mlflow(checkout: Repo) -> None:
    where = ("--registry", "mlflow")

    with assistant(checkout.path, ASSISTANT_TTL=TTL, ASSISTANT_REGISTRY="mlflow") as service:
        change_weather(checkout, *where)
        assert serves_weather(service, "1")
        promptsync("promote", "weather", "--alias", "production", "--yes", *where)
        eventually(lambda: serves_weather(service, "2"))
        promptsync("rollback", "weather", "--alias", "production", "--yes", *where)
        eventually(lambda: serves_weather(service, "1"))


@pytest.mark.vendor
@needs_mlflow
def test_an_mlflow_server_may_be_killed_and_come_back(mlflow: StoppableMlflow, image: Path) -> None:
    with assistant(image, ASSISTANT_TTL=TTL) as service:
        started = service.health()
        mlflow.kill()
        eventually(lambda: all(each["is_fallback"] for each in answers(service).values()))
        answers(service)
        gone = service.health()

        mlflow.start()
        eventually(lambda: not any(each["is_fallback"] for each in answers(service).values()))
        back = service.health()

    assert (started["status"], versions(started)) == ("ok", FIRST)
    assert (gone["status"], versions(gone)) == ("degraded", FIRST)
    assert (back["status"], versions(back)) == ("ok", FIRST)
    assert sorted(each["prompt"] for each in service.lines()) == PROMPTS


@pytest.mark.vendor
@needs_mlflow
def test_a_service_starts_and_answers_while_the_mlflow_server_is_away(
    mlflow: StoppableMlflow, image: Path
) -> None:
    with assistant(image) as service:
        assert versions(service.health()) == FIRST
    mlflow.kill()

    with assistant(image) as service:
        from_disk = service.health(), answers(service)
    shutil.rmtree(Path(os.environ["XDG_CACHE_HOME"]))
    with assistant(image) as service:
        from_bundle = service.health(), answers(service)

    for (health, answered), source in ((from_disk, "disk"), (from_bundle, "bundle")):
        assert health["status"] == "degraded"
        assert {each["source"] for each in health["prompts"]} == {source}
        assert list(answered) == PROMPTS
    assert versions(from_disk[0]) == FIRST


# -- requests, and the end --


def test_wrong_requests_are_the_callers_fault(checkout: Repo) -> None:
    with assistant(checkout.path) as service:
        missing = httpx.post(f"{service.url}/chat/memory", json={"variables": {"notes": []}})
        unknown = httpx.post(f"{service.url}/chat/no-such", json={})
        forged = httpx.get(f"{service.url}/health", headers={"x-correlation-id": "two words"})

    assert (missing.status_code, unknown.status_code) == (422, 404)
    assert "`question`" in missing.json()["detail"]
    assert len(forged.headers["x-correlation-id"]) == 32


def test_sigterm_ends_the_service_in_order(checkout: Repo) -> None:
    with assistant(checkout.path, ASSISTANT_TTL="0") as service:
        service.chat("weather")
        code = service.stop()

    # uvicorn ends by the signal that it was sent, once it is done.
    assert code in {0, -signal.SIGTERM}
    assert "Application shutdown complete." in service.log.read_text("utf-8")


def test_no_thread_is_left_behind(checkout: Repo) -> None:
    program = """
import asyncio, threading
from assistant.app import app

async def serve():
    async with app.router.lifespan_context(app):
        await app.state.prompts.aload("weather")

asyncio.run(serve())
print([each.name for each in threading.enumerate()])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=checkout.path,
        env={**os.environ, "ASSISTANT_TTL": "0"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.stdout == "['MainThread']\n", done.stderr
