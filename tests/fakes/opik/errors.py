"""What the service refuses, and in which shape.

* ApiError
  - UnauthorizedError    401: the key is unknown
  - BadRequestError      400: selectors that exclude each other, JSON that is none
  - NotFoundError        404
  - ConflictError        409: a name or an environment is taken
  - InvalidError         422: a field breaks its rule
"""

from __future__ import annotations

from .json_values import JsonObject


class ApiError(Exception):
    """An answer other than success; the body is JSON."""

    status = 500

    def __init__(self, *texts: str) -> None:
        super().__init__(*texts)
        self.texts = texts

    @property
    def body(self) -> JsonObject:
        """The answer's body. Source: exceptions of JAX-RS become code and message."""
        return {"code": self.status, "message": self.texts[0]}


class UnauthorizedError(ApiError):
    """The key is missing or unknown."""

    status = 401


class BadRequestError(ApiError):
    """The request makes no sense."""

    status = 400


class NotFoundError(ApiError):
    """What the request names is not there."""

    status = 404


class _ListedError(ApiError):
    @property
    def body(self) -> JsonObject:
        """The answer's body. Source: ErrorMessage(List<String> errors)."""
        return {"errors": list(self.texts)}


class ConflictError(_ListedError):
    """What the request would make is there already."""

    status = 409


class InvalidError(_ListedError):
    """Fields break the rules of the schema, a sentence each."""

    status = 422
