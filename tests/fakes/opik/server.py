"""The fake service as a context manager."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.fakes.service.faults import Fault
from tests.fakes.service.http import HttpServer
from tests.fakes.service.server import FakeServer

from .application import Application
from .people import Person
from .projects import Project
from .store import Store

# Source: every workspace begins with them (EnvironmentAutoCreateListener and the documentation).
BUILT_IN = ("development", "staging", "production")


@dataclass(kw_only=True)
class OpikServer(FakeServer):
    """A running Opik; its address is what the SDK is given."""

    store: Store
    api_key: str | None
    workspace: str

    @property
    def person(self) -> Person:
        """Somebody who edits prompts in the web interface."""
        return Person(self.store)

    def project(self, name: str) -> Project:
        """Return a project by its name, made if there is none."""
        return self.store.projects.add(name)


@contextmanager
def opik_server(
    *faults: Fault,
    projects: Sequence[str] = ("Trader",),
    environments: Sequence[str] = BUILT_IN,
    api_key: str | None = None,
    workspace: str = "default",
    port: int = 0,
    delay: float = 0.0,
) -> Iterator[OpikServer]:
    """Run the service while the context lasts.

    Without an `api_key` it is a server of one's own, which knows no users. `delay` seconds are
    added to each answer.
    """
    store = Store()
    for project in projects:
        store.projects.add(project)
    for environment in environments:
        store.environments.add(environment)
    http = HttpServer(port=port, delay=delay)
    server = OpikServer(http=http, store=store, api_key=api_key, workspace=workspace)
    with server.running(Application(store, api_key, workspace), faults):
        yield server
