"""A fake service while it runs: what it was asked, and what goes wrong in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import ClassVar

from .exchange import Request, Response, Serve
from .faults import Fault, Faults, Injection
from .http import HttpServer


@dataclass(kw_only=True)
class FakeServer:
    """A running server: what it was asked, and what goes wrong in it."""

    #: The headers that are not kept.
    secrets: ClassVar[frozenset[str]] = frozenset({"authorization", "cookie"})

    http: HttpServer
    faults: Faults = field(default_factory=Faults)
    #: Every request in order of arrival, without what is secret in its headers.
    requests: list[Request] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return self.http.url

    def inject(
        self, fault: Fault, on: str | None = None, *, after: int = 0, times: int | None = None
    ) -> Injection:
        """Put a fault in place, for requests such as "PUT /v1/prompt" or "GET /v1/*"."""
        return self.faults.inject(fault, on, after=after, times=times)

    def answer(self, request: Request, serve: Serve) -> Response:
        """Record a request and answer it, through the faults that meet it."""
        headers = {name: text for name, text in request.headers.items() if name not in self.secrets}
        self.requests.append(replace(request, headers=headers))
        return self.faults.around(request, serve)(request)

    @contextmanager
    def running(self, serve: Serve, faults: Sequence[Fault] = ()) -> Iterator[None]:
        """Answer requests by `serve` while the context lasts, with some faults from the start."""
        for fault in faults:
            self.inject(fault)
        self.http.answer = lambda request: self.answer(request, serve)
        thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        try:
            yield
        finally:
            self.http.shutdown()
            thread.join()
            self.http.server_close()
