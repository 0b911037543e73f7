"""The services that store prompts: one file each, imported when one is opened."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync import config as configuration
from promptsync.config import RegistryConfig
from promptsync.errors import ConfigError
from promptsync.prompt import JsonObject, Prompt
from promptsync.registries.base import Registry
from promptsync.registries.routing_file import RoutingFile
from promptsync.remote_prompt import RemotePrompt
from promptsync.workspace import Workspace

if TYPE_CHECKING:
    from promptsync.registries.local_syncs import DatabaseSyncs


def open_registry(
    registry: RegistryConfig,
    *,
    folder: Path,
    cache: Path,
    timeout: float | None = None,
    each: float | None = None,
) -> Registry:
    """Open a configured registry; no request is made yet.

    Relative paths in its options start at `folder`; what it learns about routing is kept below
    `cache`. Every request has to be over `timeout` seconds from now, for a registry that is soon
    closed again, and `each` seconds after its own beginning. Raises ConfigError for missing
    credentials.
    """
    match registry.kind:
        case "local":
            return _open_local(registry, folder, each)
        case "braintrust":
            return _open_braintrust(registry, cache, timeout, each)
        case "opik":
            return _open_opik(registry, cache, timeout, each)
        case "mlflow":
            return _open_mlflow(registry, timeout, each)
        case kind:
            raise ConfigError(f"there is no registry of kind `{kind}`")


def open_registry_of(workspace: Workspace, *, timeout: float | None = None) -> Registry:
    """Open the registry that a workspace looks at. Raises GitError outside of a repository."""
    workspace.require_repository()
    return open_registry(
        workspace.registry,
        folder=workspace.config.root,
        cache=workspace.state_folder,
        timeout=timeout,
    )


def shared_syncs(registry: Registry) -> DatabaseSyncs | None:
    """Return where a registry itself keeps syncs apart and remembers them, None where none does."""
    if registry.kind != "local":
        return None
    from promptsync.registries.local import LocalRegistry

    return registry.syncs if isinstance(registry, LocalRegistry) else None


def _open_local(registry: RegistryConfig, folder: Path, each: float | None) -> Registry:
    from promptsync.registries.local import LocalRegistry  # SQLAlchemy costs 0.2 s

    url = registry.options.get("url", configuration.DEFAULT_LOCAL_URL)
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith("sqlite:////"):
        file, here = folder / url.removeprefix(prefix), Path.cwd()
        # The address is for people: below the current folder they need not read where that is.
        shown = file.relative_to(here) if file.is_relative_to(here) else file
        url = f"{prefix}{shown.as_posix()}"
    return LocalRegistry(url, author=configuration.author(), each=each)


def _open_braintrust(
    registry: RegistryConfig, cache: Path, timeout: float | None, each: float | None
) -> Registry:
    from promptsync.registries.braintrust import BraintrustRegistry
    from promptsync.registries.braintrust_routing import APP_URL
    from promptsync.service_environment import braintrust_environment

    environment, options = braintrust_environment(), registry.options
    if environment.api_key is None:
        raise ConfigError(
            f"registry `{registry.name}` needs a Braintrust API key",
            hint="set BRAINTRUST_API_KEY; keys are made in Braintrust's settings",
        )
    return BraintrustRegistry(
        api_key=environment.api_key,
        project=options.get("project"),
        project_id=options.get("project-id"),
        api_url=environment.api_url or options.get("api-url"),
        app_url=environment.app_url or options.get("app-url") or APP_URL,
        org_name=environment.org_name or options.get("org-name"),
        routing_cache=RoutingFile(cache),
        timeout=timeout,
        each=each,
        proxies=configuration.proxies(),
    )


def _open_mlflow(registry: RegistryConfig, timeout: float | None, each: float | None) -> Registry:
    from promptsync.registries.mlflow import MlflowRegistry
    from promptsync.registries.mlflow_address import MlflowLogin
    from promptsync.service_environment import mlflow_environment

    environment, options = mlflow_environment(), registry.options
    tracking_uri = environment.tracking_uri or options.get("tracking-uri")
    registry_uri = environment.registry_uri or options.get("registry-uri")
    if tracking_uri is None and registry_uri is None:
        raise ConfigError(
            f"registry `{registry.name}` needs the address of an MLflow server",
            hint="set `tracking-uri` in its table, such as http://127.0.0.1:5000, or "
            "MLFLOW_TRACKING_URI",
        )
    return MlflowRegistry(
        tracking_uri=tracking_uri,
        registry_uri=registry_uri,
        login=MlflowLogin(
            username=environment.username,
            password=environment.password,
            token=environment.token,
        ),
        verify_tls=not environment.insecure_tls,
        timeout=timeout,
        each=each,
        proxies=configuration.proxies(),
    )


def _open_opik(
    registry: RegistryConfig, cache: Path, timeout: float | None, each: float | None
) -> Registry:
    from promptsync.registries.opik import (
        CLOUD_URL,
        DEFAULT_PROJECT,
        DEFAULT_WORKSPACE,
        OpikRegistry,
    )
    from promptsync.service_environment import opik_environment

    environment, options = opik_environment(), registry.options
    url = environment.url or options.get("url")
    if url is None and environment.api_key is None:
        raise ConfigError(
            f"registry `{registry.name}` needs an Opik API key, or the address of your own server",
            hint="set OPIK_API_KEY, or OPIK_URL_OVERRIDE such as http://localhost:5173/api",
        )
    return OpikRegistry(
        url=url or CLOUD_URL,
        project=options.get("project") or environment.project or DEFAULT_PROJECT,
        workspace=environment.workspace or options.get("workspace") or DEFAULT_WORKSPACE,
        api_key=environment.api_key,
        cache=cache,
        timeout=timeout,
        each=each,
        proxies=configuration.proxies(),
    )


def missing_part(registry: Registry) -> str | None:
    """Return what a registry lacks that was never written to, None for any other one."""
    if registry.kind != "local":
        return None
    from promptsync.registries.local import LocalRegistry

    return registry.missing_part if isinstance(registry, LocalRegistry) else None


def unknown_parts(prompt: Prompt, kind: str) -> list[str]:
    """Name what an adapter kept of a prompt without knowing what it means, such as a dialect.

    It is in the registry's own table of the prompt, where it makes the content another one.
    """
    table = prompt.registry_options.get(kind, {})
    match kind:
        case "local":
            return []
        case "braintrust":
            from promptsync.registries import braintrust_fields

            return _others(table, braintrust_fields.TABLE_KEYS)
        case "mlflow":
            from promptsync.registries import mlflow_tags

            return _others(table, mlflow_tags.TABLE_KEYS)
    return list(table)


def _others(table: JsonObject, known: Collection[str]) -> list[str]:
    return [key for key in table if key not in known]


def read_remote_prompt(kind: str, found: object) -> RemotePrompt:
    """Build a remote prompt from an object as a service's API sends it, for whoever has one.

    For `mlflow`, a mapping with a `template` is read as what an object of its client has.
    Raises RegistryAnswerError for a shape that is not known, ConfigError for such a kind.
    """
    match kind:
        case "braintrust":
            from promptsync.registries.braintrust_fields import read_prompt

            return read_prompt(found)
        case "mlflow":
            from promptsync.registries.mlflow_fields import read_object

            return read_object(found)
        case "opik":
            from promptsync.registries.opik_fields import read_object

            return read_object(found)
    raise ConfigError(f"objects of `{kind}` cannot be read")
