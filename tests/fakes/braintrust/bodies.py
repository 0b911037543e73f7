"""What a request's body must hold, and what the service takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.fakes.service.exchange import Request

from .errors import BadRequestError, invalid, not_a_uuid, too_short, wrong_type
from .ids import is_uuid
from .json_values import Json, JsonObject, parse_json


@dataclass(frozen=True)
class Field:
    """One key of a body. What is not required may also be null."""

    type: str = "string"
    required: bool = False
    is_uuid: bool = False


Schema = Mapping[str, Field]

REQUIRED_TEXT = Field(required=True)
TEXT = Field()
OBJECT = Field("object")
ARRAY = Field("array")

CREATE_PROMPT: Schema = {
    "project_id": Field(required=True, is_uuid=True),
    "name": REQUIRED_TEXT,
    "slug": REQUIRED_TEXT,
    "description": TEXT,
    "prompt_data": OBJECT,
    "tags": ARRAY,
    "function_type": TEXT,
    # Assumption: `metadata` is stored, though no published request schema has it. Evidence: it is
    # in the answer's schema, official tools send it, and /insert-functions takes it; see the
    # switches DropsMetadata, DropsMetadataEverywhere and RefusesMetadata.
    "metadata": OBJECT,
    "environment_slugs": ARRAY,
}
PATCH_PROMPT: Schema = {
    "name": TEXT,
    "slug": TEXT,
    "description": TEXT,
    "prompt_data": OBJECT,
    "tags": ARRAY,
    "metadata": OBJECT,
}
INSERT_FUNCTION: Schema = {
    **{key: field for key, field in CREATE_PROMPT.items() if key != "environment_slugs"},
    "function_data": Field("object", required=True),
    "if_exists": TEXT,
    "environments": ARRAY,
}
CREATE_PROJECT: Schema = {"name": REQUIRED_TEXT, "description": TEXT, "org_name": TEXT}
PATCH_PROJECT: Schema = {"name": TEXT, "description": TEXT, "settings": OBJECT}
CREATE_ENVIRONMENT: Schema = {
    "name": REQUIRED_TEXT,
    "slug": REQUIRED_TEXT,
    "description": TEXT,
    "org_name": TEXT,
}
PATCH_ENVIRONMENT: Schema = {"name": TEXT, "slug": TEXT, "description": TEXT}
CREATE_EXPERIMENT: Schema = {
    "project_id": Field(required=True, is_uuid=True),
    "name": TEXT,
    "metadata": OBJECT,
    "ensure_new": Field("boolean"),
}
LOG: Schema = {"rows": Field("array", required=True)}
ASSIGN: Schema = {"object_version": REQUIRED_TEXT, "org_name": TEXT}
ASSIGN_TO: Schema = {**ASSIGN, "environment_slug": REQUIRED_TEXT}


def parsed(request: Request) -> Json:
    """Parse the body of a request, or refuse it."""
    try:
        return parse_json(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"Invalid JSON body: {error}") from error


def checked(body: Json, schema: Schema, *path: Json) -> JsonObject:
    """Return the body's known keys in its own order; all that is wrong is reported at once."""
    if not isinstance(body, dict):
        raise invalid(wrong_type("object", _type_of(body), *path))
    issues = [issue for key, field in schema.items() for issue in _issues(body, key, field, *path)]
    if issues:
        raise invalid(*issues)
    # Assumption: unknown keys are dropped without a word. Evidence: none; the published schemas
    # do not forbid them, and a generated client keeps to its own keys.
    return {key: value for key, value in body.items() if key in schema}


def text(body: JsonObject, key: str) -> str:
    """Return a text that the schema requires."""
    value = body[key]
    assert isinstance(value, str)
    return value


def optional_text(body: JsonObject, key: str) -> str | None:
    """Return a text, or None where it is absent or null."""
    return text(body, key) if body.get(key) is not None else None


def texts(body: JsonObject, key: str) -> list[str]:
    """Return a list of texts, empty where it is absent or null."""
    values = body.get(key) or []
    assert isinstance(values, list)
    return [value for value in values if isinstance(value, str)]


def _issues(body: JsonObject, key: str, field: Field, *path: Json) -> list[JsonObject]:
    value = body.get(key)
    if value is None and not field.required:
        return []
    received = _type_of(value) if key in body else "undefined"
    if received != field.type:
        return [wrong_type(field.type, received, *path, key)]
    if field.required and value == "":
        return [too_short(*path, key)]
    if field.is_uuid and not is_uuid(str(value)):
        return [not_a_uuid(*path, key)]
    return []


def _type_of(value: Json) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
