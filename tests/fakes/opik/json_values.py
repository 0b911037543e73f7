"""JSON as the service reads and keeps it: Jackson's numbers, MySQL's JSON columns."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from tests.fakes.service.json_values import Json, JsonObject, encode_json

__all__ = ["Json", "JsonObject", "encode_json", "stored", "unordered"]

_INTEGERS = range(-(2**63), 2**64)


def stored(value: Json) -> Json:
    """Return a value as it comes back from a JSON column: keys by length, then by bytes."""
    # Source: `metadata` is a column of MySQL's type JSON (000007_add_change_description…).
    # Assumption: what its manual says of that type: keys are sorted, and an integer beyond 64 bits
    # becomes a double.
    match value:
        case dict():
            return {key: stored(value[key]) for key in sorted(value, key=_key_order)}
        case list():
            return [stored(item) for item in value]
        case bool():
            return value
        case int() if value not in _INTEGERS:
            return float(value)
        case _:
            return value


def _key_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode(errors="surrogatepass")
    return len(encoded), encoded


def unordered(texts: Iterable[str]) -> list[str]:
    """Return each text once, in an order that nobody chose."""
    # Source: tags are a Set<String>, which Jackson reads into a HashSet (SetFlatArgumentFactory).
    return sorted(set(texts), key=lambda each: hashlib.sha256(each.encode()).digest())


def parse_json(text: bytes | str) -> Json:
    """Parse a request; raises ValueError for what is no JSON."""
    value: Json = json.loads(text)
    return value
