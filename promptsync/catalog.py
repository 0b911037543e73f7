"""All prompt files of a repository, read, expanded and hashed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from promptsync import composition
from promptsync.composition import CompositionError
from promptsync.errors import Problem, PromptFileError, UsageError
from promptsync.local_prompt import hash_expanded, read_local
from promptsync.prompt_name import told_name
from promptsync.status import LocalPrompt

if TYPE_CHECKING:
    from promptsync.prompt_memo import PromptMemo
    from promptsync.prompt_sources import PromptSource


@dataclass(frozen=True)
class Catalog:
    """The prompt files that one registry serves, as one moment has them.

    `files` holds every prompt, partials included, by name; `problems` says what kept others out.
    """

    files: Mapping[str, LocalPrompt]
    problems: tuple[Problem, ...]
    kind: str | None

    @cached_property
    def prompts(self) -> Mapping[str, LocalPrompt]:
        """The prompts that are uploaded by themselves, by name."""
        return {name: each for name, each in self.files.items() if not each.header.partial}

    @cached_property
    def name_by_served_name(self) -> Mapping[str, str]:
        """The local name of each prompt, by the name the registry serves it under."""
        return {self.served_name(name): name for name in self.prompts}

    def served_name(self, name: str) -> str:
        """Return the name that the registry serves a prompt under."""
        header = self.files[name].header
        return header.served_name(self.kind) if self.kind else name

    def require_valid(self) -> None:
        """Raise PromptFileError with every problem, UsageError when there is no prompt at all."""
        if self.problems:
            raise PromptFileError(self.problems)
        if not self.prompts:
            raise UsageError(
                "there are no prompt files",
                hint="`promptsync init` makes a first one, and `promptsync download --all` takes "
                "over what the registry has; `prompts` in the configuration says where they are",
            )


def load_catalog(
    sources: Iterable[PromptSource | PromptFileError],
    *,
    kind: str | None = None,
    memo: PromptMemo | None = None,
) -> Catalog:
    """Parse, expand and hash prompt files for registries of one kind.

    A file that is wrong never hides another: its problems are collected. Files that `memo`
    knows by their bytes are not parsed until somebody asks for their content.
    """
    problems: list[Problem] = []
    files: dict[str, LocalPrompt] = {}
    composites: list[PromptSource] = []
    taken: dict[str, str] = {}
    for source in sources:
        if isinstance(source, PromptFileError):
            problems.extend(source.problems)
            continue
        try:
            local = read_local(source, kind, memo)
            _claim(taken, local, kind)
        except PromptFileError as error:
            problems.extend(error.problems)
            continue
        files[local.header.name] = local
        if not local.content_hash:
            composites.append(source)
    if composites:
        problems += _expand_composites(files, composites, kind)
    return Catalog(files, tuple(sorted(problems, key=lambda each: (each.path, each.line))), kind)


def _claim(taken: dict[str, str], local: LocalPrompt, kind: str | None) -> None:
    """Refuse a name that another file has, also where only the case differs."""
    header = local.header
    names = [header.name] if kind is None else [header.name, header.served_name(kind)]
    for name in names:
        if name.lower() in taken:
            message = f"the name `{name}` is taken by `{taken[name.lower()]}`"
            hint = "rename one of the files, or give it another `name:`; case makes no difference"
            problem = Problem(local.file, local.line, message, hint=hint, rule="PS004")
            raise PromptFileError(problem)
    taken.update({name.lower(): local.path for name in names})


def _expand_composites(
    files: dict[str, LocalPrompt], composites: Sequence[PromptSource], kind: str | None
) -> Iterator[Problem]:
    """Expand and hash what includes other files, and drop from the catalog what cannot be."""
    prompts = {name: local.prompt for name, local in files.items()}
    name_by_path = {local.path: name for name, local in files.items()}
    for source in composites:
        name = name_by_path[source.path]
        local = files.pop(name)
        try:
            expanded = composition.expand(local.prompt, prompts)
            content = hash_expanded(expanded, kind, local)
        except CompositionError as error:
            line = local.line
            if source.entry is None:
                text = source.data.decode("utf-8-sig")
                line = composition.line_of_include(text, error.include)
            yield Problem(local.file, line, error.message, hint=error.hint, rule="PS005")
        except PromptFileError as error:
            yield from error.problems
        else:
            partials = composition.partials_of(local.prompt, prompts)
            files[name] = replace(local, expanded=expanded, content_hash=content, partials=partials)


def select(catalog: Catalog, names: Iterable[str]) -> list[str]:
    """Return the local names that a person asked for, all of them when none was named.

    A name may also be the served name, or the path of a prompt file, an entry `FILE#KEY` or a
    whole catalog file. Raises UsageError.
    """
    wanted = list(names)
    if not wanted:
        return sorted(catalog.prompts)
    return sorted({name for each in wanted for name in _selected(catalog, each)})


def _selected(catalog: Catalog, wanted: str) -> list[str]:
    for name in (wanted, catalog.name_by_served_name.get(wanted, "")):
        if name in catalog.prompts:
            return [name]
    path = wanted.replace("\\", "/").removeprefix("./")
    found = [name for name, each in catalog.prompts.items() if path in (each.path, each.file)]
    if found:
        return found
    partials = catalog.files.keys() - catalog.prompts.keys()
    if wanted in partials or any(catalog.files[name].path == wanted for name in partials):
        hint = "name the prompts that include it"
        raise UsageError(f"`{wanted}` is a partial, and never uploaded by itself", hint=hint)
    hint = "`promptsync status` lists the names"
    raise UsageError(f"there is no prompt file for `{told_name(wanted)}`", hint=hint)
