"""Raw calls to the fake Opik, over a real connection and without any client's opinion."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.fakes.opik import OpikServer


def call(service: OpikServer, request: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Send a request on a connection of its own and return status and JSON."""
    method, target = request.split(" ", 1)
    connection = HTTPConnection(urlsplit(service.url).netloc, timeout=60)
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    try:
        connection.request(method, target, sent, headers)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()
