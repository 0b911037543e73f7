"""The fake as a process of its own, as benchmarks use it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.network


@dataclass(frozen=True)
class Running:
    """A started process and the address it printed."""

    process: subprocess.Popen[str]
    address: str

    def get(self, target: str, key: str = "sk-example") -> Any:
        connection = HTTPConnection(self.address.removeprefix("http://"), timeout=60)
        connection.request("GET", target, headers={"Authorization": f"Bearer {key}"})
        try:
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "tests.fakes.braintrust", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield Running(process, process.stdout.readline().strip())
        finally:
            process.kill()


def test_its_first_line_is_its_address_and_it_has_generated_prompts() -> None:
    with running("--prompts", "3", "--delay", "0.001", "--page-cap", "2") as server:
        objects = server.get("/v1/prompt?project_name=Trader")["objects"]

    assert [prompt["slug"] for prompt in objects] == ["prompt-00003", "prompt-00002"]


def test_it_reads_prompts_from_a_folder(tmp_path: Path) -> None:
    body = {"name": "Greeting", "slug": "greeting", "metadata": {"promptsync": {}}}
    (tmp_path / "greeting.json").write_text(json.dumps(body))

    with running("--prompts-from", str(tmp_path), "--project", "P", "--api-key", "k") as server:
        (prompt,) = server.get("/v1/prompt?project_name=P", key="k")["objects"]

    assert (prompt["name"], prompt["metadata"]) == ("Greeting", {"promptsync": {}})


def test_a_file_that_is_no_prompt_stops_it(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("[]")

    with running("--prompts-from", str(tmp_path)) as server:
        _, errors = server.process.communicate(timeout=60)

    assert server.process.returncode == 1
    assert errors == f"{tmp_path / 'broken.json'}: not an object with a name and a slug\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to be told by")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_even_with_an_open_connection(number: signal.Signals) -> None:
    with running() as server:
        connection = HTTPConnection(server.address.removeprefix("http://"), timeout=60)
        connection.request("GET", "/v1/prompt")
        connection.getresponse().read()
        server.process.send_signal(number)
        _, errors = server.process.communicate(timeout=60)
        connection.close()

    assert (server.process.returncode, errors) == (0, "")
