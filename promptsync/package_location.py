"""Where the prompts of a Python package are, installed in a folder or in a zip."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files as resources_of
from importlib.resources.abc import Traversable
from pathlib import Path
from types import ModuleType

from promptsync.config import DEFAULT_PROMPTS, Config, load_config, parse_config
from promptsync.errors import UsageError
from promptsync.file_search import BUNDLE, CONFIGURATION, configuration_files
from promptsync.prompt_location import (
    AnyPath,
    BundlePlace,
    FilesPlace,
    holds_prompts,
    locate_in_folder,
)
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource

HERE = (".",)


def locate_in_package(
    package: str, *, start: AnyPath, registry: str | None
) -> BundlePlace | FilesPlace:
    """Return where the prompts of a package are, in the order of `locate`.

    That is: the prompt files of a configuration in the package or around it, unless it names none
    of the package's own; the package's bundle; its files below `prompts/`, else its own; what is
    found above its folder. What is above an installation belongs to others: an installed package
    without prompts has only a registry, that of the configuration at `start`.

    Raises UsageError and ConfigError.
    """
    top = _resources(package)
    if isinstance(top, Path):
        return _in_folder(top, Path(start), registry)
    return _in_archive(top, Path(start), registry)


def _resources(package: str) -> Traversable:
    # One that is being imported is not imported again: in another thread that would wait for the
    # one that imports it, which may wait for what is asked here.
    begun = sys.modules.get(package)
    try:
        return resources_of(begun if isinstance(begun, ModuleType) else package)
    except ModuleNotFoundError as error:
        if not f"{package}.".startswith(f"{error.name}."):
            raise  # it is there, and lacks another one
        raise UsageError(f"there is no package `{package}`") from error
    except TypeError as error:
        raise UsageError(f"`{package}` is no package, but a module") from error


def _in_folder(top: Path, start: Path, registry: str | None) -> BundlePlace | FilesPlace:
    installation = _installation(top)
    around = _config_around(top, installation)
    if around is not None:
        files = FilesPlace(around, start if installation else around.root)
        if holds_prompts(files, registry) and _are_of_package(files, top, registry):
            return files
    bundle = top / BUNDLE
    if bundle.is_file():
        return BundlePlace(str(bundle), start)
    config = around or load_config(start)
    found = _own_files(config, top, registry)
    if found is None and installation is None:
        return locate_in_folder(top, start=start, registry=registry)
    found = found or FilesPlace(config, config.root, ())
    return found._replace(folder=start) if around and installation else found


def _installation(top: Path) -> Path | None:
    """Return the folder that a package was installed into beside others, None in a checkout."""
    names = ("site-packages", "dist-packages")
    return next((each for each in top.parents if each.name in names), None)


def _config_around(top: Path, installation: Path | None) -> Config | None:
    files = map(Path, configuration_files(str(top)))
    if not any(installation is None or each.is_relative_to(installation) for each in files):
        return None
    found = load_config(top)
    return found if found.file else None


def _are_of_package(files: FilesPlace, top: Path, registry: str | None) -> bool:
    config = files.config
    if any(_overlap(top, config.root / root) for root in config.prompts):
        return True
    return _own_files(config, top, registry) is None


def _own_files(config: Config, top: Path, registry: str | None) -> FilesPlace | None:
    for roots in (DEFAULT_PROMPTS, HERE):
        files = FilesPlace(_with_roots(config, top, roots), config.root)
        if holds_prompts(files, registry):
            return files
    return None


def _overlap(top: Path, root: Path) -> bool:
    return root.is_relative_to(top) or top.is_relative_to(root)


def _with_roots(config: Config, top: Path, roots: tuple[str, ...]) -> Config:
    registries = {name: replace(each, prompts=None) for name, each in config.registries.items()}
    return replace(config, root=top, prompts=roots, registries=registries)


def _in_archive(top: Traversable, start: Path, registry: str | None) -> BundlePlace | FilesPlace:
    own, bundle = top / CONFIGURATION, top / BUNDLE
    if own.is_file():
        config = parse_config(own.read_text("utf-8"), Path(str(own)))
        sources = _sources(top, config.roots(config.registry(registry)))
        if sources or not bundle.is_file():
            return FilesPlace(config, start, sources)
    if bundle.is_file():
        return BundlePlace(str(bundle), start, bundle.read_bytes())
    config = load_config(start)
    sources = _sources(top, DEFAULT_PROMPTS) or _sources(top, HERE)
    return FilesPlace(config, config.root, sources)


def _sources(top: Traversable, folders: tuple[str, ...]) -> tuple[PromptSource, ...]:
    roots = Roots(Path(str(top)), folders)
    return tuple(
        PromptSource(path, name, file.read_bytes())
        for folder in folders
        for path, file in _files(top.joinpath(*folder.split("/")) if folder != "." else top, folder)
        if (name := roots.name_of(path)) is not None
    )


def _files(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    prefix = "" if path == "." else f"{path}/"
    if not folder.is_dir():
        return
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.is_dir():
            yield from _files(each, prefix + each.name)
        else:
            yield prefix + each.name, each
