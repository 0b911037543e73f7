"""The only way to the network: JSON over HTTP. Alone imports urllib3 and knows its exceptions."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode, urlsplit

from promptsync.errors import RegistryAnswerError, RegistryRefusedError, RegistryUnavailableError
from promptsync.prompt import Json
from promptsync.registries.http_errors import Answer, NotReachedError, may_pass, refusal, translate
from promptsync.registries.redaction import redact

if TYPE_CHECKING:
    import ssl

    from urllib3 import BaseHTTPResponse, HTTPConnectionPool, PoolManager

CONNECTIONS_PER_HOST = 16

_READ_BYTES = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds.

    `connect` and `read` (silence) are for one attempt. `answer` bounds all attempts at a request
    with their pauses, until an answer begins, and `body` the time its body may take to arrive.
    `pauses` come before the second attempt and those after it, where the service does not name a
    time of its own. `until` is the moment of the monotonic clock when every request has to be over.
    """

    connect: float = 5.0
    read: float = 10.0
    answer: float = 12.0
    body: float = 60.0
    pauses: tuple[float, ...] = (0.5, 1.0, 2.0)
    until: float | None = field(default=None, compare=False)

    def within(self, seconds: float | None) -> Timeouts:
        """Return timeouts that keep to a deadline so many seconds from now, and to their own."""
        now = time.monotonic()
        if self.until is not None:
            seconds = self.until - now if seconds is None else min(seconds, self.until - now)
        if seconds is None:
            return self
        seconds = max(seconds, 0.001)
        return replace(
            self,
            connect=min(self.connect, seconds),
            read=min(self.read, seconds),
            answer=min(self.answer, seconds),
            body=min(self.body, seconds),
            until=now + seconds,
        )


def is_header_text(text: str) -> bool:
    """Tell whether HTTP can carry a text in a header."""
    return text.isascii() and text.isprintable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is sent with every request to be let in, and never shown.

    `variable` names the environment variable that it came from.
    """

    headers: Mapping[str, str] = field(repr=False)
    secrets: Collection[str] = field(repr=False)
    variable: str

    def check(self) -> None:
        """Raise RegistryRefusedError for a key that HTTP cannot carry."""
        if not all(self.secrets):
            raise RegistryRefusedError("there is no key", hint=f"set {self.variable}")
        for value in self.headers.values():
            # A line break would end the header; the library's own error would show the key.
            if not is_header_text(value):
                raise RegistryRefusedError(
                    f"the key in {self.variable} has characters that no key has",
                    hint=f"set {self.variable} again, without quotes or line breaks",
                )


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
        self._times_closed = 0

    def get(
        self, url: str, query: Mapping[str, str] | None = None, *, within: float | None = None
    ) -> Json:
        """Read, again where that may help. `within` tightens the deadline, in seconds."""
        # Names from a registry are data: half a surrogate pair must not stop a request.
        url = f"{url}?{urlencode(query, errors='surrogatepass')}" if query else url
        return self._json(self._request("GET", url, is_repeatable=True), within)

    def query(
        self, url: str, body: Json = None, *, headers: Mapping[str, str] | None = None
    ) -> Json:
        """Ask by POST for what changes nothing, again where that may help."""
        request = self._request("POST", url, body, headers=headers, is_repeatable=True)
        return self._json(request, None)

    def write(self, method: str, url: str, body: Json = None, *, within: float) -> Json:
        """Write once. Raises LostAnswerError when it may or may not have been carried out."""
        return self._json(self._request(method, url, body, is_repeatable=False), within)

    def prepare(self) -> None:
        """Import what a request needs, so that a thread which makes one sends it at once.

        Imports in two threads only take turns; what the caller imports next can wait until the
        request is on its way.
        """
        import urllib3  # noqa: F401, PLC0415

    def close(self) -> None:
        """Close the connections; the next request opens them anew.

        A request that is under way in another thread is not tried again.
        """
        with self._lock:
            self._times_closed += 1
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
        times_closed = self._times_closed
        for pause in (*timeouts.pauses, None):
            outcome = self._attempt(request, timeouts, until)
            if isinstance(outcome, Answer) and not outcome.is_temporary:
                return outcome
            wait = self._wait(outcome, pause) if request.is_repeatable else None
            if wait is None or time.monotonic() + wait >= until:
                break
            time.sleep(wait)
            if self._times_closed != times_closed:
                break  # nobody waits for this any more
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _is_over(self) -> bool:
        # Whoever set the deadline waits no longer, and may have gone on to something else.
        return self._timeouts.until is not None and time.monotonic() >= self._timeouts.until

    def _wait(self, outcome: Answer | Exception, pause: float | None) -> float | None:
        """Return how long to wait before the next attempt, None if there is to be none."""
        if isinstance(outcome, Answer):
            asked = _retry_after(outcome)
            return pause if asked is None or pause is None else asked
        return pause if isinstance(outcome, RegistryUnavailableError) else None

    def _attempt(
        self, request: _Request, timeouts: Timeouts, until: float
    ) -> Answer | RegistryUnavailableError:
        from urllib3 import Timeout, exceptions  # noqa: PLC0415  costs 60 ms, paid when needed

        remaining = max(until - time.monotonic(), 0.001)
        try:
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
            with closing(response):
                return _read(response, request, timeouts.within(None).body)
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
        proxy = _proxy_for(url, self._proxies)
        with self._lock:
            if (scheme, proxy) not in self._managers:
                self._managers[scheme, proxy] = _make_manager(
                    scheme, proxy, verify_tls=self._verify_tls
                )
            return self._managers[scheme, proxy]


def _make_manager(scheme: str, proxy: str | None, *, verify_tls: bool) -> PoolManager:
    from urllib3 import PoolManager, ProxyManager, make_headers  # noqa: PLC0415

    options: dict[str, Any] = {"maxsize": CONNECTIONS_PER_HOST, "block": True}
    if scheme == "https":
        # One for all connections: reading the certificates takes longer than a handshake.
        options["ssl_context"] = _tls(verify=verify_tls)
    if proxy is None:
        manager = PoolManager(**options)
        manager.pool_classes_by_scheme = _pool_classes()
        return manager
    parts = urlsplit(proxy)
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        options["proxy_headers"] = make_headers(proxy_basic_auth=login)
    return ProxyManager(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", **options)


def _tls(*, verify: bool) -> ssl.SSLContext:
    import ssl  # noqa: PLC0415  urllib3 imports it anyway

    context = ssl.create_default_context()
    if not verify:
        from urllib3 import disable_warnings, exceptions  # noqa: PLC0415

        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # Whoever asked for it in so many words need not read so with every request.
        disable_warnings(exceptions.InsecureRequestWarning)
    return context


@cache
def _pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's own pools, whose connections acknowledge an answer's head at once.

    A server that sends head and body apart, with Nagle's algorithm on, waits for that before it
    sends the body: `mlflow server` with several workers does. Linux puts it off by 40 ms on a
    connection that was used before.
    """
    from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool  # noqa: PLC0415
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415

    class QuickConnection(HTTPConnection):
        def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # so does urllib3
            _acknowledge_at_once(self.sock)
            return super().getresponse()

    class QuickTlsConnection(HTTPSConnection):
        def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # so does urllib3
            _acknowledge_at_once(self.sock)
            return super().getresponse()

    class QuickPool(HTTPConnectionPool):
        ConnectionCls = QuickConnection

    class QuickTlsPool(HTTPSConnectionPool):
        ConnectionCls = QuickTlsConnection

    return {"http": QuickPool, "https": QuickTlsPool}


def _acknowledge_at_once(connection: socket.socket) -> None:
    # Linux alone has it, and forgets it again with the next answer.
    option = getattr(socket, "TCP_QUICKACK", None)
    if option is not None:
        with suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, option, 1)


def _proxy_for(url: str, proxies: Mapping[str, str]) -> str | None:
    if not proxies:
        return None
    # The standard library's own reading of NO_PROXY, so that it means what it means elsewhere.
    from urllib.request import (  # type: ignore[attr-defined]  # noqa: PLC0415
        proxy_bypass_environment,  # typeshed leaves it out; costs 15 ms, so imported when needed
    )

    parts = urlsplit(url)
    proxy = proxies.get(parts.scheme)
    if not proxy or proxy_bypass_environment(parts.netloc, dict(proxies)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _read(response: BaseHTTPResponse, request: _Request, seconds: float) -> Answer:
    from urllib3.exceptions import TimeoutError as SlowError  # noqa: PLC0415

    until = time.monotonic() + seconds
    parts = []
    while part := response.read1(_READ_BYTES):
        parts.append(part)
        if time.monotonic() > until:
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
    from urllib3 import Retry  # noqa: PLC0415
    from urllib3.exceptions import InvalidHeader  # noqa: PLC0415

    try:
        return Retry().parse_retry_after(answer.headers["retry-after"])
    except (KeyError, InvalidHeader):
        return None


def decode_json(answer: Answer) -> Json:
    """Read an answer strictly; an empty body is None. Raises RegistryAnswerError."""
    if not answer.body:
        return None
    try:
        value: Json = json.loads(
            answer.body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise RegistryAnswerError(
            f"`{answer.host}` answered {answer.request} with {_what_it_is(answer)} "
            "where JSON belongs",
            hint="check the registry's address, and what stands between it and this machine",
        ) from error
    return value


def _what_it_is(answer: Answer) -> str:
    if answer.is_html:
        return "an HTML page"
    content_type = answer.headers.get("content-type", "")
    if "json" in content_type:
        return "broken JSON"
    return redact(content_type, ()) or "something"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is not a number")
    return number
