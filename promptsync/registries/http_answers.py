"""Reading the JSON of an answer, strictly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from promptsync.errors import RegistryAnswerError
from promptsync.prompt import Json
from promptsync.registries.http_errors import Answer
from promptsync.registries.redaction import redact

if TYPE_CHECKING:
    pass


def decode_json(answer: Answer) -> Json:
    """Read an answer strictly; an empty body is None. Raises RegistryAnswerError."""
    if not answer.body:
        return None
    try:
        value: Json = json.loads(
            answer.body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise RegistryAnswerError(
            f"`{answer.host}` answered {answer.request} with {_what_it_is(answer)} "
            "where JSON belongs",
            hint="check the registry's address, and what stands between it and this machine",
        ) from error
    return value


def _what_it_is(answer: Answer) -> str:
    if answer.is_html:
        return "an HTML page"
    content_type = answer.headers.get("content-type", "")
    if "json" in content_type:
        return "broken JSON"
    return redact(content_type, ()) or "something"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is not a number")
    return number
