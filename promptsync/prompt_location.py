"""Where the prompts are that a process was deployed with: a bundle, or a configuration's files."""

from __future__ import annotations

import os
from pathlib import Path

from promptsync.config import Config, load_config
from promptsync.errors import UsageError

BUNDLE_NAME = "promptsync-bundle.json"


def locate(source: Path | None, *, start: Path, registry: str | None) -> Path | Config:
    """Return the bundle that `source` or the usual order names, else a configuration.

    That order, at `source` or at `start`, is: the prompt files of a configuration; a bundle by its
    usual name, here or above; the files below `prompts/`, which the default configuration names.
    A bundle that is named need not be there, nor any prompt file. Raises ConfigError.
    """
    place = start if source is None else start / source
    if source is not None and not place.is_dir():
        return place
    config = load_config(place)
    if config.file and holds_prompts(config, registry):
        return config
    return find_bundle(place) or config


def find_bundle(place: Path) -> Path | None:
    """Return the bundle with the usual name in a folder or the nearest one above it."""
    candidates = (folder / BUNDLE_NAME for folder in (place, *place.parents))
    return next((file for file in candidates if file.is_file()), None)


def holds_prompts(config: Config, registry: str | None) -> bool:
    """Tell whether a configuration has any prompt file, right or wrong. Raises ConfigError."""
    # Prompt files are read with git's words, and an image with a bundle has none.
    from promptsync.prompt_sources import find_roots, in_work_tree  # noqa: PLC0415

    roots = find_roots(config.root, config.root, config.roots(config.registry(registry)))
    return next(in_work_tree(roots), None) is not None


def place_of(source: str | os.PathLike[str] | None, package: str | None) -> Path | None:
    """Return what a caller names, None for what is found around it. Raises UsageError."""
    if source is not None and package is not None:
        raise UsageError("`source` and `package` exclude each other")
    if package is not None:
        return folder_of(package)
    return None if source is None else Path(source)


def folder_of(package: str) -> Path:
    """Return the folder of an installed Python package. Raises UsageError."""
    from importlib.resources import files  # noqa: PLC0415  few name a package

    try:
        folder = files(package)
    except ModuleNotFoundError as error:
        raise UsageError(f"there is no package `{package}`") from error
    if not isinstance(folder, Path):
        raise UsageError(f"the package `{package}` is no folder")
    return folder
