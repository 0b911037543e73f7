"""JSON as the service reads and stores it: JavaScript's numbers, PostgreSQL's order of keys."""

from __future__ import annotations

import json
import math

from tests.fakes.service.json_values import Json, JsonObject, encode_json

__all__ = [
    "Json",
    "JsonObject",
    "UnstorableTextError",
    "encode_json",
    "parse_json",
    "stored",
    "stored_object",
]


class UnstorableTextError(ValueError):
    """A text holds what PostgreSQL's jsonb cannot: NUL, or half of a surrogate pair."""

    # Assumption: such a write is refused. Evidence: PostgreSQL's documentation; no recording.
    def __init__(self) -> None:
        super().__init__("unsupported Unicode escape sequence")


def parse_json(text: bytes | str) -> Json:
    """Parse as JavaScript would; raises ValueError for anything else."""
    # Assumption: the server is TypeScript, so `0.0` comes back as `0` and an integer beyond 2^53
    # loses digits. Evidence: its error texts are those of zod; no recording holds such a number.
    value: Json = json.loads(
        text, parse_int=_number, parse_float=_number, parse_constant=_not_a_number
    )
    return value


def stored(value: Json) -> Json:
    """Return the value as it comes back from a jsonb column: keys by length, then by bytes.

    Recorded for `params` ({max_tokens, response_format, temperature} came back as {max_tokens,
    temperature, response_format}) and for messages ({content, role} as {role, content}).
    """
    match value:
        case dict():
            return {_text(key): stored(value[key]) for key in sorted(value, key=_key_order)}
        case list():
            return [stored(item) for item in value]
        case str():
            return _text(value)
        case _:
            return value


def stored_object(value: JsonObject) -> JsonObject:
    """Return an object as it comes back from a jsonb column."""
    return {key: stored(value[key]) for key in sorted(value, key=_key_order)}


def _key_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode(errors="surrogatepass")
    return len(encoded), encoded


def _text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnstorableTextError from error
    if "\0" in text:
        raise UnstorableTextError
    return text


def _number(text: str) -> int | float | None:
    number = float(text)
    if math.isinf(number):
        return None
    return int(number) if number.is_integer() else number


def _not_a_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")
