"""Prompt files beside a program: only the one that is asked for is parsed, and what it includes."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from promptsync.bundled_prompt import BundledPrompt
from promptsync.catalog import Catalog, load_catalog
from promptsync.composition import includes_of
from promptsync.errors import PromptFileError, UsageError
from promptsync.file_search import BUNDLE
from promptsync.loaded_prompt import Source
from promptsync.prompt import Prompt
from promptsync.prompt_location import FilesPlace
from promptsync.prompt_sources import PromptSource
from promptsync.registry_config import RegistryConfig
from promptsync.status import LocalPrompt


def find_prompt(files: FilesPlace, registry: RegistryConfig, name: str) -> BundledPrompt:
    """Read a prompt by its name or its served name, as its file is now.

    Raises UsageError where there is none, PromptFileError where it is wrong.
    """
    sources = tuple(files.read(registry))
    catalog = load_catalog(tuple(_needed(sources, name)), kind=registry.kind)
    if name in catalog.prompts:
        return _bundled(catalog.prompts[name])
    if catalog.problems:
        raise PromptFileError(catalog.problems)
    # Front matter may give a file another name than its path does.
    catalog = load_catalog(sources, kind=registry.kind)
    found = catalog.prompts.get(catalog.name_by_served_name.get(name, name))
    if found is None:
        raise _missing(catalog, name, files)
    return _bundled(found)


def names_by_path(files: FilesPlace, registry: RegistryConfig) -> Collection[str]:
    """Return the names that the paths of prompt files give; no file is parsed."""
    return [each.name for each in files.read(registry) if isinstance(each, PromptSource)]


def _bundled(local: LocalPrompt) -> BundledPrompt:
    return BundledPrompt(
        prompt=local.expanded,
        content_hash=local.content_hash,
        source=Source.FILE,
        path=local.path,
        file_sha256=local.file_sha256,
    )


def _needed(
    sources: tuple[PromptSource | PromptFileError, ...], name: str
) -> Iterator[PromptSource]:
    """Yield the file that has the name by its path, and those that it includes at any depth."""
    by_name = {each.name: each for each in sources if isinstance(each, PromptSource)}
    to_visit = [name]
    while to_visit:
        if (source := by_name.pop(to_visit.pop(), None)) is not None:
            yield source
            text = source.data.decode("utf-8", "replace")
            to_visit.extend(includes_of(Prompt(name=source.name, content=text)))


def _missing(catalog: Catalog, name: str, files: FilesPlace) -> UsageError:
    place = files.config.root
    hint = f"deploy the prompt files, or `{BUNDLE}`, which `promptsync bundle` makes"
    if name in catalog.files:
        return UsageError(f"`{name}` is a partial, and never served by itself")
    if not (catalog.files or catalog.problems):
        return UsageError(f"there are no prompt files around `{place}`, and no bundle", hint=hint)
    return UsageError(f"no prompt file around `{place}` is called `{name}`", hint=hint)
