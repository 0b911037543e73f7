"""Pages, and the filters that clients send as a JSON list of field, operator and value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.fakes.service.exchange import Request

from .collation import folded
from .errors import BadRequestError
from .json_values import Json, JsonObject, encode_json, parse_json

_TESTS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda mine, wanted: mine == wanted,
    "!=": lambda mine, wanted: mine != wanted,
    "contains": lambda mine, wanted: wanted in mine,
    "not_contains": lambda mine, wanted: wanted not in mine,
    "starts_with": lambda mine, wanted: mine.startswith(wanted),
    "ends_with": lambda mine, wanted: mine.endswith(wanted),
    ">": lambda mine, wanted: mine > wanted,
    ">=": lambda mine, wanted: mine >= wanted,
    "<": lambda mine, wanted: mine < wanted,
    "<=": lambda mine, wanted: mine <= wanted,
}


@dataclass(frozen=True)
class Paging:
    """Which part of a list is asked for; there is no maximum of `size`."""

    number: int
    size: int

    @classmethod
    def of(cls, request: Request) -> Paging:
        """Read the paging parameters of a request."""
        return cls(_count(request, "page", 1), _count(request, "size", 10))

    def cut(self, objects: Sequence[JsonObject]) -> Sequence[JsonObject]:
        """Return the part that is asked for."""
        first = (self.number - 1) * self.size
        return objects[first : first + self.size]


def filtered(objects: Iterable[JsonObject], request: Request) -> list[JsonObject]:
    """Return the objects that meet every filter of a request."""
    # Assumption: texts are compared as the collation does. Evidence: the columns' collation.
    filters = _filters(request.first("filters"))
    return [each for each in objects if all(_meets(each, one) for one in filters)]


def _filters(text: str | None) -> list[JsonObject]:
    if not text:
        return []
    try:
        value = parse_json(text)
    except ValueError as error:
        raise BadRequestError(f"Invalid filters query parameter '{text}'") from error
    if not isinstance(value, list):
        raise BadRequestError(f"Invalid filters query parameter '{text}'")
    return [each for each in value if isinstance(each, dict)]


def _meets(found: JsonObject, one: JsonObject) -> bool:
    test = _TESTS.get(str(one.get("operator")))
    if test is None:
        raise BadRequestError(f"Invalid operator '{one.get('operator')}' for filter")
    value = found.get(str(one.get("field")))
    if isinstance(value, dict) and one.get("key"):
        value = value.get(str(one["key"]))
    return test(folded(_text(value)), folded(str(one.get("value"))))


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else encode_json(value).decode()


def _count(request: Request, key: str, default: int) -> int:
    text = request.first(key)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise BadRequestError(f"query param {key} must be greater than or equal to 1")
    return int(text)
