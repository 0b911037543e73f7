"""The fake service as a context manager."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from .application import Application
from .exchange import Request, Response
from .faults import Fault, Faults, Injection
from .http import HttpServer
from .people import Person
from .projects import Organization, Project
from .store import Store

API_KEY = "sk-example"
SECRETS = frozenset({"authorization", "cookie"})


@dataclass
class BraintrustServer:
    """A running server: what it holds, what it was asked, and what goes wrong in it."""

    http: HttpServer
    store: Store
    faults: Faults
    api_key: str
    #: Every request in order of arrival, without what is secret in its headers.
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, both of the application (login) and of the API."""
        return self.http.url

    @property
    def person(self) -> Person:
        """Somebody who edits prompts in the web interface."""
        return Person(self.store)

    def project(self, name: str) -> Project:
        """Return the first project of a name."""
        return next(self.store.projects.matching(name=name))

    def inject(
        self, fault: Fault, on: str | None = None, *, after: int = 0, times: int | None = None
    ) -> Injection:
        """Put a fault in place, for requests such as "PUT /v1/prompt" or "GET /v1/*"."""
        return self.faults.inject(fault, on, after=after, times=times)

    def answer(self, request: Request, application: Application) -> Response:
        """Record a request and answer it, through the faults that meet it."""
        headers = {name: text for name, text in request.headers.items() if name not in SECRETS}
        self.requests.append(replace(request, headers=headers))
        return self.faults.around(request, application)(request)


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
    application = Application(store, api_key)
    http = HttpServer(lambda request: server.answer(request, application), port=port, delay=delay)
    server = BraintrustServer(http, store, Faults(), api_key)
    for fault in faults:
        server.inject(fault)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
