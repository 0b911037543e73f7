"""A version of a prompt as MLflow is told to make it: Prompt -> JSON. Nothing here asks anybody."""

from __future__ import annotations

import json
import re
from typing import Any

from promptsync.prompt import Prompt
from promptsync.registries.mlflow_fields import assumed_template
from promptsync.registries.mlflow_tags import (
    IS_PROMPT_TAG,
    KIND,
    METADATA_TAG,
    MODEL_KEYS,
    MODEL_TAG,
    PARAMS_TAG,
    RESPONSE_TAG,
    TABLE_KEYS,
    TAGS_TAG,
    TEMPLATE_TAG,
    TEXT_TAG,
    TITLE_TAG,
    TOOLS_TAG,
    TYPE_TAG,
    as_tags,
    is_mlflows,
    is_ours,
)
from promptsync.remote_prompt import STAMP_KEY, Stamp

# The only source that MLflow accepts for a version of a prompt.
_SOURCE = "dummy-source"
MAX_TAG_VALUE = 100_000
_PLAIN_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,249}")


def make_version(prompt: Prompt, stamp: Stamp | None) -> dict[str, Any]:
    """Return the body of the one request that makes a version, with its text, tags and message."""
    return {
        "name": prompt.served_name(KIND),
        "source": _SOURCE,
        "description": _message_of(stamp),
        "tags": as_tags(make_tags(prompt, stamp)),
    }


def _message_of(stamp: Stamp | None) -> str:
    """Return the commit message that MLflow shows beside a version."""
    return "uploaded by promptsync" if stamp is None else stamp.source


def make_tags(prompt: Prompt, stamp: Stamp | None) -> dict[str, str]:
    """Return every tag of a version; what the prompt does not have is left out."""
    is_plain = {key: _is_plain(key, value) for key, value in prompt.metadata.items()}
    plain = {key: value for key, value in prompt.metadata.items() if is_plain[key]}
    other = {key: value for key, value in prompt.metadata.items() if not is_plain[key]}
    fields = {
        TITLE_TAG: prompt.title,
        TAGS_TAG: _dumped(list(prompt.tags)),
        METADATA_TAG: _dumped(other),
        **_behaviour(prompt),
    }
    return {
        **plain,
        IS_PROMPT_TAG: "true",
        TYPE_TAG: "chat" if prompt.is_chat else "text",
        TEXT_TAG: _written_content(prompt),
        # Also without a stamp: it tells an upload from what somebody else wrote after one.
        STAMP_KEY: json.dumps(stamp.to_json() if stamp else {}),
        **{key: value for key, value in fields.items() if value},
    }


def _behaviour(prompt: Prompt) -> dict[str, str | None]:
    table = prompt.registry_options.get(KIND, {})
    config = {
        "model_name": prompt.model,
        **{key: table[key] for key in TABLE_KEYS if table.get(key)},
        **{key: value for key, value in prompt.params.items() if key not in MODEL_KEYS},
    }
    if not prompt.model:
        del config["model_name"]
    is_assumed = prompt.template is assumed_template(prompt.content)
    return {
        MODEL_TAG: _dumped(config),
        PARAMS_TAG: _dumped(
            {key: prompt.params[key] for key in MODEL_KEYS if key in prompt.params}
        ),
        RESPONSE_TAG: _dumped(prompt.response_format),
        TOOLS_TAG: prompt.tools if isinstance(prompt.tools, str) else _dumped(prompt.tools),
        TEMPLATE_TAG: None if is_assumed else prompt.template.value,
    }


def _written_content(prompt: Prompt) -> str:
    """Return what MLflow stores as text: for a chat prompt JSON, written as its client does."""
    if isinstance(prompt.content, str):
        return prompt.content
    return json.dumps(
        [{"role": each.role, "content": each.content, **each.extra} for each in prompt.content],
        allow_nan=False,
    )


def _is_plain(key: str, value: object) -> bool:
    """Tell whether metadata can be a tag of its own, which people see and search for in MLflow."""
    return (
        isinstance(value, str)
        and "\0" not in value
        and len(value) <= MAX_TAG_VALUE
        and _PLAIN_KEY.fullmatch(key) is not None
        and not is_ours(key)
        and not is_mlflows(key)
    )


def _dumped(value: object) -> str | None:
    return json.dumps(value, allow_nan=False) if value else None
