"""What is relied on in MLflow's answers, looked at once, where they come in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from promptsync.prompt import JsonObject


def is_registered(found: JsonObject) -> bool:
    """Tell whether this is what a search or a look at registered models sends."""
    return (
        isinstance(found.get("name"), str)
        and _holds(found, "tags", _is_tag)
        and _holds(found, "aliases", _is_alias)
        and _holds(found, "latest_versions", is_version)
    )


def is_version(found: Any) -> bool:
    """Tell whether this is a model version; its own `aliases` are only a hint."""
    return (
        isinstance(found, dict)
        and isinstance(found.get("name"), str)
        and _is_number(found.get("version"))
        and _holds(found, "tags", _is_tag)
    )


def _holds(found: JsonObject, key: str, is_one: Callable[[Any], bool]) -> bool:
    """Tell whether a member is a list of such things; the API leaves an empty one out."""
    things = found.get(key) or []
    return isinstance(things, list) and all(map(is_one, things))


def _is_tag(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("key"), str)
        and isinstance(found.get("value", ""), str)
    )


def _is_alias(found: Any) -> bool:
    return (
        isinstance(found, dict)
        and isinstance(found.get("alias"), str)
        and _is_number(found.get("version"))
    )


def _is_number(version: object) -> bool:
    # A longer one is no integer to MLflow's database, and too long for Python to read.
    return isinstance(version, str) and version.isdecimal() and len(version) < 20  # noqa: PLR2004
