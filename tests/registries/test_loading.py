"""The client of an application against each kind of registry: what it serves, whatever happens."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from promptsync import (
    Client,
    LoadedPrompt,
    RegistryRefusedError,
    RegistryUnavailableError,
    Source,
    UnknownAliasError,
    UnknownPromptError,
)
from promptsync.config import RegistryConfig
from promptsync.content_hash import content_hash
from promptsync.prompt import Prompt
from promptsync.prompt_file import format_prompt, parse_prompt
from promptsync.registries import open_registry
from promptsync.registries.base import Registry
from tests.builders import prompt
from tests.fakes.braintrust import Hangs, braintrust_server, key_refused
from tests.fakes.opik import opik_server
from tests.fakes.service.server import FakeServer
from tests.loading import Clock, facts, settle, told
from tests.mlflow_relay import mlflow_relay
from tests.mlflow_server import MlflowServer, needs_mlflow
from tests.postgresql import postgresql_server
from tests.registries.contract import CONFIGURED_FILE, RESPONSE_FORMAT, SAMPLING, STAMP, TOOL
from tests.registries.serving import playing

pytestmark = pytest.mark.network

HELLO = prompt(text="Say hello to {{name}}.")
WARMER = prompt(text="Say hello to {{name}}, and mean it.")

TTL = 60
# Nobody waits for a server that was stopped.
SHORT = 0.5


@dataclass
class Deployment:
    """An application's folder, the registry that it reads, and what stops that one."""

    folder: Path
    config: RegistryConfig
    stop: Callable[[], object]
    server: FakeServer | None = None
    clock: Clock = field(default_factory=Clock)

    def client(self, **options: Any) -> Client:
        """Return a client that follows `production`."""
        cache = self.folder / "kept"
        given = {"alias": "production", "ttl": TTL, "clock": self.clock, "cache": cache}
        return Client(self.folder, **{**given, **options})

    @contextmanager
    def managed(self) -> Iterator[Registry]:
        """Open the registry as those do who manage prompts."""
        cache = self.folder / "cache"
        with closing(open_registry(self.config, folder=self.folder, cache=cache)) as registry:
            yield registry

    def upload(self, sent: Prompt, alias: str | None = None) -> str:
        """Store a version with its stamp, point an alias at it, and return its number."""
        with self.managed() as registry:
            stamp = replace(STAMP, content_hash=content_hash(sent, self.config.kind))
            version = registry.save_prompt(sent, stamp).version
            if alias is not None:
                registry.set_alias(sent.name, alias, version)
            return version

    def move(self, alias: str, version: str) -> None:
        """Point an alias at another version."""
        with self.managed() as registry:
            registry.set_alias("greeting", alias, version)


Deploy = Callable[..., Deployment]


@pytest.fixture
def deploy(tmp_path: Path) -> Deploy:
    """Return a function that writes the configuration of an application."""

    def deploy(
        kind: str,
        stop: Callable[[], object],
        server: FakeServer | None = None,
        **options: str,
    ) -> Deployment:
        settings = {name.replace("_", "-"): value for name, value in options.items()}
        lines = [f'{name} = "{value}"' for name, value in {"kind": kind, **settings}.items()]
        folder = tmp_path / "app"
        folder.mkdir()
        text = "\n".join(["[registries.production]", *lines])
        (folder / "promptsync.toml").write_text(text, "utf-8")
        config = RegistryConfig(name="production", kind=kind, options=settings)
        return Deployment(folder, config, stop, server)

    return deploy


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def on_sqlite(deploy: Deploy, stack: ExitStack) -> Deployment:
    """Return an application on a file, which another program may lock for ever."""
    deployment = deploy("local", lambda: None, url="sqlite:///registry.db")

    def lock() -> None:
        engine = create_engine(f"sqlite:///{deployment.folder}/registry.db", poolclass=NullPool)
        holder = stack.enter_context(engine.connect())
        holder.exec_driver_sql("BEGIN EXCLUSIVE")

    deployment.stop = lock
    return deployment


@pytest.fixture
def on_postgresql(deploy: Deploy, stack: ExitStack) -> Deployment:
    server = ExitStack()
    stack.enter_context(server)
    return deploy("local", server.close, url=server.enter_context(postgresql_server()))


@pytest.fixture
def on_braintrust(deploy: Deploy, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    server = ExitStack()
    stack.enter_context(server)
    service = server.enter_context(braintrust_server(environments=("production", "staging")))
    monkeypatch.setenv("BRAINTRUST_API_KEY", service.api_key)
    address = {"project": "Trader", "api_url": service.url, "app_url": service.url}
    return deploy("braintrust", server.close, service, **address)


@pytest.fixture
def on_opik(deploy: Deploy, stack: ExitStack) -> Deployment:
    server = ExitStack()
    stack.enter_context(server)
    service = server.enter_context(opik_server())
    return deploy("opik", server.close, service, url=service.url, project="Trader")


@pytest.fixture
def on_mlflow(deploy: Deploy, stack: ExitStack, mlflow_service: MlflowServer) -> Deployment:
    server = ExitStack()
    stack.enter_context(server)
    relay = server.enter_context(mlflow_relay(mlflow_service.url))
    return deploy("mlflow", server.close, relay, tracking_uri=relay.url)


HTTP_KINDS = [
    "on_braintrust",
    "on_opik",
    pytest.param("on_mlflow", marks=[needs_mlflow, pytest.mark.vendor]),
]
KINDS = ["on_sqlite", pytest.param("on_postgresql", marks=pytest.mark.slow), *HTTP_KINDS]


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Deployment:
    """Return an application on an empty registry of the kind in the parameter."""
    found: Deployment = request.getfixturevalue(request.param)
    return found


every_kind = pytest.mark.parametrize("app", KINDS, indirect=True)
every_service = pytest.mark.parametrize("app", HTTP_KINDS, indirect=True)


@every_kind
def test_an_alias_is_loaded_with_what_proves_it_and_followed_when_it_moves(
    app: Deployment,
) -> None:
    old = app.upload(HELLO, "production")
    new = app.upload(WARMER, "staging")

    with app.client() as client:
        loaded = client.load("greeting")
        assert loaded == LoadedPrompt(
            prompt=HELLO,
            content_hash=content_hash(HELLO, app.config.kind),
            source=Source.REGISTRY,
            version=old,
            alias="production",
            commit=STAMP.commit,
            path=STAMP.path,
            registry="production",
            kind=app.config.kind,
        )
        assert client.load("greeting", alias="staging").version == new
        assert client.load("greeting", version=old).prompt == HELLO

        app.move("production", new)
        app.clock.passes(TTL)
        client.load("greeting")
        settle()

        assert facts(client.load("greeting")) == (WARMER.content, "memory", False)
        assert client.load("greeting").version == new


@every_kind
def test_the_model_configuration_travels_from_the_file_to_the_call(app: Deployment) -> None:
    sent = parse_prompt(CONFIGURED_FILE, path="prompts/analyze.md", name="analyze")
    app.upload(sent, "production")

    with app.client() as client:
        arguments = client.load("analyze").openai(signal="up")

    assert arguments == {
        "model": "gpt-5-mini",
        "messages": [
            {"role": "system", "content": "You are careful."},
            {"role": "user", "content": "Signal: up"},
        ],
        **SAMPLING,
        "tools": [TOOL],
        "response_format": RESPONSE_FORMAT,
    }


@every_kind
def test_a_registry_that_is_stopped_raises_nothing(
    app: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    app.upload(HELLO, "production")
    with app.client(timeout=10) as running, app.client(timeout=SHORT) as restarted:
        running.load("greeting")
        settle()
        app.stop()

        app.clock.passes(TTL)
        running.load("greeting")
        settle()
        kept, again = running.load("greeting"), restarted.load("greeting")

    assert facts(kept) == (HELLO.content, "memory", True)
    assert facts(again) == (HELLO.content, "disk", True)
    assert again.reason is not None
    assert len(told(caplog)) == 2


@every_kind
def test_a_prompt_file_is_served_by_a_process_that_never_saw_its_registry(
    app: Deployment,
) -> None:
    app.upload(HELLO)
    (app.folder / "prompts").mkdir()
    (app.folder / "prompts" / "greeting.md").write_text(format_prompt(HELLO, path_name="greeting"))
    app.stop()

    with app.client(timeout=SHORT, cache=False) as client:
        loaded = client.load("greeting")

    assert facts(loaded) == (HELLO.content, "file", True)


@every_kind
def test_what_is_not_there_is_told_apart(app: Deployment) -> None:
    with app.client() as client:
        with pytest.raises(UnknownPromptError, match="has no prompt `greeting`") as unknown:
            client.load("greeting")
        app.upload(HELLO, "staging")
        with pytest.raises(UnknownAliasError, match=r"alias `production`.*; it has `staging`"):
            client.load("greeting")
        with pytest.raises(UnknownPromptError, match="has no version `77` of `greeting`"):
            client.load("greeting", version="77")
        app.upload(HELLO, "production")

        assert client.load("greeting").template == HELLO.content
    assert not isinstance(unknown.value, UnknownAliasError)


@every_service
def test_a_refused_key_is_an_error_and_no_outage(app: Deployment) -> None:
    app.upload(HELLO, "production")
    (app.folder / "prompts").mkdir()
    (app.folder / "prompts" / "greeting.md").write_text(format_prompt(HELLO, path_name="greeting"))
    assert app.server is not None
    app.server.inject(key_refused())

    with app.client() as client, pytest.raises(RegistryRefusedError) as raised:
        client.load("greeting")

    assert raised.value.status == 401


@every_service
def test_a_first_load_waits_no_longer_than_it_should(app: Deployment) -> None:
    app.upload(HELLO, "production")
    assert app.server is not None
    hang = app.server.inject(Hangs())

    with app.client(timeout=2, cache=False) as client:
        with pytest.raises(RegistryUnavailableError, match="nothing is there in its place"):
            client.load("greeting")
        settle()
        assert hang.met >= 1
        app.server.faults.clear()
        with pytest.raises(RegistryUnavailableError):
            client.load("greeting")
        settle()  # it was looked after in the background

        assert client.load("greeting").template == HELLO.content


def test_a_database_that_does_not_answer_keeps_nobody_waiting(deploy: Deploy) -> None:
    def mute(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with playing(mute) as url:
        address = url.replace("http://", "postgresql://ada@") + "/prompts"
        app = deploy("local", lambda: None, url=address)
        with app.client(timeout=SHORT) as client, pytest.raises(RegistryUnavailableError):
            client.load("greeting")
    settle()


def test_a_login_that_a_database_refuses_is_an_error(deploy: Deploy, postgresql_url: str) -> None:
    app = deploy("local", lambda: None, url=postgresql_url.replace("postgres@", "nobody@"))

    with app.client() as client, pytest.raises(RegistryRefusedError, match="login was refused"):
        client.load("greeting")
