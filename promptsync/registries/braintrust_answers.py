"""What Braintrust's answers and refusals mean: objects, ids, and that something is not there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from promptsync.errors import RegistryAnswerError, RegistryRefusedError
from promptsync.prompt import JsonObject

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND = 400, 401, 404
CREDENTIALS_REFUSED = frozenset({UNAUTHORIZED, 403})

ENVIRONMENTS_HINT = (
    "environments need Braintrust's Pro or Enterprise plan, and have to be created in the "
    "organisation's settings; without them, give each branch a project of its own"
)
_PLAN = re.compile(r"\bplan\b", re.IGNORECASE)
_ID = re.compile(r"[0-9A-Za-z-]{1,64}")


def read_objects(answer: object) -> list[JsonObject]:
    """Return the entries of a list. Raises RegistryAnswerError for anything else."""
    objects = answer.get("objects") if isinstance(answer, dict) else None
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise RegistryAnswerError(
            "Braintrust answered something other than a list",
            hint="check the registry's address",
        )
    return objects


def is_missing(error: RegistryRefusedError) -> bool:
    """Tell whether a refusal means that something is not there: 404, or 400 with a sentence."""
    return error.status == NOT_FOUND or (
        error.status == BAD_REQUEST and "does not exist" in error.message
    )


def id_of(found: JsonObject) -> str:
    """Return the id of an object. Raises RegistryAnswerError for what cannot be one."""
    identifier = found.get("id")
    if not (isinstance(identifier, str) and _ID.fullmatch(identifier)):
        raise RegistryAnswerError("Braintrust sent a prompt without an id")
    return identifier


def raise_unless_missing(error: RegistryRefusedError, chosen: Mapping[str, str]) -> None:
    """Raise a refusal again unless it means that there is no such prompt or version."""
    if is_missing(error) or (_says_no_version(error) and chosen):
        return
    if "environment" not in chosen or error.status == UNAUTHORIZED:
        raise error
    raise without_environments(error) from error


def _says_no_version(error: RegistryRefusedError) -> bool:
    """Tell whether a read by version or environment was refused because there is none."""
    return error.status == BAD_REQUEST and not _PLAN.search(error.message)


def without_environments(error: RegistryRefusedError) -> RegistryRefusedError:
    """Return a refusal with the way out where an organisation has no environments."""
    return RegistryRefusedError(error.message, hint=ENVIRONMENTS_HINT, status=error.status)
