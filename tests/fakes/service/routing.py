"""From method and path to the function that answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar
from urllib.parse import unquote

from .exchange import Request, Response

Store = TypeVar("Store")


@dataclass(frozen=True)
class Route(Generic[Store]):
    """One line of the routing table; a part in braces is passed on by that name."""

    method: str
    path: str
    endpoint: Callable[[Store, Request], Response]

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path))


class Router(Generic[Store]):
    """Finds the route of a request.

    `takes` tells whether a route takes the parts of a path, or refuses the request; `nothing`
    answers where no route does.
    """

    def __init__(
        self,
        routes: Sequence[Route[Store]],
        *,
        takes: Callable[[Mapping[str, str]], bool],
        nothing: Callable[[], Response],
    ) -> None:
        self._routes = [(route.method, route.pattern, route.endpoint) for route in routes]
        self._takes = takes
        self._nothing = nothing

    def __call__(self, store: Store, request: Request) -> Response:
        """Answer a request, or say that there is nothing at its path."""
        for method, pattern, endpoint in self._routes:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                parameters = {key: unquote(value) for key, value in match.groupdict().items()}
                if self._takes(parameters):
                    return endpoint(store, replace(request, parameters=parameters))
        return self._nothing()
