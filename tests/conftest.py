"""Every test runs away from the person's own settings, and away from the network."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.builders import Repo
from tests.mlflow_server import MlflowServer, mlflow_server
from tests.postgresql import postgresql_server
from tests.process_state import process_state

# The same examples in every run, and no clock; `--hypothesis-profile thorough` looks further.
NO_CLOCK = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", NO_CLOCK, max_examples=40, derandomize=True)
settings.register_profile("thorough", NO_CLOCK, max_examples=2000)
settings.load_profile("quick")

# What a developer or a CI runner may have set, and what would change a result: git's own
# variables, the vendors' keys and addresses, proxies, and what terminals and CI announce.
FOREIGN_PREFIXES = (
    "ANTHROPIC_",
    "BRAINTRUST_",
    "BT_",
    "DATABRICKS_",
    "GIT_",
    "GITHUB_",
    "LANGFUSE_",
    "LANGSMITH_",
    "MLFLOW_",
    "OPENAI_",
    "OPIK_",
    "OTEL_",
    "PRE_COMMIT",
    "PROMPTSYNC_",
)
FOREIGN_NAMES = frozenset(
    {
        "ALL_PROXY",
        "CI",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "FORCE_COLOR",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_COLOR",
        "NO_PROXY",
        "SKIP",
    }
)


# Tests that need one of these run git; the modules below it run git, programs or a database.
SYSTEM_FIXTURES = frozenset({"ada", "ben", "composer", "repo", "session", "team", "trader"})
SYSTEM_MODULES = (
    "tests/cli/",
    "tests/registries/test_local",
    "tests/test_main.py",
    "tests/test_pre_commit.py",
    "tests/test_register.py",
    "tests/test_set_alias.py",
)


def pytest_configure() -> None:
    """Let Ctrl-C reach the programs that tests start.

    A shell that runs the suite in the background has it ignored, and programs inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs more than Python, so that the rest is a suite of seconds: `make unit`."""
    for item in items:
        fixtures = SYSTEM_FIXTURES.intersection(getattr(item, "fixturenames", ()))
        if fixtures or item.nodeid.startswith(SYSTEM_MODULES):
            item.add_marker("system")


@pytest.fixture(autouse=True)
def isolated_environment(tmp_path: Path) -> Iterator[None]:
    """Give each test a home of its own and an environment that says nothing about this machine.

    A test that leaves the process otherwise than it found it fails, rather than one after it.
    """
    # Not by the fixture `monkeypatch`: what a test changes with that has to be undone before.
    with pytest.MonkeyPatch.context() as monkeypatch:
        isolate(tmp_path, monkeypatch)
        before = process_state()
        yield
        after = process_state()
    changed = [part for part, state in after.items() if state != before[part]]
    if changed:
        pytest.fail(f"this test leaves something changed: {', '.join(changed)}")


def isolate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment that every test has."""
    for name in list(os.environ):
        if name.upper().startswith(FOREIGN_PREFIXES) or name.upper() in FOREIGN_NAMES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    settings = {
        "HOME": home,
        "USERPROFILE": home,
        "APPDATA": home / "AppData" / "Roaming",
        "LOCALAPPDATA": home / "AppData" / "Local",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XDG_STATE_HOME": home / ".local" / "state",
        "GIT_CONFIG_GLOBAL": home / ".gitconfig",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        # A test outside of a repository must not find one above the temporary folder.
        "GIT_CEILING_DIRECTORIES": tmp_path.parent,
        "GIT_AUTHOR_NAME": "Ada Lovelace",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada Lovelace",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))


class NetworkForbiddenError(Exception):
    """A test reached for the network without saying so."""


class NetworkGuard:
    """Watches every socket that Python code opens; what it refuses is kept in `refused`.

    Not by an audit hook: CPython 3.11 asks that one inside of `sys.settrace` too, and where it then
    goes on with another thread that is just beginning, coverage cannot follow that one.
    """

    def __init__(self) -> None:
        self.refused: list[str] = []
        self._is_watching = False
        self._allows_loopback = False
        for name in ("connect", "connect_ex", "sendto"):
            setattr(socket.socket, name, self._watched(getattr(socket.socket, name), _peer))
        for name in ("getaddrinfo", "gethostbyname"):
            setattr(socket, name, self._watched(getattr(socket, name), _first))

    @contextmanager
    def watch(self, *, allow_loopback: bool) -> Iterator[None]:
        """Refuse connections while the context lasts."""
        self.refused.clear()
        self._is_watching, self._allows_loopback = True, allow_loopback
        try:
            yield
        finally:
            self._is_watching = False

    def _watched(
        self, reach: Callable[..., Any], host_of: Callable[..., object]
    ) -> Callable[..., Any]:
        @wraps(reach)
        def watched(*arguments: Any, **options: Any) -> Any:
            host = host_of(*arguments)
            if self._is_watching and host:
                self._check(_text(host))
            return reach(*arguments, **options)

        return watched

    def _check(self, host: str) -> None:
        if self._allows_loopback and _is_loopback(host):
            return
        sentence = (
            f"a test marked `network` may only connect to this machine, not to {host!r}"
            if self._allows_loopback
            else f"this test connects to {host!r} but is not marked `network`"
        )
        self.refused.append(sentence)
        raise NetworkForbiddenError(sentence)


def _peer(*arguments: Any) -> object:
    """Return the host of the address that a socket is to reach: the last argument."""
    address = arguments[-1]
    # A Unix socket's address is a path, not a tuple.
    return address[0] if isinstance(address, tuple) else None


def _first(host: object = None, *_: object) -> object:
    return host


def _text(host: object) -> str:
    return host.decode(errors="replace") if isinstance(host, bytes) else str(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


GUARD = NetworkGuard()


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest) -> Iterator[NetworkGuard]:
    """Fail a test that connects, even if the code under test swallowed the refusal."""
    with GUARD.watch(allow_loopback=request.node.get_closest_marker("network") is not None):
        yield GUARD
    if GUARD.refused:
        pytest.fail(GUARD.refused[0])


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """Return an empty git repository that is also the working directory."""
    repo = Repo.create(tmp_path / "repo")
    monkeypatch.chdir(repo.path)
    return repo


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Return the address of a PostgreSQL server that lives as long as the test session."""
    if sys.platform == "win32":
        pytest.skip("the server listens on a Unix socket: PostgreSQL is tested on Linux and macOS")
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def running_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowServer]:
    """Return an MLflow server that lives as long as the test session; others may have used it."""
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as server:
        yield server
