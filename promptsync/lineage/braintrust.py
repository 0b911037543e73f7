"""Braintrust: say on a span, and on an experiment, which prompts were used.

`metadata.prompt` of a span is what Braintrust's SDK puts there for its own prompts: sdk 0.47.0,
`Prompt.build`. Its pages find the spans and experiments of a prompt by `id` and `version` there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptsync.lineage.attempt import Prompts, attempt, chosen
from promptsync.lineage.record import KEY, records, summary
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.optional_packages import needs_package
from promptsync.prompt import JsonObject

TOOL = "Braintrust"
KIND = "braintrust"


def span_info(prompt: LoadedPrompt, /, **variables: object) -> JsonObject:
    """Return what a span is to say of the prompt that its model call was made from.

    As the `span_info` of `Prompt.build`, for a client that `wrap_openai` wrapped, and for
    `span.log(**…)`. The values of `variables` become part of the trace, as they do there. Needs no
    SDK, and no network.
    """
    return {"metadata": _span_metadata([prompt], variables)}


def metadata(prompts: Prompts = None) -> JsonObject:
    """Return what an experiment is to say of its prompts, for the `metadata` of `Eval`.

    Without prompts, all that this process has served are taken. Needs no SDK, and no network.
    """
    return {KEY: summary(chosen(prompts))}


def log_prompts(prompts: Prompts = None, *, span: Any = None, strict: bool = False) -> bool:
    """Say on a span, the current one unless `span` is given, which prompts it used.

    Without prompts, all that this process has served are taken. Braintrust names one prompt for a
    span, so `metadata.prompt` is there for one alone; `metadata.promptsync` has them all.

    Return whether there was a span. Raises MissingPackageError without Braintrust's SDK;
    LineageError only where `strict` says so.
    """
    braintrust = _braintrust()

    def log(found: Sequence[LoadedPrompt]) -> bool:
        target = braintrust.current_span() if span is None else span
        if target == braintrust.NOOP_SPAN:
            return False
        target.log(metadata=_span_metadata(found, {}))
        return True

    return attempt(TOOL, log, prompts, strict=strict)


def _braintrust() -> Any:
    with needs_package("braintrust"):
        import braintrust  # it takes a quarter of a second
    return braintrust


def _span_metadata(prompts: Sequence[LoadedPrompt], variables: JsonObject) -> JsonObject:
    own = {KEY: {"prompts": records(prompts)}}
    return {"prompt": _prompt(prompts[0], variables), **own} if len(prompts) == 1 else own


def _prompt(prompt: LoadedPrompt, variables: JsonObject) -> JsonObject:
    ids = prompt.service_ids if prompt.kind == KIND else {}
    # What is not known is null: Braintrust merges what a span is told one time after the other.
    return {
        "variables": variables,
        "id": ids.get("id"),
        "project_id": ids.get("project_id"),
        "version": prompt.version,
        "name": prompt.name,
    }
