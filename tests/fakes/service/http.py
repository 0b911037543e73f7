"""A service on a real socket: HTTP/1.1 with keep-alive, on loopback, one thread a connection."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import BaseServer, TCPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .exchange import ConnectionReset, CutOff, NeverAnswered, Request, Response, Serve

NO_CONTENT = 204


class HttpServer(ThreadingHTTPServer):
    """Listens on loopback; closing it ends every connection and waits for its thread."""

    daemon_threads = False
    request_queue_size = 128
    #: Set before it serves; a request is answered by it in the thread of its connection.
    answer: Serve

    def __init__(
        self,
        *,
        port: int = 0,
        delay: float = 0.0,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self.delay = delay
        self.headers = headers
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Connection)

    @property
    def url(self) -> str:
        """The address, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def server_bind(self) -> None:
        """Bind without asking a name server who we are, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, to be able to end it."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """End what clients keep open, else their threads would wait for ever."""
        for connection in tuple(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class Connection(BaseHTTPRequestHandler):
    """One client's connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    #: Buffered, so that head and body leave in one packet.
    wbufsize = -1

    def __init__(self, request: Any, client_address: Any, server: BaseServer) -> None:
        assert isinstance(server, HttpServer)
        self._service = server
        super().__init__(request, client_address, server)

    def handle(self) -> None:
        """Serve until the client, or a fault, ends the connection."""
        with suppress(ConnectionError, ConnectionReset):
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the parent's name
        """Say nothing: the requests are kept in `requests`."""

    def serve(self) -> None:
        """Answer one request, or play on the socket what a fault wants."""
        request = self._read()
        try:
            response = self._service.answer(request)
        except NeverAnswered:
            self._wait_until_the_client_gives_up()
        except ConnectionReset:
            self._reset()
            raise
        except CutOff as cut:
            self._send(cut.response, request, share=0.5)
            self.close_connection = True
        else:
            # In this connection's own thread: others do not wait for it.
            time.sleep(self._service.delay)
            self._send(response, request)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 - the parent's names

    def _read(self) -> Request:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        return Request(
            self.command,
            url.path,
            tuple(parse_qsl(url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )

    def _send(self, response: Response, request: Request, *, share: float = 1.0) -> None:
        is_gzipped = "gzip" in request.headers.get("accept-encoding", "") and response.body != b""
        body = response.gzipped if is_gzipped else response.body
        self.send_response(response.status)
        for name, value in {**self._service.headers(), **response.headers}.items():
            self.send_header(name, value)
        if response.status == NO_CONTENT:
            self.end_headers()
            return
        if is_gzipped:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", response.content_type)
        self.send_header("ETag", response.etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: int(len(body) * share)])

    def _wait_until_the_client_gives_up(self) -> None:
        self.close_connection = True
        while self.connection.recv(1024):
            pass

    def _reset(self) -> None:
        # A socket that lingers for no time is closed with a reset instead of a goodbye.
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        # The two files hold the socket open.
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
