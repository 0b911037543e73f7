"""JSON values and their text, as every service sends it."""

from __future__ import annotations

import json
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]


def encode_json(value: Json) -> bytes:
    """Write JSON as Express does, and Jackson: compact, not escaped to ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
