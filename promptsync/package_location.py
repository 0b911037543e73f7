"""Where the prompts of a Python package are, installed in a folder or in a zip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files as resources_of
from importlib.resources.abc import Traversable
from pathlib import Path

from promptsync.config import DEFAULT_PROMPTS, Config, load_config, parse_config
from promptsync.errors import UsageError
from promptsync.file_search import BUNDLE, CONFIGURATION
from promptsync.prompt_location import AnyPath, BundlePlace, FilesPlace, holds_prompts, locate
from promptsync.prompt_sources import PromptSource, Roots

HERE = (".",)


def locate_in_package(
    package: str, *, start: AnyPath, registry: str | None
) -> BundlePlace | FilesPlace:
    """Return the bundle of a package, else its prompt files, else what is found above its folder.

    Its prompt files are those that a configuration names which is in the package or around it,
    else those below `prompts/`, else its own. Raises UsageError and ConfigError.
    """
    top = _resources(package)
    bundle = top / BUNDLE
    if bundle.is_file():
        return BundlePlace(str(bundle), None if isinstance(bundle, Path) else bundle.read_bytes())
    if isinstance(top, Path):
        return _in_folder(top, Path(start), registry)
    return _in_archive(top, Path(start), registry)


def _resources(package: str) -> Traversable:
    try:
        return resources_of(package)
    except ModuleNotFoundError as error:
        if not f"{package}.".startswith(f"{error.name}."):
            raise  # it is there, and lacks another one
        raise UsageError(f"there is no package `{package}`") from error
    except TypeError as error:
        raise UsageError(f"`{package}` is no package, but a module") from error


def _in_folder(top: Path, start: Path, registry: str | None) -> BundlePlace | FilesPlace:
    around = load_config(top)
    if around.file and any(_overlap(top, around.root / root) for root in around.prompts):
        files = FilesPlace(around, around.root)
        if holds_prompts(files, registry):
            return files
    config = around if around.file else load_config(start)
    for roots in (DEFAULT_PROMPTS, HERE):
        files = FilesPlace(_with_roots(config, top, roots), config.root)
        if holds_prompts(files, registry):
            return files
    return locate(top, start=start, registry=registry)


def _overlap(top: Path, root: Path) -> bool:
    return root.is_relative_to(top) or top.is_relative_to(root)


def _with_roots(config: Config, top: Path, roots: tuple[str, ...]) -> Config:
    registries = {name: replace(each, prompts=None) for name, each in config.registries.items()}
    return replace(config, root=top, prompts=roots, registries=registries)


def _in_archive(top: Traversable, start: Path, registry: str | None) -> FilesPlace:
    own = top / CONFIGURATION
    if own.is_file():
        config = parse_config(own.read_text("utf-8"), Path(str(own)))
        chosen = (config.roots(config.registry(registry)),)
        sources = _sources(top, chosen[0])
        return FilesPlace(config, start, sources)
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
