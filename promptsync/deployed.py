"""What a process was deployed with, compared with what a registry serves or what it loaded.

Runs where the application runs: no git is started, and nothing is written but the cache of where a
registry lives.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from promptsync.argument_checks import check_names, check_optional_texts
from promptsync.bundle import Bundle, read_bundle
from promptsync.bundle_file import bytes_of
from promptsync.catalog import Catalog, load_catalog, select
from promptsync.comparison import compare
from promptsync.config import RegistryConfig, user_cache_folder
from promptsync.drift_report import DriftReport, describe, prompt_drift
from promptsync.errors import PromptsyncError, UsageError
from promptsync.file_search import BUNDLE
from promptsync.prompt_location import AnyPath, BundlePlace, FilesPlace
from promptsync.prompt_objects import PromptObjects, named_objects, read_object
from promptsync.prompt_search import locate
from promptsync.registries import open_registry
from promptsync.registries.base import Registry
from promptsync.scope import Scope
from promptsync.status import PromptState, Status, find_status


def answer(
    source: str | os.PathLike[str] | None,
    folder: str,
    *,
    package: str | None,
    registry: str | None,
    alias: str | None,
    names: Iterable[str] | None,
    loaded: PromptObjects | None,
    until: float,
) -> DriftReport:
    """Compare by a moment of the monotonic clock. Raises PromptsyncError."""
    deployed = find_deployed(
        source,
        package=package,
        start=Path(folder),
        registry=registry,
        alias=alias,
    )
    chosen = check_names(names)
    failures = [str(problem) for problem in deployed.catalog.problems]
    if loaded is None:
        with closing(open_served(deployed, until - time.monotonic())) as opened:
            states = compare_with_served(deployed, opened, names=chosen)
    else:
        states, unread = compare_with_loaded(deployed, loaded, names=chosen)
        failures += unread
    if not states and not failures:
        failures = ["there was nothing to compare"]
    return DriftReport(
        prompts=tuple(prompt_drift(each, is_loaded=loaded is not None) for each in states),
        reason="; ".join(failures) or None,
        registry=deployed.registry.name,
        alias=deployed.registry.alias,
        deployed_commit=deployed.commit,
    )


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The prompts that a process was deployed with, and the registry that should serve them.

    `folder` is where relative paths in the registry's settings start. `bundle` is what they were
    read from, None for prompt files; `is_configured` says that those are the files which the
    configuration in `folder` names.
    """

    catalog: Catalog
    registry: RegistryConfig
    folder: Path
    bundle: Bundle | None = None
    is_configured: bool = False

    @property
    def commit(self) -> str | None:
        """The commit that a bundle was made from."""
        return self.bundle.commit if self.bundle else None


def find_deployed(
    source: AnyPath | None,
    *,
    start: Path,
    registry: str | None = None,
    alias: str | None = None,
    package: str | None = None,
    may_be_empty: bool = False,
) -> Deployed:
    """Return what `source`, a bundle or a directory, a Python package or else `start` holds.

    Where there are no prompts, that is an error unless only the registry matters: then it
    `may_be_empty`. Raises UsageError and ConfigError.
    """
    check_optional_texts(alias=alias)
    place = locate(source, start=start, registry=registry, package=package)
    if isinstance(place, BundlePlace):
        found = _from_bundle(place, registry)
    else:
        found = _from_files(place, registry, may_be_empty=may_be_empty)
    chosen = found.registry if alias is None else replace(found.registry, alias=alias)
    return replace(found, registry=chosen)


def _from_files(files: FilesPlace, registry: str | None, *, may_be_empty: bool) -> Deployed:
    chosen = files.config.registry(registry)
    catalog = load_catalog(files.read(chosen), kind=chosen.kind)
    if not (may_be_empty or catalog.files or catalog.problems):
        raise UsageError(
            f"there are no prompt files around `{files.config.root}`, and no bundle",
            hint=f"deploy the prompt files with their configuration, or `{BUNDLE}`, "
            "which `promptsync bundle` makes",
        )
    return Deployed(
        catalog=catalog,
        registry=chosen,
        folder=files.folder,
        is_configured=files.is_configured,
    )


def _from_bundle(place: BundlePlace, registry: str | None) -> Deployed:
    data = bytes_of(place.path) if place.data is None else place.data
    bundle = read_bundle(data, path=place.path)
    chosen, folder = bundle.registry, Path(place.folder)
    if registry not in (None, chosen.name):
        config = place.config()
        chosen, folder = config.registry(registry), config.root
    return Deployed(
        catalog=bundle.catalog(chosen.kind),
        registry=chosen,
        folder=folder,
        bundle=bundle,
    )


def open_served(deployed: Deployed, timeout: float) -> Registry:
    """Open the registry; every answer has to be there within `timeout` seconds from now."""
    return open_registry(
        deployed.registry, folder=deployed.folder, cache=user_cache_folder(), timeout=timeout
    )


def compare_with_served(
    deployed: Deployed,
    registry: Registry,
    *,
    names: Sequence[str] = (),
    strict: bool = False,
) -> tuple[PromptState, ...]:
    """Compare with what a registry serves; `strict` adds what only the registry has.

    Raises UsageError for a name that is not there, and RegistryError.
    """
    chosen = select(deployed.catalog, names)
    scope = Scope(
        names=None if strict and not names else chosen,
        alias=deployed.registry.alias,
        complete=strict,
        brief=True,
    )
    # What a prompt used to be only git knows, and an image has none.
    return compare(deployed.catalog, registry, scope=scope, is_taken_in=lambda _, __: False)


def compare_with_loaded(
    deployed: Deployed, loaded: PromptObjects, *, names: Sequence[str] = ()
) -> tuple[tuple[PromptState, ...], list[str]]:
    """Compare with the objects that the application loaded; no registry is asked.

    Returns a state for each object that could be read, and a sentence for each that could not.
    """
    chosen = set(select(deployed.catalog, names))
    states, failures = [], []
    for given, found in named_objects(loaded):
        name = deployed.catalog.name_by_served_name.get(given, given)
        if names and name not in chosen:
            continue
        try:
            states.append(_loaded_state(deployed.catalog, name, found, deployed.registry.kind))
        except PromptsyncError as error:
            failures.append(describe(error))
        except Exception as error:  # noqa: BLE001  reading an object runs its library's own code
            failures.append(f"the loaded `{name}` cannot be read: {describe(error)}")
    return tuple(sorted(states, key=lambda state: state.name)), failures


def _loaded_state(catalog: Catalog, name: str, found: object, kind: str) -> PromptState:
    local = catalog.prompts.get(name)
    if local is None:
        return PromptState(name=name, status=Status.UNMANAGED)
    remote = read_object(found, local.expanded, kind)
    status = find_status(local, remote, is_taken_in=lambda: False)
    return PromptState(name=name, status=status, local=local, remote=remote)
