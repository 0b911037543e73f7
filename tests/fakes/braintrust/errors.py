"""What the service refuses, and in which words.

* ApiError
  - UnauthorizedError   401: the key is unknown
  - BadRequestError     400: everything else, a missing object included
"""

from __future__ import annotations

import json

from .json_values import Json, JsonObject


class ApiError(Exception):
    """An answer other than 200; the body is plain text, never JSON."""

    status = 500

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class UnauthorizedError(ApiError):
    """The key is missing or unknown."""

    status = 401


class BadRequestError(ApiError):
    """The request is wrong, or names what is not there."""

    status = 400


def missing(kind: str, identifier: str, *, access: str = "read") -> BadRequestError:
    """Say that an object is not there, in the words recorded for DELETE of a function."""
    # Assumption: the other methods answer alike, with their own verb. Evidence: only DELETE
    # /v1/function/{id} is recorded, as 400 with "Missing delete access to prompt id …".
    return BadRequestError(
        f"Missing {access} access to {kind} id {identifier}, or the {kind} does not exist"
    )


def invalid(*issues: JsonObject) -> BadRequestError:
    """Refuse a request that does not fit its schema: the text is zod's list of issues."""
    return BadRequestError(json.dumps(list(issues), indent=2))


def not_a_uuid(*path: Json) -> JsonObject:
    """Return the issue that zod reports for something that is not a uuid."""
    return {
        "validation": "uuid",
        "code": "invalid_string",
        "message": "Invalid uuid",
        "path": list(path),
    }


def wrong_type(expected: str, received: str, *path: Json) -> JsonObject:
    """Return the issue that zod reports for a value of the wrong type, or none at all."""
    is_missing = received == "undefined"
    return {
        "code": "invalid_type",
        "expected": expected,
        "received": received,
        "path": list(path),
        "message": "Required" if is_missing else f"Expected {expected}, received {received}",
    }


def too_short(*path: Json) -> JsonObject:
    """Return the issue that zod reports for an empty text where one character is needed."""
    return {
        "code": "too_small",
        "minimum": 1,
        "type": "string",
        "inclusive": True,
        "exact": False,
        "message": "String must contain at least 1 character(s)",
        "path": list(path),
    }
