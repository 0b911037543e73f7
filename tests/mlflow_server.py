"""A real `mlflow server` over a database of its own, and a person who uses it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.registries.serving import unused_port

ENVIRONMENT = Path(__file__).parents[1] / ".venv-mlflow"
BIN = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")

needs_mlflow = pytest.mark.skipif(
    os.name == "nt" or not (BIN / "mlflow").exists(),
    reason="needs a real MLflow on Linux or macOS: make .venv-mlflow/.installed",
)

START_SECONDS = 120
QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Half a dozen processes that only other parts of MLflow need.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
IS_PROMPT = {"key": "mlflow.prompt.is_prompt", "value": "true"}


@dataclass(frozen=True)
class MlflowServer:
    """A running server; its methods do what people and programs beside promptsync do."""

    url: str

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call MLflow's REST API and return what it answers."""
        request = urllib.request.Request(  # noqa: S310  an address on this machine
            f"{self.url}/api/2.0/mlflow/{path}",
            data=json.dumps(body).encode() if body is not None else None,
            headers={"content-type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error

    def clear(self) -> None:
        """Delete every prompt and model."""
        for clause in ("=", "!="):
            query = {"filter": f"tags.`{IS_PROMPT['key']}` {clause} 'true'", "max_results": "1000"}
            found = self.ask("GET", f"registered-models/search?{urlencode(query)}")
            for each in found.get("registered_models", ()):
                self.ask("DELETE", "registered-models/delete", {"name": each["name"]})

    def latest(self, name: str) -> Any:
        """Return the newest version of a prompt."""
        found = self.ask("GET", f"registered-models/get?{urlencode({'name': name})}")
        return found["registered_model"]["latest_versions"][0]

    def tags(self, name: str) -> dict[str, str]:
        """Return the tags of the newest version of a prompt."""
        return {each["key"]: each["value"] for each in self.latest(name)["tags"]}

    def add_prompt(self, name: str) -> None:
        """Register a prompt without a version."""
        self.ask("POST", "registered-models/create", {"name": name, "tags": [IS_PROMPT]})

    def add_version(self, name: str, **tags: str) -> str:
        """Make a version as MLflow's web page does, with these tags alone."""
        listed = [IS_PROMPT, *({"key": key, "value": value} for key, value in tags.items())]
        body = {"name": name, "source": "dummy-source", "description": "", "tags": listed}
        return str(self.ask("POST", "model-versions/create", body)["model_version"]["version"])

    def set_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version."""
        body = {"name": name, "version": version, "key": key, "value": value}
        self.ask("POST", "model-versions/set-tag", body)

    def delete_version(self, name: str, version: str) -> None:
        """Delete one version of a prompt."""
        self.ask("DELETE", "model-versions/delete", {"name": name, "version": version})

    def edit(self, name: str, text: str) -> None:
        """Make a new version in the web page: its form is filled with text and response format.

        The model is entered once more, in a form of its own; everything else is lost.
        """
        tags = self.tags(name)
        kept = {key: tags[key] for key in _KEPT_BY_THE_PAGE if key in tags}
        version = self.add_version(name, **kept, **{"mlflow.prompt.text": text})
        if (model := "_mlflow_prompt_model_config") in tags:
            self.set_tag(name, version, model, tags[model])


_KEPT_BY_THE_PAGE = ("_mlflow_prompt_type", "_mlflow_prompt_response_format")


@contextmanager
def mlflow_server(
    folder: Path, *, workers: int = 1, port: int | None = None
) -> Iterator[MlflowServer]:
    """Run a server on loopback whose data are below a folder, until the context ends.

    One that comes back at the same port has what it had before.
    """
    port = port or unused_port()
    foreign = ("MLFLOW_", "DATABRICKS_")
    own = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--default-artifact-root", str(folder / "artifacts")]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=own | QUIET,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            server = MlflowServer(f"http://127.0.0.1:{port}")
            _wait(server, process, folder / "server.log")
            yield server
        finally:
            # Its workers are processes of the same group.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(server: MlflowServer, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{server.url}/health", timeout=5):  # noqa: S310
            return
        time.sleep(0.1)
    raise RuntimeError(f"no MLflow server came up:\n{log.read_text(errors='replace')[-2000:]}")


def run_mlflow_python(
    program: str, *arguments: str, cwd: Path, url: str
) -> subprocess.CompletedProcess[str]:
    """Run a program with MLflow's own Python and client, pointed at a server."""
    return subprocess.run(
        [str(BIN / "python"), "-c", program, *arguments],
        cwd=cwd,
        env={**os.environ, **QUIET, "MLFLOW_TRACKING_URI": url},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
