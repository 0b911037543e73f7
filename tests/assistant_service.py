"""The assistant of examples/assistant as a process of its own, and what people do to it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.registries.serving import unused_address

EXAMPLE = Path(__file__).parents[1] / "examples" / "assistant"
PACKAGE = EXAMPLE / "assistant"
PATIENCE = 180.0

GENERATED = shutil.ignore_patterns(".promptsync", "__pycache__", "promptsync-bundle.json")


def copy_example(folder: Path) -> Path:
    """Copy the example as a fresh clone would have it."""
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=GENERATED)
    return folder


def example_variables(name: str) -> dict[str, Any]:
    """Return the examples that a prompt file has for its variables."""
    text = (EXAMPLE / "prompts" / f"{name}.md").read_text("utf-8")
    front = yaml.load(text.split("\n---\n")[0], yaml.BaseLoader)  # noqa: S506  text stays text
    return {key: declared["example"] for key, declared in front["inputs"].items()}


@dataclass
class Service:
    """A running service; `log` is what it wrote to stdout and stderr."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def health(self) -> dict[str, Any]:
        """Ask which prompts it serves."""
        answer = httpx.get(f"{self.url}/health", timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def chat(self, name: str, **variables: Any) -> dict[str, Any]:
        """Chat by a prompt; without variables, with the examples of its file."""
        given = variables or example_variables(name)
        answer = httpx.post(
            f"{self.url}/chat/{name}",
            json={"variables": given},
            headers={"x-correlation-id": f"chat-{name}"},
            timeout=PATIENCE,
        )
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def lines(self, level: str = "WARNING") -> list[dict[str, Any]]:
        """Return what promptsync logged at a level; a line may be half written yet."""
        text = self.log.read_text("utf-8")
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [each for each in lines if (each["logger"], each["level"]) == ("promptsync", level)]

    def stop(self) -> int:
        """Ask it to end as an orchestrator does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)


@contextmanager
def assistant(folder: Path, *options: str, **environment: str) -> Iterator[Service]:
    """Run the service in a folder until the context ends; it has started when it is yielded."""
    url = unused_address()
    port = url.rpartition(":")[2]
    command = [sys.executable, "-m", "uvicorn", "assistant.app:app", "--port", port, *options]
    log = folder / f"service-{port}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    service = Service(url, process, log)
    try:
        eventually(lambda: _answers(service), why=lambda: log.read_text("utf-8")[-3000:])
        yield service
    finally:
        if process.poll() is None:
            service.stop()


def _answers(service: Service) -> bool:
    assert service.process.poll() is None, service.log.read_text("utf-8")[-3000:]
    try:
        return httpx.get(f"{service.url}/health").status_code == 200
    except httpx.TransportError:
        return False


def eventually(is_so: Callable[[], bool], why: Callable[[], str] = str) -> None:
    """Wait for another process to be in a state; it has nothing that could be waited for."""
    until = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < until, why()
        time.sleep(0.05)


def versions(health: Mapping[str, Any]) -> dict[str, str]:
    """Return the version of each prompt in an answer about health."""
    return {each["name"]: each["version"] for each in health["prompts"]}
