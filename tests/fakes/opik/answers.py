"""What an answer shows of an object: which keys depends on the endpoint; null ones are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .datasets import Dataset, Item
from .environments import Environment
from .experiments import Experiment
from .json_values import Json, JsonObject
from .projects import Project
from .prompts import PERSON, Prompt, Version
from .store import Store

SORTABLE: list[Json] = ["id", "name", "created_at", "last_updated_at", "version_count"]

# Assumption: the names between double braces. Evidence: TemplateParseUtils does more; nobody here
# reads them.
_VARIABLE = re.compile(r"\{\{\{?\s*([\w.]+)\s*\}?\}\}")


def stated(values: JsonObject) -> JsonObject:
    """Leave out what is null. Source: JsonUtils, Include.NON_NULL."""
    return {key: value for key, value in values.items() if value is not None}


def page(number: int, total: int, content: Sequence[JsonObject]) -> JsonObject:
    """Return a page; its `size` is what it holds, not what was asked for (PromptService.find)."""
    return {
        "page": number,
        "size": len(content),
        "total": total,
        "content": list(content),
        "sortableBy": SORTABLE,
    }


def project(project: Project) -> JsonObject:
    """Return a project."""
    return {
        "id": project.id,
        "name": project.name,
        "visibility": "private",
        "created_at": project.created_at,
        "created_by": PERSON,
        "last_updated_at": project.created_at,
        "last_updated_by": PERSON,
    }


def listed_prompt(prompt: Prompt) -> JsonObject:
    """Return a prompt as a list shows it: without any version. Source: Prompt.View.Public."""
    return stated(
        {
            "id": prompt.id,
            "name": prompt.name,
            "project_id": prompt.project_id,
            "description": prompt.description,
            "template_structure": prompt.template_structure,
            "tags": list(prompt.tags) or None,
            "created_at": prompt.created_at,
            "created_by": PERSON,
            "last_updated_at": prompt.last_updated_at,
            "last_updated_by": PERSON,
            "version_count": len(prompt.versions),
        }
    )


def whole_prompt(store: Store, prompt: Prompt, requested: Version | None) -> JsonObject:
    """Return a prompt with its latest version, and the requested one if there is one."""
    latest = prompt.latest
    return stated(
        {
            **listed_prompt(prompt),
            "latest_version": _within_prompt(store, latest) if latest else None,
            "requested_version": _within_prompt(store, requested) if requested else None,
        }
    )


def _within_prompt(store: Store, version: Version) -> JsonObject:
    # Source: PromptDAO.findById builds it without the structure, and Prompt.View.Detail has no
    # prompt_id. A missing change description comes as the text "null" (PromptVersionColumnMapper).
    hidden = ("prompt_id", "template_structure")
    shown = {key: each for key, each in version_detail(store, version).items() if key not in hidden}
    return {**shown, "change_description": version.change_description or "null"}


def version_detail(store: Store, version: Version) -> JsonObject:
    """Return a version with its variables. Source: PromptVersion.View.Detail."""
    variables: list[Json] = [*dict.fromkeys(_VARIABLE.findall(version.template))]
    return {**listed_version(store, version), "variables": variables}


def listed_version(store: Store, version: Version) -> JsonObject:
    """Return a version as a list shows it, whole. Source: PromptVersion.View.Public."""
    prompt = store.prompts.get(version.prompt_id)
    return stated(
        {
            "id": version.id,
            "prompt_id": version.prompt_id,
            "commit": version.commit,
            "version_number": f"v{version.number}",
            "template": version.template,
            "metadata": version.metadata,
            "type": version.type,
            "version_type": "prompt_version",
            "environments": [*store.environments.of(version)] or None,
            "change_description": version.change_description,
            "tags": list(version.tags) or None,
            "template_structure": prompt.template_structure if prompt else None,
            "created_at": version.created_at,
            "created_by": version.created_by,
        }
    )


def environment(environment: Environment) -> JsonObject:
    """Return an environment."""
    return stated(
        {
            "id": environment.id,
            "name": environment.name,
            "description": environment.description,
            "color": environment.color,
            "created_at": environment.created_at,
            "created_by": PERSON,
            "last_updated_at": environment.created_at,
            "last_updated_by": PERSON,
        }
    )


def dataset(dataset: Dataset) -> JsonObject:
    """Return a dataset."""
    return stated(
        {
            "id": dataset.id,
            "name": dataset.name,
            "project_id": dataset.project_id,
            "type": "dataset",
            "visibility": "private",
            "description": dataset.description,
            "created_at": dataset.created_at,
            "created_by": PERSON,
            "last_updated_at": dataset.created_at,
            "last_updated_by": PERSON,
            "dataset_items_count": len(dataset.items),
        }
    )


def dataset_item(dataset: Dataset, item: Item) -> JsonObject:
    """Return an item of a dataset, which has its id twice."""
    return {
        "id": item.id,
        "dataset_item_id": item.id,
        "dataset_id": dataset.id,
        "source": item.source,
        "data": item.data,
        "created_at": item.created_at,
        "created_by": PERSON,
        "last_updated_at": item.created_at,
        "last_updated_by": PERSON,
    }


def dataset_version(dataset: Dataset, version_id: str) -> JsonObject:
    """Return a version of a dataset."""
    number = dataset.versions.index(version_id) + 1
    return {
        "id": version_id,
        "dataset_id": dataset.id,
        "version_hash": version_id[-8:],
        "version_name": f"v{number}",
        "is_latest": number == len(dataset.versions),
        "items_total": len(dataset.items),
    }


def experiment(store: Store, experiment: Experiment) -> JsonObject:
    """Return an experiment with its averages. Source: Experiment.View.Public."""
    experiment = store.measured(experiment)
    count = experiment.trace_count
    links: list[Json] = [_link(store, each) for each in experiment.versions]
    scores: list[Json] = [
        {"name": name, "value": value} for name, value in experiment.scores.items()
    ]
    duration = experiment.duration
    return stated(
        {
            "id": experiment.id,
            "name": experiment.name,
            "dataset_name": experiment.dataset_name,
            "feedback_scores": scores or None,
            "trace_count": count,
            "created_at": experiment.created_at,
            "metadata": experiment.metadata,
            "duration": None
            if duration is None
            else dict.fromkeys(("p50", "p90", "p99"), duration),
            "total_estimated_cost": experiment.cost,
            "total_estimated_cost_avg": experiment.cost / count if experiment.cost else None,
            "prompt_versions": links,
        }
    )


def _link(store: Store, version: Version) -> JsonObject:
    # Source: Experiment.PromptVersionLink. The OpenAPI document shows another class of that name.
    prompt = store.prompts.get(version.prompt_id)
    return stated(
        {
            "id": version.id,
            "commit": version.commit,
            "version_number": f"v{version.number}",
            "prompt_id": version.prompt_id,
            "prompt_name": prompt.name if prompt else None,
        }
    )
