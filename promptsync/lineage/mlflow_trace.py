"""MLflow's active trace: links to prompts as `load_prompt` makes them, and tags.

MLflow has no public function that links prompts to a trace before it has ended, so this calls the
ones that its own `load_prompt` calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from promptsync.lineage.mlflow_run import LINKS, Link, add_links, links, plan_trace
from promptsync.loaded_prompt import LoadedPrompt


def log_to_trace(mlflow: Any, prompts: Sequence[LoadedPrompt]) -> bool:
    """Say on the active trace and its span which prompts were used; return whether there is one."""
    trace_id, span = mlflow.get_active_trace_id(), mlflow.get_current_active_span()
    if trace_id is None or span is None:
        return False
    linked = links(prompts)
    tags = _link_trace(trace_id, linked)
    if linked:
        span.set_attribute(LINKS, add_links(span.attributes.get(LINKS), linked))
    mlflow.update_current_trace(tags=plan_trace(tags, prompts).tags)
    return True


def _link_trace(trace_id: str, linked: Sequence[Link]) -> dict[str, str]:
    """Register versions to be linked when the trace ends; return the tags that it has now."""
    from mlflow.tracing.trace_manager import InMemoryTraceManager

    manager = InMemoryTraceManager.get_instance()
    for link in linked:
        manager.register_prompt(trace_id=trace_id, prompt=_version(link))
    with manager.get_trace(trace_id) as trace:
        return dict(trace.info.tags) if trace else {}


def _version(link: Link) -> Any:
    from mlflow.entities.model_registry import PromptVersion

    class LinkedVersion(PromptVersion):  # type: ignore[misc]  # noqa: PLW1641  it has no hash either
        """Equal to what MLflow loaded: a trace that has a version twice loses all its links."""

        def __eq__(self, other: object) -> bool:
            return isinstance(other, PromptVersion) and _as_link(other) == link

    return LinkedVersion(link["name"], int(link["version"]), template="")


def _as_link(version: Any) -> Link:
    return {"name": version.name, "version": str(version.version)}
