"""From method and path to the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from tests.fakes.braintrust.exchange import Request, Response

from .errors import NotFoundError
from .ids import is_uuid
from .store import Store

Endpoint = Callable[[Store, Request], Response]


@dataclass(frozen=True)
class Route:
    """One line of the routing table; a part in braces is passed on by that name."""

    method: str
    path: str
    endpoint: Endpoint

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(route.method, route.pattern, route.endpoint) for route in routes]

    def __call__(self, store: Store, request: Request) -> Response:
        """Answer a request, or say that there is nothing at its path."""
        for method, pattern, endpoint in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                parameters = {key: unquote(value) for key, value in match.groupdict().items()}
                if all(is_uuid(each) for key, each in parameters.items() if key.endswith("_id")):
                    return endpoint(store, replace(request, parameters=parameters))
        # Source: JAX-RS answers 404 for a path parameter that is no UUID.
        raise NotFoundError("HTTP 404 Not Found")
