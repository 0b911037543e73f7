"""A relay before a real MLflow server: it records what is asked, and can go wrong on purpose."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from tests.fakes.service.exchange import Request, Response
from tests.fakes.service.faults import Fault, Injection
from tests.fakes.service.http import HttpServer
from tests.fakes.service.server import FakeServer


@dataclass(kw_only=True)
class MlflowRelay(FakeServer):
    """A running relay: whom it asks, what it was asked, and what goes wrong in it."""

    # MLflow's logins are made up here, and tests look at them.
    secrets = frozenset()

    target: str

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
        return super().inject(fault, on, after=after, times=times)


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
    relay = MlflowRelay(http=HttpServer(), target=target)
    with relay.running(lambda request: _ask(target, request)):
        yield relay
