"""Prompts as an application loaded them."""

from __future__ import annotations

from typing import Any

from promptsync.content_hash import content_hash
from promptsync.loaded_prompt import LoadedPrompt, Source
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt


def loaded(name: str = "greeting", version: str | None = "1", **fields: Any) -> LoadedPrompt:
    """Build a prompt that MLflow served under the alias `production`; its text has its version."""
    built = prompt(name, f"Version {version}")
    settings: dict[str, Any] = {
        "prompt": built,
        "content_hash": content_hash(built, "mlflow"),
        "source": Source.REGISTRY,
        "version": version,
        "alias": "production",
        "registry": "production",
        "kind": "mlflow",
    }
    return LoadedPrompt(**settings | fields)


def fallback(name: str = "greeting", **fields: Any) -> LoadedPrompt:
    """Build a prompt that came from the bundle because the registry was away."""
    settings = {"source": Source.BUNDLE, "is_fallback": True, "alias": None, **fields}
    return loaded(name, None, **settings)


def as_loaded(remote: RemotePrompt, kind: str, alias: str | None = None) -> LoadedPrompt:
    """Build what an application gets for a version of a registry."""
    return LoadedPrompt(
        prompt=remote.prompt,
        content_hash=remote.content_hash,
        source=Source.REGISTRY,
        version=remote.version,
        alias=alias,
        registry="production",
        kind=kind,
        service_ids=remote.service_ids,
    )
