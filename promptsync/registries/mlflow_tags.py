"""The tags of a prompt's versions in MLflow: which one holds what, and whose it is.

A prompt is a registered model with a tag that says so, and its text is a tag of a model version:
https://mlflow.org/docs/latest/genai/prompt-registry. What MLflow has no field for is kept in
version tags of our own, so that one request writes a version whole.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from promptsync.prompt import Json
from promptsync.remote_prompt import STAMP_KEY

KIND = "mlflow"

IS_PROMPT_TAG = "mlflow.prompt.is_prompt"
TEXT_TAG = "mlflow.prompt.text"
TYPE_TAG = "_mlflow_prompt_type"
MODEL_TAG = "_mlflow_prompt_model_config"
RESPONSE_TAG = "_mlflow_prompt_response_format"

TITLE_TAG = "promptsync.title"
TAGS_TAG = "promptsync.tags"
METADATA_TAG = "promptsync.metadata"
TEMPLATE_TAG = "promptsync.template"
TOOLS_TAG = "promptsync.tools"
PARAMS_TAG = "promptsync.params"

# The `mlflow:` table of a prompt file; it stands in MLflow's model configuration.
TABLE_KEYS = ("provider",)

# Members of a model configuration that are no parameters.
MODEL_KEYS = ("model_name", *TABLE_KEYS)

Tags = Mapping[str, str]


def read_tags(found: Any) -> dict[str, str]:
    """Return the tags of a version or a prompt; the API leaves them out when there are none."""
    return {
        as_text(each["key"]): as_text(each.get("value", "")) for each in found.get("tags") or ()
    }


def as_text(value: object) -> str:
    """Return what has to be text. Raises TypeError for anything else."""
    if isinstance(value, str):
        return value
    raise TypeError(f"{type(value).__name__} where text belongs")


def as_tags(tags: Tags) -> list[dict[str, str]]:
    """Return tags as the API wants them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def is_stamped(found: Any) -> bool:
    """Tell whether promptsync wrote a version, with a stamp or expressly without one."""
    return STAMP_KEY in read_tags(found)


def is_mlflows(key: str) -> bool:
    """Tell whether a tag is one that MLflow keeps for itself."""
    return key.startswith(("mlflow.", "_mlflow"))


def is_ours(key: str) -> bool:
    """Tell whether a tag is one of promptsync's own."""
    return key == STAMP_KEY or key.startswith(f"{STAMP_KEY}.")


def read_json(text: str | None, default: Json = None) -> Json:
    """Read a tag leniently: what is no JSON is the text it is, which fits nowhere."""
    if not text:
        return default
    try:
        value: Json = _DECODER.decode(text)
    except (ValueError, OverflowError, RecursionError):
        return text
    return value


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    return _within_a_double(float(text))


def _integer(text: str) -> int:
    number = int(text)
    _within_a_double(float(number))
    return number


def _within_a_double(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError("no number that JSON has")
    return number


# MLflow's client writes NaN, which no file can hold and no hash can be made of.
_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, parse_int=_integer)
