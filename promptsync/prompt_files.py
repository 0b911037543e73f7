"""Prompt files beside a program: only the one that is asked for is parsed, and what it includes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from promptsync.bundled_prompt import BundledPrompt
from promptsync.catalog import Catalog, load_catalog
from promptsync.composition import includes_of
from promptsync.errors import Problem, PromptFileError, UsageError
from promptsync.file_search import BUNDLE
from promptsync.loaded_prompt import Source
from promptsync.prompt import Prompt
from promptsync.prompt_location import FilesPlace
from promptsync.prompt_sources import PromptSource
from promptsync.registry_config import RegistryConfig
from promptsync.status import LocalPrompt


class _Names(NamedTuple):
    """What prompt files say about their names, beyond what their paths say.

    `paths` gives, for a name or a served name, the paths of those that have it. `state` is that of
    the files when they were parsed.
    """

    state: object = None
    paths: Mapping[str, Collection[str]] = {}
    partials: Collection[str] = ()
    is_empty: bool = True


class PromptFiles:
    """The prompt files of one place. Each is read when it is asked for, as it is then."""

    def __init__(self, place: FilesPlace, registry: RegistryConfig) -> None:
        self._root = place.config.root
        self._kind = registry.kind
        self._folder = place.prompt_folder(registry)
        self._names: _Names | None = None

    def find(self, name: str) -> BundledPrompt:
        """Read a prompt by its name or its served name.

        All files are parsed only where front matter may give one that name, and once as long as
        none is changed. Raises UsageError where there is none, PromptFileError where it is wrong.
        """
        found, problems = self._look(name)
        if found is None and self._learn():
            found, problems = self._look(name)
        if found is not None:
            return _bundled(found)
        if problems:
            raise PromptFileError(problems)
        raise self._missing(name)

    def names(self) -> Collection[str]:
        """Return the names that the paths of prompt files give; no file is parsed."""
        return self._folder.names()

    def _look(self, name: str) -> tuple[LocalPrompt | None, tuple[Problem, ...]]:
        """Return a prompt by what is known of the names, and what is wrong with its file."""
        catalog = self._read(name)
        return _served(catalog, name), catalog.problems

    def _read(self, name: str) -> Catalog:
        return load_catalog(tuple(self._needed(name)), kind=self._kind)

    def _needed(self, name: str) -> Iterator[PromptSource]:
        """Yield the files that may have the name, and those that they include at any depth."""
        seen, to_visit = set[str](), [name]
        while to_visit:
            for source in self._sources(to_visit.pop()):
                if source.path not in seen:
                    seen.add(source.path)
                    yield source
                    text = source.data.decode("utf-8", "replace")
                    to_visit.extend(includes_of(Prompt(name=source.name, content=text)))

    def _sources(self, name: str) -> Iterator[PromptSource]:
        """Yield the file that has the name by its path, and those that are known to have it.

        The first one may have another name in its front matter.
        """
        found = self._folder.find(name)
        if found is not None:
            yield found
        known = () if self._names is None else self._names.paths.get(name, ())
        others = (path for path in known if found is None or path != found.path)
        yield from filter(None, map(self._folder.at, others))

    def _learn(self) -> bool:
        """Parse every file for its names; tell False where that is known already."""
        state = self._folder.state()
        if self._names is not None and self._names.state == state:
            return False
        sources = tuple(self._folder.read())
        self._names = _names_in(load_catalog(sources, kind=self._kind), state)
        return True

    def _missing(self, name: str) -> UsageError:
        place, names = self._root, self._names or _Names()
        hint = f"deploy the prompt files, or `{BUNDLE}`, which `promptsync bundle` makes"
        if name in names.partials:
            return UsageError(
                f"`{name}` is a partial, and never served by itself",
                hint="load a prompt that includes it",
            )
        if names.is_empty:
            return UsageError(
                f"there are no prompt files around `{place}`, and no bundle", hint=hint
            )
        return UsageError(f"no prompt file around `{place}` is called `{name}`", hint=hint)


def _names_in(catalog: Catalog, state: object) -> _Names:
    paths: dict[str, set[str]] = {}
    for name, each in catalog.files.items():
        paths.setdefault(name, set()).add(each.path)
    for served, name in catalog.name_by_served_name.items():
        paths.setdefault(served, set()).add(catalog.files[name].path)
    return _Names(
        state=state,
        paths=paths,
        partials=catalog.files.keys() - catalog.prompts.keys(),
        is_empty=not (catalog.files or catalog.problems),
    )


def _served(catalog: Catalog, name: str) -> LocalPrompt | None:
    own = name if name in catalog.prompts else catalog.name_by_served_name.get(name, name)
    return catalog.prompts.get(own)


def _bundled(local: LocalPrompt) -> BundledPrompt:
    return BundledPrompt(
        prompt=local.expanded,
        content_hash=local.content_hash,
        source=Source.FILE,
        path=local.path,
        file_sha256=local.file_sha256,
    )
