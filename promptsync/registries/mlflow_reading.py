"""Find prompts in MLflow: what is registered, the versions of it, and where those came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject
from promptsync.registries.mlflow_api import MlflowApi, in_portions, is_name, is_prompt
from promptsync.registries.mlflow_fields import read_version, version_of
from promptsync.registries.mlflow_tags import is_stamped
from promptsync.remote_prompt import RemotePrompt

# A version, and the description of the prompt it belongs to.
Described: TypeAlias = tuple[JsonObject, str | None]


def find_prompt(api: MlflowApi, name: str, *, within: float | None = None) -> JsonObject | None:
    """Return what is registered under a name. Raises RegistryRefusedError for a model."""
    found = api.find(name, within=within)
    if found is not None and not is_prompt(found):
        raise RegistryRefusedError(
            f"`{name}` is the name of a model in MLflow, and cannot be that of a prompt as well",
            hint="rename the prompt, or give it another name there: `mlflow: {name: …}`",
        )
    return found


def find_version(
    api: MlflowApi, name: str, *, version: str | None = None, alias: str | None = None
) -> RemotePrompt | None:
    """Return a version of a prompt, latest unless one is named; None also for a model's name."""
    found = api.find(name)
    if found is None or not is_prompt(found):
        return None
    latest = latest_version(found)
    if version is None and alias is not None:
        version = aliases_of(found).get(alias)
        if version is None:
            return None
    if version is not None and (latest is None or version_of(latest) != version):
        latest = api.find_version(name, version)
    if latest is None:
        return None
    return next(read_versions(api, [(latest, description_of(found))]))


def find_bare_version(
    api: MlflowApi, name: str, *, version: str | None = None, alias: str | None = None
) -> RemotePrompt | None:
    """Return a version of a prompt as it is by itself, in one request; None as `find_version`.

    The description is the prompt's, and who wrote before is told by other versions.
    """
    if not is_name(name):
        return None
    if version is not None:
        found = api.find_version(name, version)
    elif alias is not None:
        found = api.find_aliased(name, alias)
    else:
        whole = api.find(name)
        found = latest_version(whole) if whole is not None and is_prompt(whole) else None
    return read_version(found) if found is not None and is_prompt(found) else None


def read_history(api: MlflowApi, name: str) -> Sequence[RemotePrompt]:
    """Return every version of a prompt, newest first."""
    found = api.find(name)
    if found is None or not is_prompt(found):
        return []
    description, origin = description_of(found), None
    versions = []
    for each in sorted(_of_names(api.read_versions([name]), [name]), key=_number):
        versions.append(read_version(each, description=description, origin=origin))
        origin = each if is_stamped(each) else origin
    return versions[::-1]


def read_versions(
    api: MlflowApi, versions: Iterable[Described], *, wanted: Collection[str] | None = None
) -> Iterator[RemotePrompt]:
    """Read versions of different prompts; who wrote before is looked up for those `wanted`.

    None wants all. That takes requests only where somebody else than promptsync wrote last.
    """
    versions = list(versions)
    foreign = [
        each["name"]
        for each, _ in versions
        if not is_stamped(each) and (wanted is None or each["name"] in wanted)
    ]
    stamped = _stamped_versions(api, sorted(foreign)) if foreign else {}
    for each, description in versions:
        older = [other for other in stamped.get(each["name"], ()) if _number(other) < _number(each)]
        origin = max(older, key=_number, default=None)
        yield read_version(each, description=description, origin=origin)


def _stamped_versions(api: MlflowApi, names: Sequence[str]) -> Mapping[str, list[JsonObject]]:
    found: dict[str, list[JsonObject]] = {}
    for portion in in_portions(names):
        for each in _of_names(api.read_versions(portion, stamped=True), portion):
            found.setdefault(each["name"], []).append(each)
    return found


def _of_names(versions: Iterable[JsonObject], names: Collection[str]) -> Iterator[JsonObject]:
    # A database may take letters that differ in case for the same.
    return (each for each in versions if each.get("name") in names)


def _number(version: JsonObject) -> int:
    try:
        return int(version_of(version))
    except (KeyError, TypeError, ValueError) as error:
        raise RegistryAnswerError("MLflow sent a version without a number") from error


def latest_version(found: JsonObject) -> JsonObject | None:
    """Return the newest version of a prompt: the API sends one for each stage, or none at all."""
    return max(_objects(found, "latest_versions"), key=_number, default=None)


def aliases_of(found: JsonObject) -> dict[str, str]:
    """Return what the aliases of a prompt point at."""
    return {each["alias"]: version_of(each) for each in _objects(found, "aliases")}


def description_of(found: JsonObject) -> str | None:
    """Return the description of a prompt."""
    description = found.get("description")
    return description if isinstance(description, str) and description else None


def _objects(found: JsonObject, key: str) -> list[Any]:
    objects = found.get(key) or []
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise RegistryAnswerError(f"MLflow sent a prompt whose `{key}` are of an unknown shape")
    return objects
