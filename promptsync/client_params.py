"""What the vendors' clients have in common of a prompt's params, to be taken out of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from promptsync.errors import UsageError
from promptsync.rendered_prompt import RenderedPrompt

# What a prompt says elsewhere, and what is the program's own business: a prompt that somebody
# edits in a registry sets no headers.
_OWN_FIELDS = ("model", "messages", "system", "tools")
_OF_THE_CLIENT = ("extra_headers", "extra_query", "timeout")
# An option of Braintrust's proxy, which its SDK leaves out as well.
_OF_A_PROXY = ("use_cache",)


def params_of(rendered: RenderedPrompt, where: str) -> dict[str, Any]:
    """Return a copy of the params that are set, `response_format` among them.

    Raises UsageError, naming `where`, for params that say what is said elsewhere.
    """
    params = {
        key: deepcopy(value)
        for key, value in rendered.params.items()
        if value is not None and key not in _OF_A_PROXY
    }
    for key in (*_OWN_FIELDS, *_OF_THE_CLIENT):
        if key in params:
            whose = "the prompt's own" if key in _OWN_FIELDS else "the client's"
            raise UsageError(
                f"{where}: `params.{key}` is not sent, for `{key}` is {whose} business",
                hint=f"take `{key}` out of `params`",
            )
    if not isinstance(params.get("extra_body", {}), dict):
        raise UsageError(f"{where}: `params.extra_body` must be a mapping")
    if rendered.response_format:
        if params.get("response_format", rendered.response_format) != rendered.response_format:
            raise UsageError(f"{where}: `response_format` is also in `params`, and says otherwise")
        params["response_format"] = deepcopy(dict(rendered.response_format))
    return params


def schema_format(response_format: Any, where: str) -> dict[str, Any]:
    """Return a response format with its JSON Schema as a value, where a registry has it as text."""
    schema = response_format.get("json_schema") if isinstance(response_format, Mapping) else None
    if isinstance(schema, Mapping) and isinstance(schema.get("schema"), str):
        try:
            read = json.loads(schema["schema"])
        except ValueError as error:
            raise UsageError(f"{where}: the schema of `response_format` is no JSON") from error
        return {**response_format, "json_schema": {**schema, "schema": read}}
    if not isinstance(response_format, Mapping):
        raise UsageError(f"{where}: `response_format` must be a mapping")
    return dict(response_format)
