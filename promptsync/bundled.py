"""The prompts that an application was deployed with, read one by one when they are asked for.

Reading one of a bundle needs no git, no YAML, and none of the other prompts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptsync.bundle import BundleFile, MissingBundleError, open_bundle
from promptsync.config import RegistryConfig, load_config
from promptsync.content_hash import content_hash
from promptsync.errors import PromptsyncError, UsageError
from promptsync.loaded_prompt import Source
from promptsync.prompt_location import BUNDLE_NAME, folder_of, locate

if TYPE_CHECKING:
    from promptsync.catalog import Catalog
    from promptsync.config import Config
    from promptsync.prompt import Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class BundledPrompt:
    """A prompt that lies beside the program.

    `prompt` is expanded. `content_hash` was computed here, for the registry's kind; `commit` is
    what a bundle says.
    """

    prompt: Prompt
    content_hash: str
    source: Source
    path: str
    commit: str | None = None


class Bundled:
    """What an application was deployed with, and the registry that should serve it.

    `folder` is where relative paths in the registry's settings start.
    """

    def __init__(
        self,
        registry: RegistryConfig,
        folder: Path,
        read: Callable[[str], BundledPrompt],
    ) -> None:
        self.registry = registry
        self.folder = folder
        self._read = read

    def find(self, name: str) -> BundledPrompt | None:
        """Return a prompt by its name, None where none can be served; `why_not` says why."""
        try:
            return self._read(name)
        except PromptsyncError:
            return None

    def why_not(self, name: str) -> str | None:
        """Say why a prompt is not found here, None where it is."""
        try:
            self._read(name)
        except PromptsyncError as error:
            return error.message
        return None

    def served_name(self, name: str) -> str:
        """Return the name that the registry serves a prompt under."""
        found = self.find(name)
        return found.prompt.served_name(self.registry.kind) if found else name


def find_bundled(
    source: str | Path | None, package: str | None, start: Path, registry: str | None
) -> Bundled:
    """Return what `source`, a bundle or a folder, or a Python package, or else `start` holds.

    Nothing but the configuration or the bundle's JSON is read yet. Raises ConfigError, and
    UsageError for a bundle that is none and no configuration around it that names a registry.
    """
    if package is not None:
        source = folder_of(package)
    found = locate(None if source is None else Path(source), start=start, registry=registry)
    if isinstance(found, Path):
        return _from_bundle(found, registry)
    return _from_files(found, registry)


def _from_bundle(file: Path, registry: str | None) -> Bundled:
    try:
        bundle = open_bundle(file)
    except PromptsyncError as error:
        return _without_prompts(load_config(file.parent), registry, error)
    chosen, folder = bundle.registry, file.parent
    if registry not in (None, chosen.name):
        config = load_config(file.parent)
        chosen, folder = config.registry(registry), config.root

    def read(name: str) -> BundledPrompt:
        return _from_entry(bundle, name, chosen.kind)

    return Bundled(chosen, folder, read)


def _without_prompts(config: Config, registry: str | None, error: PromptsyncError) -> Bundled:
    """Return what knows where the registry is but has no prompts, or raise the error."""
    if config.file is None and not isinstance(error, MissingBundleError):
        raise error

    def read(_: str) -> BundledPrompt:
        raise error

    return Bundled(config.registry(registry), config.root, read)


def _from_entry(bundle: BundleFile, name: str, kind: str) -> BundledPrompt:
    local = bundle.prompt(name)
    return BundledPrompt(
        prompt=local.expanded,
        content_hash=(
            local.content_hash
            if kind == bundle.registry.kind
            else content_hash(local.expanded, kind)
        ),
        source=Source.BUNDLE,
        path=local.path,
        commit=bundle.commit,
    )


def _from_files(config: Config, registry: str | None) -> Bundled:
    chosen = config.registry(registry)
    loaded: list[Catalog] = []

    def read(name: str) -> BundledPrompt:
        if not loaded:
            loaded.append(catalog_of(config, chosen))
        return _from_catalog(loaded[0], name, config)

    return Bundled(chosen, config.root, read)


def catalog_of(config: Config, registry: RegistryConfig) -> Catalog:
    """Read all prompt files of a configuration that one registry serves."""
    # PyYAML costs 20 ms, and a bundle needs none.
    from promptsync.catalog import load_catalog  # noqa: PLC0415
    from promptsync.prompt_sources import find_roots, in_work_tree  # noqa: PLC0415

    roots = find_roots(config.root, config.root, config.roots(registry))
    return load_catalog(in_work_tree(roots), kind=registry.kind)


def _from_catalog(catalog: Catalog, name: str, config: Config) -> BundledPrompt:
    local = catalog.prompts.get(name)
    if local is None:
        raise UsageError(
            f"there is no prompt file for `{name}` around `{config.root}`",
            hint=f"deploy the prompt files, or `{BUNDLE_NAME}`, which `promptsync bundle` makes",
        )
    return BundledPrompt(
        prompt=local.expanded,
        content_hash=local.content_hash,
        source=Source.FILE,
        path=local.path,
    )
