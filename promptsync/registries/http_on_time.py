"""Answers that keep to the deadline of their context, down to every single read of the socket."""

from __future__ import annotations

import socket
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from typing import Any

from promptsync.registries.http_timeouts import seconds_left


class OnTimeResponse(HTTPResponse):
    """The standard library's answer, whose head and body keep to the deadline of the context.

    A socket's timeout is for one read: a server that drips bytes would be waited for without end.
    """

    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = BufferedReader(_OnTime(self.fp.detach(), sock))


class _OnTime(RawIOBase):
    def __init__(self, raw: RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._connection = connection
        self._silence = connection.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if (left := seconds_left()) is not None:
            bound = left if self._silence is None else min(left, self._silence)
            # Zero would be a socket that does not wait at all.
            self._connection.settimeout(max(bound, 0.001))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
