"""How the service itself may behave: other releases, and the contrary of an assumption.

They are injected as faults are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.fakes.service.exchange import Request, Response, Serve

from .json_values import Json, encode_json, parse_json


@dataclass(frozen=True)
class FallsBackToWorkspace:
    """A name that a project does not have is looked for in all of them, as in July 2026."""

    on: str = "POST */prompts/versions/retrieve"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Ask for the project's prompt, then for anybody's."""
        response = serve(request)
        body = parse_json(request.body) if response.status == 404 else None
        if not isinstance(body, dict):
            return response
        anywhere = {key: value for key, value in body.items() if key != "project_name"}
        return serve(replace(request, body=encode_json(anywhere)))


@dataclass(frozen=True)
class PageCap:
    """A list never has more than so many entries, whatever `size` says."""

    size: int
    on: str = "GET *"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Forward the request with a smaller size."""
        asked = request.first("size")
        others = tuple(pair for pair in request.query if pair[0] != "size")
        size = min(self.size, int(asked)) if asked else self.size
        return serve(replace(request, query=(*others, ("size", str(size)))))


@dataclass(frozen=True)
class WithoutEnvironmentsById:
    """Versions that are read by id do not say which environments they own."""

    on: str = "POST */prompts/versions/retrieve-by-ids"

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Take the environments out of the answer."""
        response = serve(request)
        found = parse_json(response.body)
        if not isinstance(found, list):
            return response
        bare = [_without(each, "environments") for each in found]
        return replace(response, body=encode_json(bare))


def _without(value: Json, key: str) -> Json:
    if not isinstance(value, Mapping):
        return value
    return {name: each for name, each in value.items() if name != key}
