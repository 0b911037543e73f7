"""What a request's body may say: every broken rule is one sentence of a 422."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Mapping

from tests.fakes.service.exchange import Request

from .errors import BadRequestError, InvalidError
from .ids import is_uuid
from .json_values import Json, JsonObject, parse_json

MOST_IDS = 1000
ENVIRONMENT = re.compile(r"[A-Za-z0-9_-]{1,150}")

Rule = Callable[[Json], str | None]


def read_body(request: Request, rules: Mapping[str, Rule]) -> JsonObject:
    """Return the body of a request, or refuse it. Keys that no rule names are ignored."""
    data = request.body
    if request.headers.get("content-encoding") == "gzip":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error) as error:
            raise BadRequestError("Unable to process JSON") from error
    try:
        body = parse_json(data)
    except (ValueError, RecursionError) as error:
        raise BadRequestError("Unable to process JSON") from error
    if not isinstance(body, dict):
        raise BadRequestError("Unable to process JSON")
    check(body, rules)
    return body


def check(body: JsonObject, rules: Mapping[str, Rule], at: str = "") -> None:
    """Raise InvalidError naming every field that breaks its rule."""
    broken = [(key, rule(body.get(key))) for key, rule in rules.items()]
    if found := [f"{at}{key} {sentence}" for key, sentence in broken if sentence]:
        raise InvalidError(*found)


def not_blank(value: Json) -> str | None:
    """Demand a text of more than blanks."""
    return None if isinstance(value, str) and value.strip() else "must not be blank"


def null_or_not_blank(value: Json) -> str | None:
    """Demand a text of more than blanks where there is one."""
    return None if value is None else not_blank(value)


def description(value: Json) -> str | None:
    """Demand at most 255 characters, not all blank."""
    if isinstance(value, str) and len(value) > 255:
        return "cannot exceed 255 characters"
    return null_or_not_blank(value)


def structure(value: Json) -> str | None:
    """Demand one of the two structures."""
    return None if value in (None, "text", "chat") else "must be one of [text, chat]"


def template_type(value: Json) -> str | None:
    """Demand one of the three dialects."""
    known = (None, "mustache", "jinja2", "python")
    return None if value in known else "must be one of [mustache, jinja2, python]"


def null_or_id(value: Json) -> str | None:
    """Demand a uuid where there is a value."""
    return None if value is None or is_uuid(value) else "must be a valid UUID"


def ids(value: Json) -> str | None:
    """Demand a list of 1 to 1,000 uuids."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_IDS:
        return f"size must be between 1 and {MOST_IDS}"
    return None if all(map(is_uuid, value)) else "must be valid UUIDs"


def commits(value: Json) -> str | None:
    """Demand a list of 1 to 1,000 commits."""
    fits = isinstance(value, list) and 1 <= len(value) <= MOST_IDS
    return None if fits else f"size must be between 1 and {MOST_IDS}"


def tags(value: Json) -> str | None:
    """Demand a list of texts where there is a value."""
    if value is None:
        return None
    fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
    return None if fits else "must be a list of texts"


def version_tags(value: Json) -> str | None:
    """Demand at most 50 tags of at most 100 characters, none blank."""
    if not isinstance(value, list):
        return tags(value)
    if len(value) > 50:
        return "Cannot have more than 50 tags"
    texts = [each for each in value if isinstance(each, str)]
    if any(len(each) > 100 for each in texts):
        return "Tag cannot exceed 100 characters"
    return tags(value) if all(each.strip() for each in texts) else "Tag must not be blank"


def null_or_environment(value: Json) -> str | None:
    """Demand a name that an environment may have, where there is one."""
    if value is None or (isinstance(value, str) and ENVIRONMENT.fullmatch(value)):
        return None
    return "must match ^[A-Za-z0-9_-]+$"


def environment(value: Json) -> str | None:
    """Demand a name that an environment may have."""
    return "must not be blank" if value is None else null_or_environment(value)


def environments(value: Json) -> str | None:
    """Demand a list of at most 100 names of environments."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > 100:
        return "cannot exceed 100 environments"
    return next(filter(None, map(environment, value)), None)


def version_number(value: Json) -> str | None:
    """Demand `v<N>`, of at most 10 characters, where there is a value."""
    if value is None or (isinstance(value, str) and re.fullmatch(r"v\d{1,9}", value)):
        return None
    return "must match v<N>"


def dataset_items(value: Json) -> str | None:
    """Demand 1 to 1,000 items with data and a source."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_IDS:
        return f"size must be between 1 and {MOST_IDS}"
    sources = ("manual", "trace", "span", "sdk")
    fits = all(
        isinstance(each, dict)
        and isinstance(each.get("data"), dict)
        and each.get("source") in sources
        and null_or_id(each.get("id")) is None
        for each in value
    )
    return None if fits else "must have data and a source"


def experiment_items(value: Json) -> str | None:
    """Demand 1 to 1,000 links of an experiment, an item of a dataset and a trace."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_IDS:
        return f"size must be between 1 and {MOST_IDS}"
    keys = ("experiment_id", "dataset_item_id", "trace_id")
    fits = all(isinstance(each, dict) and all(is_uuid(each.get(k)) for k in keys) for each in value)
    return None if fits else "must have the ids of experiment, dataset item and trace"


def scores(value: Json) -> str | None:
    """Demand 1 to 1,000 named numbers for traces."""
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_IDS:
        return f"size must be between 1 and {MOST_IDS}"
    fits = all(
        isinstance(each, dict)
        and is_uuid(each.get("id"))
        and not_blank(each.get("name")) is None
        and isinstance(each.get("value"), int | float)
        and each.get("source") in ("ui", "sdk", "online_scoring")
        for each in value
    )
    return None if fits else "must have id, name, value and source"


PROMPT: Mapping[str, Rule] = {
    "id": null_or_id,
    "name": not_blank,
    "project_id": null_or_id,
    "project_name": null_or_not_blank,
    "description": description,
    "template": null_or_not_blank,
    "type": template_type,
    "template_structure": structure,
    "tags": tags,
}
PROMPT_UPDATE: Mapping[str, Rule] = {"name": not_blank, "description": description, "tags": tags}
NEW_VERSION: Mapping[str, Rule] = {
    "name": not_blank,
    "project_id": null_or_id,
    "project_name": null_or_not_blank,
    "template_structure": structure,
}
VERSION: Mapping[str, Rule] = {
    "id": null_or_id,
    "template": not_blank,
    "type": template_type,
    "tags": tags,
    "environments": environments,
}
RETRIEVE: Mapping[str, Rule] = {
    "name": not_blank,
    "project_name": null_or_not_blank,
    "environment": null_or_environment,
    "version_number": version_number,
}
DATASET: Mapping[str, Rule] = {
    "id": null_or_id,
    "name": not_blank,
    "project_id": null_or_id,
    "project_name": null_or_not_blank,
    "description": description,
}
TAG_UPDATE: Mapping[str, Rule] = {"ids": ids}


def text(body: JsonObject, key: str) -> str | None:
    """Return a text of a body, None where there is none."""
    value = body.get(key)
    return value if isinstance(value, str) else None


def texts(body: JsonObject, key: str) -> list[str]:
    """Return a list of texts of a body."""
    value = body.get(key)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def objects(body: JsonObject, key: str) -> list[JsonObject]:
    """Return a list of objects of a body."""
    value = body.get(key)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def part(body: JsonObject, key: str) -> JsonObject:
    """Return an object within a body, or refuse the request."""
    value = body.get(key)
    if not isinstance(value, dict):
        raise InvalidError(f"{key} must not be null")
    return value
