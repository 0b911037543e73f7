"""What can go wrong between a client and the service, each as a small class with a telling name.

A fault is given a request and the rest of the server as a function. It may answer by itself, change
the request or the response, or lose the answer. Which requests it meets, and how many, is said
where it is injected; `on` is only the default.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Protocol

from .exchange import (
    ConnectionReset,
    CutOff,
    NeverAnswered,
    Request,
    Response,
    Serve,
    text_response,
)

EVERYTHING = "*"


class Fault(Protocol):
    """Something that stands between the client and the service."""

    @property
    def on(self) -> str:
        """Which requests are met, see Injection."""
        ...

    def __call__(self, request: Request, serve: Serve, /) -> Response:
        """Answer the request; `serve` is the service without this fault."""
        ...


@dataclass
class Injection:
    """A fault in place.

    `on` is a pattern with * for "METHOD /path", or for "METHOD /path?query" where it holds a `?`.
    The first `after` requests that it fits are let through; `times` is how many it then meets,
    None for all.
    """

    fault: Fault
    on: str
    after: int = 0
    times: int | None = None
    met: int = 0
    _seen: int = field(default=0, repr=False)

    def meets(self, request: Request) -> bool:
        """Count a request, and tell whether the fault is for it."""
        target = request.target if "?" in self.on else request.path
        if not fnmatchcase(f"{request.method} {target}", self.on.replace("?", "[?]")):
            return False
        self._seen += 1
        if self._seen <= self.after or (self.times is not None and self.met >= self.times):
            return False
        self.met += 1
        return True


class Faults:
    """The faults in place, the first injected nearest to the service."""

    def __init__(self) -> None:
        self._injections: list[Injection] = []
        self._lock = threading.Lock()

    def inject(
        self, fault: Fault, on: str | None = None, *, after: int = 0, times: int | None = None
    ) -> Injection:
        """Put a fault in place."""
        injection = Injection(fault, on or fault.on, after, times)
        with self._lock:
            self._injections.append(injection)
        return injection

    def clear(self) -> None:
        """Take every fault away."""
        with self._lock:
            self._injections.clear()

    def around(self, request: Request, serve: Serve) -> Serve:
        """Return the service as this one request will meet it."""
        with self._lock:
            meeting = [one.fault for one in self._injections if one.meets(request)]
        for fault in meeting:
            serve = _through(fault, serve)
        return serve


def _through(fault: Fault, serve: Serve) -> Serve:
    return lambda request: fault(request, serve)


@dataclass(frozen=True)
class RateLimited:
    """429, with the header Retry-After or without."""

    retry_after: int | None = None
    on: str = EVERYTHING

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        """Refuse without asking the service."""
        headers = {} if self.retry_after is None else {"retry-after": str(self.retry_after)}
        # Assumption: plain text. Evidence: the OpenAPI document declares text or JSON.
        return text_response("Too Many Requests", status=429, headers=headers)


@dataclass(frozen=True)
class Refused:
    """Any status with a text, which carries the caller's e-mail as the service's texts do."""

    status: int = 400
    text: str = "Refused [user_email=person@example.com] [user_org=Example]"
    on: str = EVERYTHING

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        """Refuse without asking the service."""
        return text_response(self.text, status=self.status)


def key_refused() -> Refused:
    """401: the key is unknown, or no longer valid."""
    return Refused(401, "Unauthorized")


def forbidden() -> Refused:
    """403: the key is known and may not do this."""
    return Refused(403, "Forbidden [user_email=person@example.com] [user_org=Example]")


def unavailable(status: int = 503) -> Refused:
    """5xx: the service is down, or a proxy before it is."""
    return Refused(status, "Service Unavailable")


@dataclass(frozen=True)
class Slow:
    """The answer takes so many seconds more."""

    seconds: float
    on: str = EVERYTHING

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Answer, later."""
        response = serve(request)
        time.sleep(self.seconds)
        return response


@dataclass(frozen=True)
class Hangs:
    """No answer comes; the connection stays open until the client gives up."""

    on: str = EVERYTHING

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        """Lose the request."""
        raise NeverAnswered


@dataclass(frozen=True)
class ResetBeforeApplying:
    """The connection is reset, and nothing was written."""

    on: str = EVERYTHING

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        """Lose the request."""
        raise ConnectionReset


@dataclass(frozen=True)
class ResetAfterApplying:
    """The connection is reset, but the write was applied: the client cannot know."""

    on: str = EVERYTHING

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Do what was asked and lose the answer."""
        serve(request)
        raise ConnectionReset


@dataclass(frozen=True)
class CutsOff:
    """The connection ends in the middle of the body, which Content-Length betrays."""

    on: str = EVERYTHING

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Do what was asked and send half of the answer."""
        raise CutOff(serve(request))


@dataclass(frozen=True)
class TruncatesJson:
    """A complete HTTP answer whose JSON stops in the middle."""

    on: str = EVERYTHING

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Do what was asked and spoil the answer."""
        response = serve(request)
        return replace(response, body=response.body[: len(response.body) // 2])


@dataclass(frozen=True)
class AnswersHtml:
    """A page for people where JSON belongs: a captive portal, a proxy, a wrong address."""

    status: int = 200
    on: str = EVERYTHING

    def __call__(self, _request: Request, _serve: Serve) -> Response:
        """Answer with a page."""
        page = b"<!DOCTYPE html><html><title>Sign in</title></html>"
        return Response(page, self.status, "text/html; charset=utf-8")


@dataclass(frozen=True)
class Meanwhile:
    """Something happens right after the request was answered: between two pages of a list, or
    between a client's last look and its write.
    """

    event: Callable[[], object]
    on: str = EVERYTHING

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Answer, then let it happen before the client can go on."""
        response = serve(request)
        self.event()
        return response
