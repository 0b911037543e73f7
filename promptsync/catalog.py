"""All prompt files of a repository, read, expanded and hashed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from promptsync import composition
from promptsync.composition import CompositionError
from promptsync.content_hash import content_hash
from promptsync.errors import Problem, PromptFileError, UsageError
from promptsync.prompt import Prompt
from promptsync.status import LocalPrompt

if TYPE_CHECKING:
    from promptsync.prompt_file import ReadFrontMatter
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
        return {name: each for name, each in self.files.items() if not each.prompt.partial}

    @cached_property
    def name_by_served_name(self) -> Mapping[str, str]:
        """The local name of each prompt, by the name the registry serves it under."""
        return {self.served_name(name): name for name in self.prompts}

    def served_name(self, name: str) -> str:
        """Return the name that the registry serves a prompt under."""
        prompt = self.files[name].prompt
        return prompt.served_name(self.kind) if self.kind else name

    def require_valid(self) -> None:
        """Raise PromptFileError with every problem, UsageError when there is no prompt at all."""
        if self.problems:
            raise PromptFileError(self.problems)
        if not self.prompts:
            raise UsageError(
                "there are no prompt files",
                hint="`promptsync init` makes a first one; `prompts` in the configuration says "
                "where they are",
            )


def load_catalog(
    sources: Iterable[PromptSource | PromptFileError],
    *,
    kind: str | None = None,
    read: ReadFrontMatter | None = None,
) -> Catalog:
    """Parse, expand and hash prompt files for registries of one kind.

    A file that is wrong never hides another: its problems are collected. `read` parses front
    matter, for callers that remember what they have parsed before.
    """
    problems: list[Problem] = []
    parsed: dict[str, tuple[PromptSource, Prompt]] = {}
    taken: dict[str, str] = {}
    for source in sources:
        if isinstance(source, PromptFileError):
            problems.extend(source.problems)
            continue
        try:
            prompt = _parse(source, read)
            _claim(taken, prompt, source.path, kind)
        except PromptFileError as error:
            problems.extend(error.problems)
        else:
            parsed[prompt.name] = (source, prompt)
    by_name = {name: prompt for name, (_, prompt) in parsed.items()}
    files: dict[str, LocalPrompt] = {}
    for name, (source, prompt) in parsed.items():
        try:
            files[name] = _hashed(source, prompt, by_name, kind)
        except PromptFileError as error:
            problems.extend(error.problems)
    return Catalog(files, tuple(sorted(problems, key=lambda each: (each.path, each.line))), kind)


def _parse(source: PromptSource, read: ReadFrontMatter | None) -> Prompt:
    # PyYAML costs 20 ms, and a catalog that comes from a bundle needs none.
    from promptsync.prompt_file import decode, parse_prompt  # noqa: PLC0415

    text = decode(source.data, source.path)
    if read is None:
        return parse_prompt(text, path=source.path, name=source.name)
    return parse_prompt(text, path=source.path, name=source.name, read=read)


def _claim(taken: dict[str, str], prompt: Prompt, path: str, kind: str | None) -> None:
    """Refuse a name that another file has, also where only the case differs."""
    names = {prompt.name.lower()}
    if kind is not None:
        names.add(prompt.served_name(kind).lower())
    for name in names:
        if name in taken:
            message = f"the name `{prompt.name}` is taken by `{taken[name]}`"
            hint = "rename one of the files, or give it another `name:`; case makes no difference"
            raise PromptFileError(Problem(path, 1, message, hint=hint, rule="PS004"))
    taken.update(dict.fromkeys(names, path))


def _hashed(
    source: PromptSource, prompt: Prompt, by_name: Mapping[str, Prompt], kind: str | None
) -> LocalPrompt:
    try:
        expanded = composition.expand(prompt, by_name)
        digest = content_hash(expanded, kind)
    except CompositionError as error:
        line = composition.line_of_include(source.data.decode("utf-8-sig"), error.include)
        raise PromptFileError(Problem(source.path, line, error.message, rule="PS005")) from error
    except ValueError as error:
        raise PromptFileError(Problem(source.path, 1, str(error))) from error
    return LocalPrompt(
        prompt=prompt,
        expanded=expanded,
        content_hash=digest,
        path=source.path,
        file_sha256=file_sha256(source.data),
    )


def file_sha256(data: bytes) -> str:
    """Return the SHA-256 of a file as git stores it: with LF line ends, in hex."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n") if b"\r" in data else data).hexdigest()


def select(catalog: Catalog, names: Iterable[str]) -> list[str]:
    """Return the local names that a person asked for, all of them when none was named.

    A name may also be the path of a prompt file or the served name. Raises UsageError.
    """
    wanted = list(names)
    if not wanted:
        return sorted(catalog.prompts)
    return sorted({_selected(catalog, each) for each in wanted})


def _selected(catalog: Catalog, wanted: str) -> str:
    for name in _names_for(catalog, wanted):
        if name in catalog.prompts:
            return name
    hint = "`promptsync status` lists the names"
    raise UsageError(f"there is no prompt file for `{wanted}`", hint=hint)


def _names_for(catalog: Catalog, wanted: str) -> Iterator[str]:
    yield wanted
    yield catalog.name_by_served_name.get(wanted, "")
    path = wanted.replace("\\", "/").removeprefix("./")
    yield from (name for name, each in catalog.prompts.items() if each.path == path)
