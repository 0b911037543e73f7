"""The fake service as a context manager."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from tests.fakes.braintrust.exchange import Request, Response
from tests.fakes.braintrust.faults import Fault, Faults, Injection
from tests.fakes.braintrust.http import HttpServer

from .application import Application
from .people import Person
from .projects import Project
from .store import Store

SECRETS = frozenset({"authorization", "cookie"})

# Source: every workspace begins with them (EnvironmentAutoCreateListener and the documentation).
BUILT_IN = ("development", "staging", "production")


@dataclass
class OpikServer:
    """A running server: what it holds, what it was asked, and what goes wrong in it."""

    http: HttpServer
    store: Store
    faults: Faults
    api_key: str | None
    workspace: str
    #: Every request in order of arrival, without what is secret in its headers.
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, as the SDK is given it."""
        return self.http.url

    @property
    def person(self) -> Person:
        """Somebody who edits prompts in the web interface."""
        return Person(self.store)

    def project(self, name: str) -> Project:
        """Return a project by its name, made if there is none."""
        return self.store.projects.add(name)

    def inject(
        self, fault: Fault, on: str | None = None, *, after: int = 0, times: int | None = None
    ) -> Injection:
        """Put a fault in place, for requests such as "PUT /v1/private/prompts/*"."""
        return self.faults.inject(fault, on, after=after, times=times)

    def answer(self, request: Request, application: Application) -> Response:
        """Record a request and answer it, through the faults that meet it."""
        headers = {name: text for name, text in request.headers.items() if name not in SECRETS}
        self.requests.append(replace(request, headers=headers))
        return self.faults.around(request, application)(request)


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
    application = Application(store, api_key, workspace)
    http = HttpServer(
        lambda request: server.answer(request, application), port=port, delay=delay, headers=dict
    )
    server = OpikServer(http, store, Faults(), api_key, workspace)
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
