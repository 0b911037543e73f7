"""What an answer shows of an object: which keys, in which order, and which of them are null.

Key sets and order are those of recordings of 2026-09 (prompts, projects) unless marked.
"""

from __future__ import annotations

from .environments import Assignment, Environment
from .experiments import Experiment
from .json_values import Json, JsonObject, stored_object
from .projects import Organization, Project
from .prompts import Prompt, Version

# In a request, but no field of the prompt.
INSTRUCTIONS = frozenset({"environment_slugs", "environments", "if_exists"})

FUNCTION_DATA: JsonObject = {"type": "prompt"}


def content_of(body: JsonObject) -> JsonObject:
    """Return what a request says about the prompt itself."""
    return {
        key: value for key, value in body.items() if key not in INSTRUCTIONS and key != "project_id"
    }


def written_prompt(prompt: Prompt, body: JsonObject) -> JsonObject:
    """Echo a POST or PUT: only what was sent, in its own order, then what the service added."""
    # Assumption: `metadata` is echoed where it was sent. Evidence: no recorded request had it.
    sent = {key: value for key, value in content_of(body).items() if key != "slug"}
    return {
        "log_id": "p",
        "project_id": prompt.project.id,
        "slug": prompt.slug,
        **sent,
        **_added(prompt, prompt.latest),
    }


def patched_prompt(prompt: Prompt) -> JsonObject:
    """Echo a PATCH: all fields that were ever sent, in the order of the jsonb column."""
    fields: JsonObject = {"log_id": "p", "project_id": prompt.project.id, **prompt.latest.content}
    return {**stored_object(fields), **_added(prompt, prompt.latest)}


def deleted_prompt(prompt: Prompt) -> JsonObject:
    """Return the tombstone: without `name`, which the published schema requires."""
    added = _added(prompt, prompt.latest)
    transaction = added.pop("_xact_id")
    return {
        "log_id": "p",
        "project_id": prompt.project.id,
        "slug": prompt.slug,
        **added,
        "_object_delete": True,
        "_xact_id": transaction,
    }


def read_prompt(prompt: Prompt, version: Version) -> JsonObject:
    """Return a prompt as GET and lists show it; `function_data` is not in the schema."""
    content = version.content
    return {
        "_xact_id": str(version.transaction),
        "created": version.created,
        "description": content.get("description"),
        "function_type": content.get("function_type"),
        "id": prompt.id,
        "log_id": "p",
        "metadata": content.get("metadata"),
        "name": content.get("name"),
        "org_id": prompt.project.organization.id,
        "project_id": prompt.project.id,
        "prompt_data": content.get("prompt_data"),
        "slug": content.get("slug"),
        "tags": content.get("tags"),
        "function_data": content.get("function_data", FUNCTION_DATA),
    }


def project(project: Project) -> JsonObject:
    """Return a project, deleted or not."""
    return {
        "id": project.id,
        "org_id": project.organization.id,
        "name": project.name,
        "description": project.description,
        "created": project.created,
        "deleted_at": project.deleted_at,
        "user_id": project.user_id,
        "settings": project.settings,
    }


def login(organizations: tuple[Organization, ...], own_url: str) -> JsonObject:
    """Return every organisation of the key, with the address of its data."""
    infos: list[Json] = [
        {
            "id": organization.id,
            "name": organization.name,
            "api_url": organization.api_url or own_url,
            "git_metadata": None,
            "is_universal_api": None,
            "proxy_url": organization.api_url or own_url,
            "realtime_url": "wss://realtime.example.com",
        }
        for organization in organizations
    ]
    return {"org_info": infos}


def experiment(experiment: Experiment) -> JsonObject:
    """Return an experiment."""
    # Assumption: the keys of the OpenAPI schema that it requires or promptsync reads. Evidence:
    # the schema; no recording.
    return {
        "id": experiment.id,
        "project_id": experiment.project.id,
        "name": experiment.name,
        "created": experiment.created,
        "deleted_at": None,
        "public": False,
        "metadata": experiment.metadata or None,
    }


# Assumption: the units of metrics. Evidence: "tok" is in the SDK's end-to-end test; "s" and "$" are
# in the summaries that evaluations print.
UNITS = {"duration": "s", "estimated_cost": "$"}


def summary(experiment: Experiment, *, with_scores: bool) -> JsonObject:
    """Return the summary of an experiment, as the OpenAPI schema has it."""
    place = f"https://www.braintrust.dev/app/Example/p/{experiment.project.name}"
    names: JsonObject = {
        "project_name": experiment.project.name,
        "experiment_name": experiment.name,
        "project_url": place,
        "experiment_url": f"{place}/experiments/{experiment.name}",
        "comparison_experiment_name": None,
    }
    if not with_scores:
        return names
    rest: JsonObject = {"improvements": 0, "regressions": 0}
    scores: JsonObject = {
        name: {"name": name, "score": average, **rest}
        for name, average in experiment.scores.items()
    }
    metrics: JsonObject = {
        name: {"name": name, "metric": average, "unit": UNITS.get(name, "tok"), **rest}
        for name, average in experiment.metrics.items()
    }
    return {**names, "scores": scores, "metrics": metrics}


def environment(environment: Environment) -> JsonObject:
    """Return an environment."""
    # Assumption: the keys of the OpenAPI schema, all of them. Evidence: the schema; no recording.
    return {
        "id": environment.id,
        "org_id": environment.organization.id,
        "name": environment.name,
        "slug": environment.slug,
        "description": environment.description,
        "created": environment.created,
        "deleted_at": environment.deleted_at,
    }


def assignment(assignment: Assignment) -> JsonObject:
    """Return which version an environment points at."""
    # Assumption: these keys. Evidence: the source of an unmerged pull request of the JavaScript
    # SDK, and what the official command line insists on when it parses the answer.
    return {
        "id": assignment.id,
        "object_type": "prompt",
        "object_id": assignment.prompt.id,
        "object_version": str(assignment.transaction),
        "environment_slug": assignment.environment.slug,
        "environment_id": assignment.environment.id,
        "created": assignment.created,
    }


def _added(prompt: Prompt, version: Version) -> JsonObject:
    return {
        "id": prompt.id,
        "created": version.created,
        "org_id": prompt.project.organization.id,
        "_xact_id": str(version.transaction),
    }
