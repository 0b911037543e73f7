"""The two answers that have no body."""

from __future__ import annotations

from tests.fakes.service.exchange import Response


def nothing() -> Response:
    """Answer that it was done."""
    return Response(b"", 204)


def created(location: str) -> Response:
    """Answer where the new object is."""
    return Response(b"", 201, headers={"Location": location})
