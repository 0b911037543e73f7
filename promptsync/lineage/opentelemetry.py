"""OpenTelemetry: say on the current span which prompts it used.

The names of prompts are those of the GenAI semantic conventions, whose repository is
open-telemetry/semantic-conventions-genai: `gen_ai.prompt.name` as of commit e8fc575, and
`gen_ai.prompt.version` as of pull request 179 (May 2026). Both are in development there. All others
are promptsync's own. The values of variables are left out: the conventions have them opt-in.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from promptsync.lineage.attempt import Prompts, attempt
from promptsync.loaded_prompt import LoadedPrompt

TOOL = "OpenTelemetry"

NAME = "gen_ai.prompt.name"
VERSION = "gen_ai.prompt.version"
HASH = "promptsync.prompt.sha256"
ALIAS = "promptsync.prompt.alias"
COMMIT = "promptsync.prompt.commit"
SOURCE = "promptsync.prompt.source"
IS_FALLBACK = "promptsync.prompt.is_fallback"

EVENT = "promptsync.prompt"

_OPTIONAL = (VERSION, ALIAS, COMMIT)

Attributes = dict[str, str | bool]


def attributes(prompt: LoadedPrompt) -> Attributes:
    """Return what is said of one prompt; what is not known is left out, such as a version."""
    values = {
        NAME: prompt.name,
        VERSION: prompt.version,
        HASH: prompt.content_hash,
        ALIAS: prompt.alias,
        COMMIT: prompt.commit,
        SOURCE: prompt.source.value,
        IS_FALLBACK: prompt.is_fallback,
    }
    return {key: value for key, value in values.items() if value is not None}


def log_prompts(prompts: Prompts = None, *, span: Any = None, strict: bool = False) -> bool:
    """Say on a span, the current one unless `span` is given, which prompts it used.

    Each prompt is an event `promptsync.prompt` of the span. The span's own attributes are those of
    the last one, so that a span of one prompt can be searched by them. Without prompts, all that
    this process has served are taken.

    Return whether there was a span that records. OpenTelemetry is not imported: where nobody did,
    no span was ever started. Raises only where `strict` says so: UsageError, LineageError.
    """

    def log(found: Sequence[LoadedPrompt]) -> bool:
        return _log(_current_span() if span is None else span, found)

    return attempt(TOOL, log, prompts, strict=strict)


def _log(span: Any, prompts: Sequence[LoadedPrompt]) -> bool:
    if span is None or not span.is_recording():
        return False
    for each in prompts:
        said = attributes(each)
        span.add_event(EVENT, said)
        # An attribute cannot be removed, and is not to be paired with another prompt's name.
        before = getattr(span, "attributes", None) or {}
        span.set_attributes({**{key: "" for key in _OPTIONAL if key in before}, **said})
    return True


def _current_span() -> Any:
    trace = sys.modules.get("opentelemetry.trace")
    return trace.get_current_span() if trace else None
