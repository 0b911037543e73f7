"""Which registry a configuration means: what was kept of one is never taken for another's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from promptsync.config import DEFAULT_LOCAL_URL, RegistryConfig
from promptsync.service_environment import (
    braintrust_environment,
    mlflow_environment,
    opik_environment,
)


def registry_key(registry: RegistryConfig, folder: Path) -> str:
    """Return a key for kind, address and project, with what the environment says about them.

    It is the kind, `:` and hex digits; nothing can be read from those. The registry's name and
    alias take no part. A key of the service does, where nothing else says whose account it is.
    """
    identity = json.dumps(_identity(registry, folder), sort_keys=True)
    return f"{registry.kind}:{hashlib.sha256(identity.encode()).hexdigest()}"


def _identity(registry: RegistryConfig, folder: Path) -> Mapping[str, str | None]:
    options = registry.options
    match registry.kind:
        case "local":
            return {"url": _absolute(options.get("url", DEFAULT_LOCAL_URL), folder)}
        case "braintrust":
            return _braintrust(options)
        case "opik":
            return _opik(options)
        case "mlflow":
            environment = mlflow_environment()
            tracking = environment.tracking_uri or options.get("tracking-uri")
            uri = environment.registry_uri or options.get("registry-uri") or tracking
            return {"uri": _without_login(uri or "")}
    return dict(options)


def _braintrust(options: Mapping[str, str]) -> Mapping[str, str | None]:
    environment = braintrust_environment()
    organisation = environment.org_name or options.get("org-name")
    project_id = options.get("project-id")
    return {
        "api-url": environment.api_url or options.get("api-url"),
        "app-url": environment.app_url or options.get("app-url"),
        "org-name": organisation,
        "project": None if project_id else options.get("project"),
        "project-id": project_id,
        "account": None if organisation or project_id else environment.api_key,
    }


def _opik(options: Mapping[str, str]) -> Mapping[str, str | None]:
    environment = opik_environment()
    workspace = environment.workspace or options.get("workspace")
    return {
        "url": environment.url or options.get("url"),
        "project": options.get("project") or environment.project,
        "workspace": workspace,
        "account": None if workspace else environment.api_key,
    }


def _absolute(url: str, folder: Path) -> str:
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith("sqlite:////"):
        return prefix + str((folder / url.removeprefix(prefix)).absolute())
    return _without_login(url)


def _without_login(uri: str) -> str:
    scheme, separator, rest = uri.strip().rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{separator}{host.rpartition('@')[2]}{slash}{path}"
