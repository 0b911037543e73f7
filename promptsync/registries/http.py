"""The only way to the network: JSON over HTTP. `http*` alone import urllib3 and know its errors."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from promptsync.errors import RegistryUnavailableError
from promptsync.prompt import Json
from promptsync.registries.http_answers import decode_json
from promptsync.registries.http_connections import make_manager, proxy_for
from promptsync.registries.http_credentials import Credentials
from promptsync.registries.http_errors import Answer, NotReachedError, may_pass, refusal, translate
from promptsync.registries.http_sockets import Sockets
from promptsync.registries.http_timeouts import Timeouts, deadline, seconds_left

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

_READ_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    method: str
    url: str
    body: bytes | None
    headers: Mapping[str, str]
    is_repeatable: bool

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc.rpartition("@")[2]

    def __str__(self) -> str:
        return f"{self.method} {urlsplit(self.url).path}"


class HttpClient:
    """Asks services for JSON over connections that stay open, up to 16 to a host.

    Safe to use from several threads. Every method raises RegistryUnavailableError,
    RegistryRefusedError or RegistryAnswerError and nothing else. `proxies` maps a scheme to a
    proxy's address, and `no` to the hosts that are reached without one. Without `verify_tls` any
    certificate is accepted.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        timeouts: Timeouts | None = None,
        proxies: Mapping[str, str] | None = None,
        verify_tls: bool = True,
    ) -> None:
        self._credentials = credentials
        self._timeouts = timeouts or Timeouts()
        self._proxies = dict(proxies or {})
        self._verify_tls = verify_tls
        self._managers: dict[tuple[str, str | None], PoolManager] = {}
        self._lock = threading.Lock()
        self._sockets = Sockets()
        self._closed = threading.Event()
        self._process = os.getpid()

    def get(
        self, url: str, query: Mapping[str, str] | None = None, *, within: float | None = None
    ) -> Json:
        """Read, again where that may help. `within` tightens the deadline, in seconds."""
        # Names from a registry are data: half a surrogate pair must not stop a request.
        url = f"{url}?{urlencode(query, errors='surrogatepass')}" if query else url
        return self._json(self._request("GET", url, is_repeatable=True), within)

    def query(
        self,
        url: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        within: float | None = None,
    ) -> Json:
        """Ask by POST for what changes nothing, again where that may help."""
        request = self._request("POST", url, body, headers=headers, is_repeatable=True)
        return self._json(request, within)

    def write(self, method: str, url: str, body: Json = None, *, within: float) -> Json:
        """Write once. Raises LostAnswerError when it may or may not have been carried out."""
        return self._json(self._request(method, url, body, is_repeatable=False), within)

    def prepare(self) -> None:
        """Import what a request needs, so that a thread which makes one sends it at once.

        Imports in two threads only take turns; what the caller imports next can wait until the
        request is on its way.
        """
        import urllib3  # noqa: F401

    def close(self) -> None:
        """Close the connections; nothing is asked after that.

        A request that is under way in another thread ends with an error; where that thread waits
        for the name of a host to be looked up, after that. In a forked child the connections are
        the parent's, and are left alone.
        """
        if os.getpid() != self._process:
            # Locks may be held for ever by threads that only the parent has.
            self._closed = threading.Event()
            self._closed.set()
            return
        self._closed.set()
        self._sockets.end()
        with self._lock:
            for manager in self._managers.values():
                manager.clear()
            self._managers.clear()

    def _request(
        self,
        method: str,
        url: str,
        body: Json = None,
        *,
        headers: Mapping[str, str] | None = None,
        is_repeatable: bool,
    ) -> _Request:
        self._credentials.check()
        sent = {
            "accept": "application/json",
            "accept-encoding": "gzip",
            "user-agent": "promptsync",
            **self._credentials.headers,
            **(headers or {}),
        }
        content = None
        if body is not None:
            content = json.dumps(body, allow_nan=False).encode()
            sent["content-type"] = "application/json"
        return _Request(
            method=method, url=url, body=content, headers=sent, is_repeatable=is_repeatable
        )

    def _json(self, request: _Request, within: float | None) -> Json:
        answer = self._answer(request, self._timeouts.within(within))
        if answer.is_success:
            return decode_json(answer)
        raise refusal(
            answer,
            secrets=self._credentials.secrets,
            key_variable=self._credentials.variable,
            is_write=not request.is_repeatable,
        )

    def _answer(self, request: _Request, timeouts: Timeouts) -> Answer:
        """Return the first answer worth having, or the last one that could be had in time."""
        if self._is_over():
            raise NotReachedError(
                f"`{request.host}` was not asked for {request}: the time for that was over"
            )
        until = time.monotonic() + timeouts.answer
        for pause in (*timeouts.pauses, None):
            outcome = self._attempt(request, timeouts, until)
            if isinstance(outcome, Answer) and not outcome.is_temporary:
                return outcome
            wait = self._wait(outcome, pause) if request.is_repeatable else None
            if wait is None or time.monotonic() + wait >= until:
                break
            if self._closed.wait(wait):
                break
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _is_over(self) -> bool:
        """Tell whether nobody waits for answers any more."""
        until = self._timeouts.moment
        return self._closed.is_set() or (until is not None and time.monotonic() >= until)

    def _wait(self, outcome: Answer | Exception, pause: float | None) -> float | None:
        """Return how long to wait before the next attempt, None if there is to be none."""
        if isinstance(outcome, Answer):
            asked = _retry_after(outcome)
            return pause if asked is None or pause is None else asked
        return pause if isinstance(outcome, RegistryUnavailableError) else None

    def _attempt(
        self, request: _Request, timeouts: Timeouts, until: float
    ) -> Answer | RegistryUnavailableError:
        from urllib3 import Timeout, exceptions  # costs 60 ms, paid when needed

        remaining = max(until - time.monotonic(), 0.001)
        try:
            with deadline(remaining):
                response = self._manager(request.url).urlopen(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=request.headers,
                    timeout=Timeout(remaining, min(timeouts.connect, remaining), timeouts.read),
                    pool_timeout=remaining,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                )
            with closing(response), deadline(timeouts.within(None).body):
                return _read(response, request)
        except (exceptions.HTTPError, exceptions.ProxySchemeUnsupported, OSError) as failure:
            error = translate(
                failure,
                request.host,
                secrets=self._credentials.secrets,
                is_write=not request.is_repeatable,
            )
            if isinstance(error, RegistryUnavailableError) and may_pass(failure):
                error.__cause__ = failure
                return error
            raise error from failure

    def _manager(self, url: str) -> PoolManager:
        scheme = urlsplit(url).scheme
        proxy = proxy_for(url, self._proxies)
        with self._lock:
            if (scheme, proxy) not in self._managers:
                self._managers[scheme, proxy] = make_manager(
                    scheme, proxy, verify_tls=self._verify_tls, sockets=self._sockets
                )
            return self._managers[scheme, proxy]


def _read(response: BaseHTTPResponse, request: _Request) -> Answer:
    from urllib3.exceptions import TimeoutError as SlowError

    parts = []
    while part := response.read1(_READ_BYTES):
        parts.append(part)
        if (left := seconds_left()) is not None and left < 0:
            raise SlowError("the body does not end")
    return Answer(
        host=request.host,
        request=str(request),
        status=response.status,
        headers={name.lower(): value for name, value in response.headers.items()},
        body=b"".join(parts),
    )


def _retry_after(answer: Answer) -> float | None:
    """Return the seconds that a service asks to wait; it may say so as a date."""
    from urllib3 import Retry
    from urllib3.exceptions import InvalidHeader

    try:
        return Retry().parse_retry_after(answer.headers["retry-after"])
    except (KeyError, InvalidHeader):
        return None
