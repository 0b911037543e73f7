"""Connections that stay open: through a proxy or not, with or without TLS."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from promptsync.registries.http_sockets import Sockets

if TYPE_CHECKING:
    import ssl

    from urllib3 import HTTPConnectionPool, PoolManager
    from urllib3.connection import HTTPConnection


CONNECTIONS_PER_HOST = 16


def make_manager(
    scheme: str, proxy: str | None, *, verify_tls: bool, sockets: Sockets
) -> PoolManager:
    """Return connections for addresses of one scheme, none of them open yet.

    All that are opened are watched by `sockets`.
    """
    from urllib3 import PoolManager, ProxyManager, make_headers

    options: dict[str, Any] = {"maxsize": CONNECTIONS_PER_HOST, "block": True}
    if scheme == "https":
        # One for all connections: reading the certificates takes longer than a handshake.
        options["ssl_context"] = _tls(verify=verify_tls, sockets=sockets)
    if proxy is None:
        return _with_own_pools(PoolManager(**options), sockets)
    parts = urlsplit(proxy)
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        options["proxy_headers"] = make_headers(proxy_basic_auth=login)
    address = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    return _with_own_pools(ProxyManager(address, **options), sockets)


def _with_own_pools(manager: PoolManager, sockets: Sockets) -> PoolManager:
    manager.pool_classes_by_scheme = {
        # What a pool does not know itself, it gives to its connections.
        scheme: partial(pool, sockets=sockets)  # type: ignore[misc]
        for scheme, pool in _pool_classes().items()
    }
    return manager


def _tls(*, verify: bool, sockets: Sockets) -> ssl.SSLContext:
    import ssl  # urllib3 imports it anyway

    class WatchedTlsSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            # It took the place of the socket that was connected.
            sockets.watch(self)
            super().do_handshake(block)

    context = ssl.create_default_context()
    context.sslsocket_class = WatchedTlsSocket
    if not verify:
        from urllib3 import disable_warnings, exceptions

        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # Whoever asked for it in so many words need not read so with every request.
        disable_warnings(exceptions.InsecureRequestWarning)
    return context


@cache
def _pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's own pools, whose connections are on time and acknowledge a head at once.

    A server that sends head and body apart, with Nagle's algorithm on, waits for that before it
    sends the body: `mlflow server` with several workers does. Linux puts it off by 40 ms on a
    connection that was used before.
    """
    from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    from promptsync.registries.http_on_time import OnTimeResponse

    class QuickConnection(HTTPConnection):
        response_class = OnTimeResponse

        def __init__(self, *arguments: Any, sockets: Sockets, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._sockets = sockets

        def _new_conn(self) -> socket.socket:
            return _connect(self, self._dns_host, self._sockets)

        def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # so does urllib3
            _acknowledge_at_once(self.sock)
            return super().getresponse()

    class QuickTlsConnection(QuickConnection, HTTPSConnection):
        pass

    class QuickPool(HTTPConnectionPool):
        ConnectionCls = QuickConnection

    class QuickTlsPool(HTTPSConnectionPool):
        ConnectionCls = QuickTlsConnection

    return {"http": QuickPool, "https": QuickTlsPool}


def _connect(connection: HTTPConnection, resolved: str, sockets: Sockets) -> socket.socket:
    """Connect as urllib3 does, and raise what it raises; it shows nobody a socket before."""
    from urllib3 import exceptions

    host, options = connection.host, connection.socket_options or ()
    try:
        resolved.encode("idna")
        where = (resolved.strip("[]"), connection.port)
        opened = sockets.connect(where, connection.timeout, options)
    except UnicodeError as error:
        raise exceptions.LocationParseError(f"`{host}` is no name of a host") from error
    except socket.gaierror as error:
        raise exceptions.NameResolutionError(host, connection, error) from error
    except TimeoutError as error:
        raise exceptions.ConnectTimeoutError(connection, f"{host} timed out") from error
    except OSError as error:
        raise exceptions.NewConnectionError(connection, str(error)) from error
    sys.audit("http.client.connect", connection, host, connection.port)
    return opened


def _acknowledge_at_once(connection: socket.socket) -> None:
    # Linux alone has it, and forgets it again with the next answer.
    option = getattr(socket, "TCP_QUICKACK", None)
    if option is not None:
        with suppress(OSError, AttributeError):  # TLS within a proxy's TLS has no options
            connection.setsockopt(socket.IPPROTO_TCP, option, 1)


def proxy_for(url: str, proxies: Mapping[str, str]) -> str | None:
    """Return the address of the proxy on the way to a URL, None where there is none."""
    if not proxies:
        return None
    # The standard library's own reading of NO_PROXY, so that it means what it means elsewhere.
    from urllib.request import (  # type: ignore[attr-defined]
        proxy_bypass_environment,  # typeshed leaves it out; costs 15 ms, so imported when needed
    )

    parts = urlsplit(url)
    proxy = proxies.get(parts.scheme)
    if not proxy or proxy_bypass_environment(parts.netloc, dict(proxies)):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
