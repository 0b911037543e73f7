"""What an MLflow run is to say of the prompts it used: params and tags. Nothing here calls MLflow.

Limits are those of MLflow 3.17: utils/validation.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from promptsync.bundle_hash import bundle_hash
from promptsync.loaded_prompt import LoadedPrompt

KIND = "mlflow"

# Params, for MLflow's own tables and charts.
PARAM = "prompt."

# Tags.
LINKS = "mlflow.linkedPrompts"
HASH = "promptsync.sha256."
VERSIONS = "promptsync.versions."
ALIAS = "promptsync.alias."
FALLBACK = "promptsync.fallback."
BUNDLE_HASH = "promptsync.bundle.sha256"

MAX_KEY = 250
# MLflow cuts a longer tag without an error, and what is left of the links is no JSON any more:
# each later link, by MLflow itself as well, then fails.
MAX_TAG = 8000

Link = dict[str, str]


@dataclass(slots=True)
class RunLog:
    """What is to be written to a run, and what a person should know about it."""

    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def plan_run(
    params: Mapping[str, str], tags: Mapping[str, str], prompts: Sequence[LoadedPrompt]
) -> RunLog:
    """Decide what to add to the params and tags that a run has.

    Params are written once: the first version of a prompt that a run used stays there, and more of
    them are told by a tag. The bundle hash is over all prompts of the run, these and earlier ones.
    """
    log = RunLog()
    known = [each for each in prompts if len(HASH + each.name) <= MAX_KEY]
    if len(known) < len(prompts):
        log.warnings.append("prompts whose names are too long for a tag of MLflow were left out")
    for name in dict.fromkeys(each.name for each in known):
        _add(log, params, tags, name, [each for each in known if each.name == name])
    _link(log, tags.get(LINKS), links(known))
    log.tags[BUNDLE_HASH] = _bundle_hash({**tags, **log.tags})
    log.tags = {key: value for key, value in log.tags.items() if tags.get(key) != value}
    return log


def links(prompts: Iterable[LoadedPrompt]) -> list[Link]:
    """Return what MLflow's own client writes of versions of its registry; others have no link."""
    return [
        {"name": each.service_ids.get("name", each.name), "version": each.version}
        for each in prompts
        if each.kind == KIND and each.version is not None
    ]


def plan_trace(tags: Mapping[str, str], prompts: Sequence[LoadedPrompt]) -> RunLog:
    """Decide what to add to the tags of a trace, which has no params. Links are left out."""
    log = plan_run({}, tags, prompts)
    log.tags.pop(LINKS, None)
    for key, versions in log.params.items():
        log.tags[VERSIONS + key.removeprefix(PARAM)] = versions
    log.params.clear()
    return log


def add_links(before: str | None, added: Iterable[Link]) -> str | None:
    """Return the tag with more links, as many as it holds, None for no link.

    Raises ValueError for a tag that is broken.
    """
    linked = json.loads(before) if before else []
    if not isinstance(linked, list):
        raise ValueError(f"{LINKS} is no list")  # noqa: TRY004  as for what is no JSON
    for link in added:
        if link not in linked and len(json.dumps([*linked, link])) <= MAX_TAG:
            linked.append(link)
    return json.dumps(linked) if linked else None


def _add(
    log: RunLog,
    params: Mapping[str, str],
    tags: Mapping[str, str],
    name: str,
    prompts: Sequence[LoadedPrompt],
) -> None:
    labels = [_label(each.version) for each in prompts if each.version is not None]
    first = params.get(PARAM + name)
    versions = _joined(tags.get(VERSIONS + name) or first, labels)
    if first is None and versions:
        log.params[PARAM + name] = versions
    elif first is not None and versions != first:
        log.tags[VERSIONS + name] = versions
        if tags.get(VERSIONS + name) != versions:
            log.warnings.append(f"used `{name}` as {versions}: what it measures is of none of them")
    said = {
        HASH: [each.content_hash for each in prompts],
        ALIAS: [each.alias for each in prompts if each.alias is not None],
        FALLBACK: [each.source.value for each in prompts if each.is_fallback],
    }
    for prefix, values in said.items():
        if joined := _joined(tags.get(prefix + name), values):
            log.tags[prefix + name] = joined


def _label(version: str) -> str:
    """Write a version as MLflow's pages do; some registries do so themselves."""
    return version if version.startswith("v") else f"v{version}"


def _joined(before: str | None, values: Iterable[str]) -> str:
    """Add values to a list in a tag, each once, as long as they fit."""
    joined = before or ""
    for value in values:
        longer = f"{joined},{value}" if joined else value
        if value not in joined.split(",") and len(longer) <= MAX_TAG:
            joined = longer
    return joined


def _link(log: RunLog, before: str | None, added: Sequence[Link]) -> None:
    try:
        tag = add_links(before, added)
    except ValueError:
        log.warnings.append(f"its tag {LINKS} is broken, and was left as it is")
        return
    if tag is not None:
        log.tags[LINKS] = tag
        if left_out := sum(json.dumps(each) not in tag for each in added):
            log.warnings.append(f"links to {left_out} prompts do not fit its tag {LINKS}")


def _bundle_hash(tags: Mapping[str, str]) -> str:
    return bundle_hash(
        (key.removeprefix(HASH), value)
        for key, values in tags.items()
        if key.startswith(HASH)
        for value in values.split(",")
    )
