"""The services that store prompts: one file each, imported when one is opened."""

from __future__ import annotations

from pathlib import Path

from promptsync import config as configuration
from promptsync.config import RegistryConfig
from promptsync.errors import ConfigError
from promptsync.registries.base import Registry


def open_registry(
    registry: RegistryConfig, *, folder: Path, cache: Path, timeout: float | None = None
) -> Registry:
    """Open a configured registry; no request is made yet.

    Relative paths in its options start at `folder`; what it learns about routing is kept below
    `cache`. `timeout` bounds each request, in seconds. Raises ConfigError for missing credentials.
    """
    match registry.kind:
        case "local":
            return _open_local(registry, folder)
        case "braintrust":
            return _open_braintrust(registry, cache, timeout)
        case kind:
            raise ConfigError(f"there is no registry of kind `{kind}`")


def _open_local(registry: RegistryConfig, folder: Path) -> Registry:
    from promptsync.registries.local import LocalRegistry  # noqa: PLC0415  SQLAlchemy costs 0.2 s

    url = registry.options.get("url", configuration.DEFAULT_LOCAL_URL)
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith("sqlite:////"):
        url = f"{prefix}{(folder / url.removeprefix(prefix)).as_posix()}"
    return LocalRegistry(url, author=configuration.author())


def _open_braintrust(registry: RegistryConfig, cache: Path, timeout: float | None) -> Registry:
    from promptsync.registries.braintrust import BraintrustRegistry  # noqa: PLC0415

    raise ConfigError(f"{registry} {cache} {timeout} {BraintrustRegistry}")
