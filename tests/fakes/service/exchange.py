"""A request and a response as values, so that everything behind HTTP is a function of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

from .json_values import Json, encode_json

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Request:
    """What a client sent; header names are in lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: The parts of the path that the route names, such as {prompt_id}.
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The path with its query, for matching and as a cache key."""
        query = "&".join(f"{key}={value}" for key, value in self.query)
        return f"{self.path}?{query}" if query else self.path

    def first(self, key: str) -> str | None:
        """Return a query parameter, or None."""
        return next((value for name, value in self.query if name == key), None)

    def all(self, key: str) -> list[str]:
        """Return a query parameter that may come several times."""
        return [value for name, value in self.query if name == key]

    def with_json(self, value: Json) -> Request:
        """Return this request with another body."""
        return replace(self, body=encode_json(value))


@dataclass(frozen=True)
class Response:
    """What the client gets."""

    body: bytes
    status: int = 200
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def etag(self) -> str:
        """Express's weak tag: length in hexadecimal, 27 characters of the SHA-1 in base 64."""
        # SHA-1 is what the service uses; nothing is kept safe by it.
        digest = hashlib.sha1(self.body, usedforsecurity=False).digest()
        return f'W/"{len(self.body):x}-{base64.b64encode(digest).decode()[:27]}"'

    @cached_property
    def gzipped(self) -> bytes:
        """The body as a client gets it that accepts gzip, recorded even at 14 bytes."""
        return gzip.compress(self.body, compresslevel=1, mtime=0)


Serve = Callable[[Request], Response]


def json_response(
    value: Json, *, status: int = 200, headers: Mapping[str, str] = NOTHING
) -> Response:
    """Answer with JSON."""
    return Response(encode_json(value), status, headers=headers)


def text_response(
    text: str, *, status: int = 200, headers: Mapping[str, str] = NOTHING
) -> Response:
    """Answer with plain text, as every refusal does."""
    return Response(text.encode(), status, "text/plain; charset=utf-8", headers)


class AnswerLost(Exception):  # noqa: N818 - not an error of the server, but what the client meets
    """Raised by a fault instead of answering; http.py plays it on the socket."""


class NeverAnswered(AnswerLost):
    """The connection stays open and silent until the client gives up."""


class ConnectionReset(AnswerLost):
    """The connection ends with a TCP reset."""


class CutOff(AnswerLost):
    """The head and half of the body arrive, then the connection ends."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response
