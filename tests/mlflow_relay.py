"""A relay before a real MLflow server: it records what is asked, and can go wrong on purpose."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.fakes.braintrust.exchange import Request, Response
from tests.fakes.braintrust.faults import Fault, Faults, Injection
from tests.fakes.braintrust.http import HttpServer


@dataclass
class MlflowRelay:
    """A running relay: whom it asks, what it was asked, and what goes wrong in it."""

    http: HttpServer
    target: str
    faults: Faults
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, for the client."""
        return self.http.url

    @property
    def asked(self) -> list[str]:
        """Return the requests so far without what all of them have in common."""
        return [
            f"{each.method} {each.path.removeprefix('/api/2.0/mlflow/')}" for each in self.requests
        ]

    def inject(
        self, fault: Fault, on: str | None = None, *, after: int = 0, times: int | None = None
    ) -> Injection:
        """Put a fault in place, for requests such as "POST model-versions/create"."""
        if on is not None and on != "*":
            method, path = on.split(" ")
            on = f"{method} /api/2.0/mlflow/{path}"
        return self.faults.inject(fault, on, after=after, times=times)


def _answer(relay: MlflowRelay, request: Request) -> Response:
    """Record a request and answer it, through the faults that meet it."""
    relay.requests.append(request)
    return relay.faults.around(request, lambda each: _ask(relay.target, each))(request)


def _ask(target: str, request: Request) -> Response:
    query = f"?{urlencode(request.query)}" if request.query else ""
    sent = urllib.request.Request(  # noqa: S310  an address on this machine
        f"{target}{request.path}{query}",
        data=request.body or None,
        headers={"content-type": "application/json"},
        method=request.method,
    )
    try:
        with urllib.request.urlopen(sent, timeout=60) as found:  # noqa: S310
            return Response(found.read(), found.status, found.headers["content-type"])
    except urllib.error.HTTPError as error:
        return Response(error.read(), error.code, error.headers["content-type"])


@contextmanager
def mlflow_relay(target: str) -> Iterator[MlflowRelay]:
    """Relay to a server while the context lasts."""
    http = HttpServer(lambda request: _answer(relay, request))
    relay = MlflowRelay(http, target, Faults())
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.005})
    thread.start()
    try:
        yield relay
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
