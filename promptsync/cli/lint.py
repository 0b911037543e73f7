"""`promptsync lint`: check prompt files, offline."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import click

from promptsync import prompt_sources
from promptsync.catalog import Catalog
from promptsync.cli.options import (
    ALL_FORMATS,
    Format,
    cli_command,
    format_option,
    quiet_option,
    registry_option,
)
from promptsync.cli.output import show
from promptsync.cli.render_problems import render_problems
from promptsync.errors import Problem, PromptFileError, Severity, UsageError
from promptsync.linting import lint_prompt
from promptsync.local_prompt import text_of
from promptsync.prompt_path import file_of
from promptsync.prompt_sources import PromptSource
from promptsync.reading import in_work_tree, load_sources
from promptsync.workspace import Workspace, open_workspace


@cli_command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@registry_option
@format_option(*ALL_FORMATS)
@click.option("--staged", is_flag=True, help="Check the staged content, for a pre-commit hook.")
@click.option("--strict", is_flag=True, help="Fail for warnings too.")
@quiet_option
def command(
    *,
    files: tuple[Path, ...],
    registry: str | None,
    format_: Format,
    staged: bool,
    strict: bool,
    quiet: bool,
) -> int:
    """Check prompt files, offline.

    Exit 0 clean, 1 for findings. With files or folders, only what is wrong with those is shown.
    """
    workspace = open_workspace(Path.cwd(), registry)
    sources = list(_sources(workspace, staged=staged))
    catalog = load_sources(workspace, sources)
    if not files and not catalog.problems:
        catalog.require_valid()
    paths = [path for source in sources for path in _paths(source)]
    is_wanted = _choose(workspace, files, paths)
    problems = [
        each for each in (*catalog.problems, *_warnings(catalog, sources)) if is_wanted(each.path)
    ]
    problems.sort(key=lambda each: (each.path, each.line, each.column))
    failing = [each for each in problems if strict or each.severity is Severity.ERROR]
    if not quiet or failing or format_ is not Format.TEXT:
        checked = sum(map(is_wanted, paths))
        show(render_problems(problems, format_, checked=checked))
    return int(bool(failing))


def _sources(workspace: Workspace, *, staged: bool) -> Iterable[PromptSource | PromptFileError]:
    if staged:
        return prompt_sources.in_index(workspace.require_repository(), workspace.roots)
    return in_work_tree(workspace)


def _paths(source: PromptSource | PromptFileError) -> list[str]:
    if isinstance(source, PromptSource):
        return [file_of(source.path)]
    return [each.path for each in source.problems]


def _choose(
    workspace: Workspace, files: Sequence[Path], known: Sequence[str]
) -> Callable[[str], bool]:
    """Return what tells whether a path was asked for. Raises UsageError for one that is nowhere.

    A file that is no prompt is left out without a word: pre-commit hands over whatever changed.
    """
    if not files:
        return lambda _: True
    wanted = {file: _relative(workspace, file) for file in files}

    def is_below(path: str, chosen: str) -> bool:
        return chosen in (".", path) or path.startswith(f"{chosen}/")

    for file, chosen in wanted.items():
        if not file.exists() and not any(is_below(path, chosen) for path in known):
            raise UsageError(f"there is no file `{file}`", hint="paths start at the current folder")
    return lambda path: any(is_below(path, chosen) for chosen in wanted.values())


def _relative(workspace: Workspace, file: Path) -> str:
    """Return a path as prompt files have it: from the top of the repository, with `/`."""
    absolute = Path(os.path.normpath(Path.cwd() / file))
    # A prompt file that is a link is itself wrong, not what it leads to.
    path = absolute.parent.resolve() / absolute.name
    top = workspace.roots.top.resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else file.as_posix()


def _warnings(
    catalog: Catalog, sources: Sequence[PromptSource | PromptFileError]
) -> Iterable[Problem]:
    by_path = {each.path: each for each in catalog.files.values()}
    for source in sources:
        if isinstance(source, PromptSource) and source.path in by_path:
            local, text = by_path[source.path], text_of(source)
            found = lint_prompt(local.prompt, text, local.file)
            # The text of an entry has lines that its file has not.
            in_entry = source.entry is not None
            yield from (
                replace(each, line=source.line, column=1) if in_entry else each for each in found
            )
