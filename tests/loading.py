"""What tests of loading have in common: a clock to move, and the end of work in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from promptsync import Client, LoadedPrompt, Prompt
from promptsync.bundle import save_bundle
from promptsync.config import RegistryConfig
from tests.builders import prompt
from tests.deployment import bundle_of, deploy, upload
from tests.fakes.braintrust import BraintrustServer, braintrust_server
from tests.fakes.service.exchange import NeverAnswered, Request, Response, Serve

GREETING = prompt("greeting", "Say hello to {{name}}.")
WARMER = prompt("greeting", "Say hello to {{name}}, and mean it.")
FAREWELL = prompt("farewell", "Say goodbye.")
# What they say.
HELLO, DEAR, BYE = GREETING.content, WARMER.content, FAREWELL.content


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        """Let time pass; it goes back for a number below 0."""
        self.now += seconds


def background_threads() -> list[threading.Thread]:
    """Return the threads of all clients; those of a registry that is open wait for questions."""
    names = ("promptsync-load", "promptsync-fallback")
    return [each for each in threading.enumerate() if each.name in names]


def settle() -> None:
    """Wait until no client does anything in the background."""
    while threads := background_threads():
        for each in threads:
            each.join()


def told(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    """Return what was logged at one level."""
    records = [each for each in caplog.records if each.name == "promptsync"]
    return [each.getMessage() for each in records if each.levelno == level]


@dataclass
class Held:
    """Keeps the answers back until the test lets them go."""

    on: str = "*"
    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: Request, serve: Serve) -> Response:
        self.arrived.set()
        assert self.released.wait(120)
        return serve(request)


class HeldAnswer(Held):
    """Keeps back an answer that says what was true when it was asked for."""

    def __call__(self, request: Request, serve: Serve) -> Response:
        answer = serve(request)
        self.arrived.set()
        assert self.released.wait(30)
        return answer


@dataclass
class Lost:
    """Never answers, and says when it was asked."""

    on: str = "*"
    arrived: threading.Event = field(default_factory=threading.Event)

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        self.arrived.set()
        raise NeverAnswered


@dataclass
class Application:
    """An application on a folder with a configuration, and the registry that it reads."""

    folder: Path
    service: BraintrustServer
    clock: Clock

    def client(self, **options: Any) -> Client:
        """Return a client that follows the alias `production`, unless told otherwise."""
        return Client(
            self.folder, **{"alias": "production", "clock": self.clock, "timeout": 30, **options}
        )

    def upload(self, *prompts: Prompt, alias: str = "production", **options: Any) -> str:
        """Store prompts, point an alias at them, and return the version of the last one."""
        return upload(self.service, *prompts, aliases=[alias], **options)[-1].version

    @contextmanager
    def asked(self) -> Iterator[list[str]]:
        """Record the requests for prompts while the context lasts."""
        before, found = len(self.service.requests), list[str]()
        yield found
        targets = [each.target for each in self.service.requests[before:]]
        found += [each for each in targets if not each.endswith("login")]


@contextmanager
def deployed_application(folder: Path, *bundled: Prompt) -> Iterator[Application]:
    """Run a registry, and deploy an application that reads it."""
    with braintrust_server(environments=("production", "staging")) as service:
        yield deploy_application(folder, *bundled, service=service)


def deploy_application(folder: Path, *bundled: Prompt, service: BraintrustServer) -> Application:
    """Write a configuration, and a bundle if there are prompts for it."""
    deploy(folder, app_url=service.url)
    if bundled:
        options = {"project": "Trader", "app-url": service.url}
        registry = RegistryConfig(name="production", kind="braintrust", options=options)
        save_bundle(folder / "promptsync-bundle.json", bundle_of(*bundled, registry=registry))
    return Application(folder, service, Clock())


def facts(loaded: LoadedPrompt) -> tuple[object, ...]:
    """Return what most tests look at: the text, where it came from, whether that is a fallback."""
    return (loaded.template, loaded.source.value, loaded.is_fallback)
