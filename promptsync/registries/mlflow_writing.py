"""Store a prompt in MLflow: two requests for a new one, one for a new version, then a look."""

from __future__ import annotations

from promptsync.errors import (
    MovedError,
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)
from promptsync.prompt import JsonObject, Prompt
from promptsync.registries.base import ANY_VERSION
from promptsync.registries.http_errors import LostAnswerError
from promptsync.registries.mlflow_api import LOOK_SECONDS, MlflowApi
from promptsync.registries.mlflow_body import make_version
from promptsync.registries.mlflow_fields import version_of
from promptsync.registries.mlflow_reading import (
    description_of,
    find_prompt,
    find_version,
    latest_version,
)
from promptsync.registries.mlflow_tags import KIND, read_tags
from promptsync.remote_prompt import RemotePrompt, Stamp


def save(api: MlflowApi, prompt: Prompt, stamp: Stamp | None, replaces: str | None) -> RemotePrompt:
    """Store a prompt and return what the service reads back.

    There is no compare-and-swap: a write between the first look and the new version goes
    unnoticed.
    """
    name = prompt.served_name(KIND)
    found = find_prompt(api, name)
    _check(api, name, found, replaces)
    if found is None:
        found = _register(api, name, prompt.description)
        _check(api, name, found, replaces)
    if (prompt.description or None) != description_of(found):
        _describe(api, name, prompt.description)
    version = _append(api, make_version(prompt, stamp), _latest_number(found))
    stored = find_version(api, name, version=version)
    if stored is None:
        raise RegistryAnswerError(f"MLflow accepted `{name}`, but does not have version {version}")
    return stored


def _check(api: MlflowApi, name: str, found: JsonObject | None, replaces: str | None) -> None:
    latest = latest_version(found) if found else None
    if replaces not in (ANY_VERSION, version_of(latest) if latest else None):
        raise MovedError(name, find_version(api, name))


def _register(api: MlflowApi, name: str, description: str | None) -> JsonObject:
    """Register a prompt, or find it registered: of several writers one is the first."""
    try:
        api.create(name, description)
    except (RegistryRefusedError, LostAnswerError, RegistryAnswerError):
        found = find_prompt(api, name, within=LOOK_SECONDS)
        if found is None:
            raise
        return found
    return {"name": name, "description": description}


def _describe(api: MlflowApi, name: str, description: str | None) -> None:
    try:
        api.describe(name, description)
    except LostAnswerError:
        found = find_prompt(api, name, within=LOOK_SECONDS)
        if found is None or description_of(found) != (description or None):
            raise


def _append(api: MlflowApi, body: JsonObject, latest: int) -> str:
    """Make a version and return its number; look for it where the answer was lost."""
    try:
        return api.create_version(body)
    except (LostAnswerError, RegistryAnswerError) as lost:
        version = _look_for(api, body, latest)
        if version is None:
            raise _unknown(body, lost) from lost
        return version


def _look_for(api: MlflowApi, body: JsonObject, latest: int) -> str | None:
    """Return the newest version that has what was sent, if it was made after the latest known."""
    sent = {each["key"]: each["value"] for each in body["tags"]}
    try:
        found = api.read_versions([body["name"]], within=LOOK_SECONDS)
        mine = [
            int(version_of(each))
            for each in found
            if each.get("name") == body["name"] and sent.items() <= read_tags(each).items()
        ]
    except (RegistryError, KeyError, TypeError, ValueError) as error:
        # Whatever it was, it must not look as if nothing had been sent.
        raise _unknown(body, error) from error
    newer = [number for number in mine if number > latest]
    return str(max(newer)) if newer else None


def _unknown(body: JsonObject, error: Exception) -> RegistryUnavailableError:
    return RegistryUnavailableError(
        f"`{body['name']}` may not be stored: {error}",
        hint="run the same command again: it goes on where this one stopped",
    )


def _latest_number(found: JsonObject) -> int:
    latest = latest_version(found)
    return int(version_of(latest)) if latest else 0
