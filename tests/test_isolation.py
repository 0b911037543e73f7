"""What conftest.py promises every other test."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.builders import Repo
from tests.conftest import NetworkForbiddenError, NetworkGuard
from tests.process_state import process_state

# RFC 5737 sets this address aside for documentation: nobody answers there.
ELSEWHERE = "192.0.2.1"


def test_a_connection_is_refused_and_remembered(no_network: NetworkGuard) -> None:
    with pytest.raises(NetworkForbiddenError, match="not marked `network`"):
        socket.create_connection(("127.0.0.1", 9))

    assert no_network.refused == ["this test connects to '127.0.0.1' but is not marked `network`"]
    no_network.refused.clear()


@pytest.mark.network
def test_a_network_test_reaches_its_own_server() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        socket.create_connection(("localhost", server.server_port)).close()


@pytest.mark.network
@pytest.mark.parametrize("host", [ELSEWHERE, "example.com"])
def test_a_network_test_reaches_nothing_else(no_network: NetworkGuard, host: str) -> None:
    with pytest.raises(NetworkForbiddenError, match="only connect to this machine"):
        socket.create_connection((host, 80), timeout=1)

    no_network.refused.clear()


def test_a_test_sees_no_setting_of_the_person_who_runs_it(tmp_path: Path) -> None:
    variables = {name for name in os.environ if name.startswith(("BRAINTRUST_", "GIT_"))}
    config = subprocess.run(
        ["git", "config", "--list"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert Path.home() == tmp_path / "home"
    assert variables == {
        "GIT_AUTHOR_EMAIL",
        "GIT_AUTHOR_NAME",
        "GIT_CEILING_DIRECTORIES",
        "GIT_COMMITTER_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_TERMINAL_PROMPT",
    }
    assert config.stdout == ""


def test_the_repository_is_the_working_directory(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello\n")
    commit = repo.commit("Add a greeting")

    assert Path.cwd() == repo.path
    assert repo.git("log", "--format=%H %an %s") == f"{commit} Ada Lovelace Add a greeting"


def ignore_nothing(_: logging.LogRecord) -> bool:
    return True


LEFT_BEHIND: dict[str, Callable[[pytest.MonkeyPatch], object]] = {
    "the environment": lambda patch: patch.setenv("PYTHONPATH", "src"),
    "the working directory": lambda patch: patch.chdir("home"),
    "the import path": lambda patch: patch.syspath_prepend("src"),
    "the root logger": lambda patch: patch.setattr(logging.getLogger(), "level", logging.INFO),
    "the logger `promptsync`": lambda patch: patch.setattr(
        logging.getLogger("promptsync"), "filters", [ignore_nothing]
    ),
}


@pytest.mark.parametrize("part", LEFT_BEHIND)
def test_what_a_test_could_leave_to_the_next_one_is_noticed(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = process_state()

    LEFT_BEHIND[part](monkeypatch)

    after = process_state()
    assert [name for name in after if after[name] != before[name]] == [part]
