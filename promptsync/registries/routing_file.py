"""Remember between runs where a project lives. It holds no secret and changes only speed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

NAME = "routing-1.json"


class RoutingFile:
    """A JSON file of routes, by the digest that the adapter made of account and project."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME

    def get(self, key: str) -> Mapping[str, Any] | None:
        """Return a route, None when there is none or the file cannot be read."""
        route = self._read().get(key)
        return route if isinstance(route, Mapping) else None

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a route; an empty one is forgotten. A file that cannot be written is no error."""
        routes = {name: route for name, route in self._read().items() if name != key}
        if value:
            routes[key] = dict(value)
        from promptsync.file_replacement import replace_cache  # most runs write none

        with suppress(OSError):
            replace_cache(self._path, json.dumps(routes).encode())

    def _read(self) -> dict[str, Any]:
        try:
            routes = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return routes if isinstance(routes, dict) else {}
