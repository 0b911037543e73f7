"""The fake service as a context manager."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.fakes.service.faults import Fault
from tests.fakes.service.http import HttpServer
from tests.fakes.service.server import FakeServer

from .application import Application
from .people import Person
from .projects import Organization, Project
from .store import Store

API_KEY = "sk-example"

# Recorded with every answer of the API's host.
EVERY_ANSWER = {
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": (
        "x-bt-cursor,x-bt-found-existing,x-bt-query-plan,x-bt-api-duration-ms,"
        "x-bt-brainstore-duration-ms,x-bt-internal-trace-id"
    ),
    "Vary": "Origin, Accept-Encoding",
}


def recorded_headers() -> Mapping[str, str]:
    """Return the headers of one answer, with an id that the next one does not have."""
    return {**EVERY_ANSWER, "x-bt-internal-trace-id": uuid.uuid4().hex}


@dataclass(kw_only=True)
class BraintrustServer(FakeServer):
    """A running Braintrust; its address is both that of the application (login) and of the API."""

    store: Store
    api_key: str

    @property
    def person(self) -> Person:
        """Somebody who edits prompts in the web interface."""
        return Person(self.store)

    def project(self, name: str) -> Project:
        """Return the first project of a name."""
        return next(self.store.projects.matching(name=name))


@contextmanager
def braintrust_server(
    *faults: Fault,
    projects: Sequence[str] = ("Trader",),
    organizations: Sequence[Organization] = (Organization("Example"),),
    environments: Sequence[str] = (),
    api_key: str = API_KEY,
    port: int = 0,
    delay: float = 0.0,
) -> Iterator[BraintrustServer]:
    """Run the service while the context lasts.

    Projects and environments belong to the first organisation. `delay` seconds are added to each
    answer.
    """
    store = Store(organizations)
    for project in projects:
        store.projects.add(store.organizations[0], project)
    for environment in environments:
        store.environments.add(store.organizations[0], environment, environment.capitalize())
    http = HttpServer(port=port, delay=delay, headers=recorded_headers)
    server = BraintrustServer(http=http, store=store, api_key=api_key)
    with server.running(Application(store, api_key), faults):
        yield server
