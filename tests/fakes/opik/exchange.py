"""Answers that are no JSON document."""

from __future__ import annotations

from collections.abc import Iterable

from tests.fakes.service.exchange import Response

from .json_values import JsonObject, encode_json


def nothing() -> Response:
    """Answer that it was done."""
    return Response(b"", 204)


def created(location: str) -> Response:
    """Answer where the new object is."""
    return Response(b"", 201, headers={"Location": location})


def streamed(objects: Iterable[JsonObject]) -> Response:
    """Answer one object a line."""
    body = b"".join(encode_json(each) + b"\n" for each in objects)
    return Response(body, 200, headers={"Content-Type": "application/octet-stream"})
