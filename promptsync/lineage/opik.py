"""Opik: say on a trace, a span and an experiment which prompts were used.

Opik links to versions by its own ids, through prompts of its SDK's own kind: sdk 2.2.122,
api_objects/experiment/helpers.py and opik_context.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from promptsync.lineage.attempt import Prompts, attempt, chosen
from promptsync.lineage.record import KEY, record, records, summary
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.optional_packages import needs_package
from promptsync.prompt import JsonObject, Template

TOOL = "Opik"
KIND = "opik"


def as_prompts(prompts: Prompts = None) -> list[Any]:
    """Return prompts as Opik's SDK has them, for the `prompts` of its `evaluate` and others.

    They link to the versions that were loaded from Opik; others, such as a fallback, have no link
    and are told by their text. Metadata says the content hash of each. Nothing is asked or written.
    Without prompts, all that this process has served are taken. Raises MissingPackageError without
    the SDK.
    """
    opik = _opik()
    return [_as_prompt(opik, each) for each in chosen(prompts)]


def experiment_config(prompts: Prompts = None) -> JsonObject:
    """Return what an experiment is to say of its prompts, for the `experiment_config` of Opik.

    Opik links an experiment only to what its `prompts` has, see `as_prompts`. Without prompts, all
    that this process has served are taken. Needs no SDK, and no network.
    """
    return {KEY: summary(chosen(prompts))}


def log_prompts(prompts: Prompts = None, *, strict: bool = False) -> bool:
    """Say on the current trace and span which prompts they used, as Opik's `get_prompt` does.

    Metadata gets `opik_prompts`, with the ids that link, and `promptsync` with the content hashes.
    Without prompts, all that this process has served are taken.

    Return whether there was a trace or a span. Raises MissingPackageError without Opik's SDK;
    LineageError only where `strict` says so.
    """
    opik = _opik()
    return attempt(TOOL, lambda found: _log(opik, found), prompts, strict=strict)


def _opik() -> Any:
    with needs_package("opik"):
        import opik  # it takes a second
    return opik


def _log(opik: Any, prompts: Sequence[LoadedPrompt]) -> bool:
    context = opik.opik_context
    if not opik.is_tracing_active():
        return False
    has_trace = context.get_current_trace_data() is not None
    has_span = context.get_current_span_data() is not None
    for each in [_as_prompt(opik, each) for each in prompts]:
        context.attach_prompt_to_current_trace(each)
        context.attach_prompt_to_current_span(each)
    said = {KEY: {"prompts": records(prompts)}}
    if has_trace:
        context.update_current_trace(metadata=said)
    if has_span:
        context.update_current_span(metadata=said)
    return has_trace or has_span


def _as_prompt(opik: Any, prompt: LoadedPrompt) -> Any:
    from opik.rest_api.types import PromptVersionDetail

    ids = prompt.service_ids if prompt.kind == KIND else {}
    content = prompt.prompt.content
    version = PromptVersionDetail(
        id=ids.get("id"),
        prompt_id=ids.get("prompt_id"),
        commit=ids.get("commit"),
        version_number=prompt.version,
        template=content if isinstance(content, str) else json.dumps(_messages(prompt)),
        type="jinja2" if prompt.prompt.template is Template.JINJA2 else "mustache",
        metadata={KEY: record(prompt)},
    )
    own_kind = opik.Prompt if isinstance(content, str) else opik.ChatPrompt
    return own_kind.from_fern_prompt_version(ids.get("name", prompt.name), version)


def _messages(prompt: LoadedPrompt) -> list[JsonObject]:
    return [
        {"role": each.role, "content": each.content, **each.extra} for each in prompt.messages or ()
    ]
