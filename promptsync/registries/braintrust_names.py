"""What a prompt of Braintrust is called now, what it was called before, and its environments.

Braintrust tells prompts apart by an id of its own; the slug is a field that may change.
"""

from __future__ import annotations

from promptsync.errors import RegistryAnswerError, RegistryRefusedError, RegistryUnavailableError
from promptsync.prompt import JsonObject
from promptsync.registries.braintrust_answers import id_of
from promptsync.registries.braintrust_api import LOOK_SECONDS, BraintrustApi
from promptsync.registries.http_errors import LostAnswerError


def find_version(
    api: BraintrustApi,
    name: str,
    *,
    version: str | None = None,
    environment: str | None = None,
    within: float | None = None,
) -> JsonObject | None:
    """Return a version of a prompt under its name of now, None if there is none."""
    found = api.find(name, version=version, environment=environment, within=within)
    if found is not None and found.get("slug") == name:
        return found
    # Assumption: a version from before a rename is found by the slug of that time, by the one of
    # now, or by neither. Evidence: none; by its id it is found in each case.
    latest = api.find(name, within=within)
    if latest is None:
        return None
    if found is None or found.get("id") != latest.get("id"):
        found = api.find_by_id(id_of(latest), version=version, environment=environment)
    return called(name, found) if found else None


def called(name: str, found: JsonObject) -> JsonObject:
    """Return a version as if its prompt had always had this name."""
    title = found.get("name")
    return {**found, "slug": name, "name": name if title == found.get("slug") else title}


def rename(api: BraintrustApi, name: str, new_name: str) -> None:
    """Give a prompt another slug, and look whether it has it.

    A title that only repeats the slug follows it. Raises RegistryRefusedError when there is no
    such prompt, or another one has the new name.
    """
    found = api.find(name)
    if found is None:
        raise no_prompt(name)
    if api.find(new_name) is not None:
        raise RegistryRefusedError(
            f"Braintrust has a prompt `{new_name}` already",
            hint="give that one another slug, or delete it first",
        )
    changes = {"slug": new_name}
    if found.get("name") == name:
        changes["name"] = new_name
    try:
        api.patch(id_of(found), changes)
    except LostAnswerError as lost:
        if not _is_called(api, id_of(found), new_name):
            raise RegistryUnavailableError(
                f"`{name}` may not be renamed: {lost.message}", hint=lost.hint
            ) from lost
        return
    if not _is_called(api, id_of(found), new_name):
        raise RegistryAnswerError(
            f"Braintrust accepted `{new_name}` for `{name}`, but does not serve it"
        )


def no_prompt(name: str) -> RegistryRefusedError:
    """Say that there is no prompt of this name."""
    return RegistryRefusedError(
        f"Braintrust has no prompt `{name}`", hint="`promptsync status --all` lists the names"
    )


def _is_called(api: BraintrustApi, prompt_id: str, name: str) -> bool:
    found = api.find(name, within=LOOK_SECONDS)
    return found is not None and found.get("id") == prompt_id


def aliases(api: BraintrustApi, name: str, known_id: str | None = None) -> dict[str, str]:
    """Return the version that each environment has of a prompt, whose id may be known."""
    if known_id is not None:
        return api.assignments(known_id)
    found = api.find(name)
    return api.assignments(id_of(found)) if found else {}
