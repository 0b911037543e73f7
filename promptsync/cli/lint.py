"""`promptsync lint`: check prompt files, offline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from promptsync.cli.render_problems import render_problems
from promptsync.errors import Problem, PromptFileError, Severity
from promptsync.linting import lint_prompt
from promptsync.prompt_file import decode
from promptsync.prompt_sources import PromptSource
from promptsync.reading import load_sources
from promptsync.workspace import Workspace, open_workspace


@cli_command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
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
    """Check prompt files without any registry: exit 0 clean, 1 for findings."""
    workspace = open_workspace(Path.cwd(), registry)
    sources = list(_sources(workspace, staged=staged))
    catalog = load_sources(workspace, sources)
    if not files and not catalog.problems:
        catalog.require_valid()
    problems = [*catalog.problems, *_warnings(catalog, sources)]
    if files:
        wanted = {_relative(workspace, file) for file in files}
        problems = [each for each in problems if each.path in wanted]
    problems.sort(key=lambda each: (each.path, each.line, each.column))
    failing = [each for each in problems if strict or each.severity is Severity.ERROR]
    if not quiet or failing or format_ is not Format.TEXT:
        click.echo(render_problems(problems, format_, checked=len(sources)), nl=False)
    return int(bool(failing))


def _sources(workspace: Workspace, *, staged: bool) -> Iterable[PromptSource | PromptFileError]:
    if staged:
        return prompt_sources.in_index(workspace.require_repository(), workspace.roots)
    return prompt_sources.in_work_tree(workspace.roots)


def _warnings(
    catalog: Catalog, sources: Sequence[PromptSource | PromptFileError]
) -> Iterable[Problem]:
    by_path = {each.path: each for each in catalog.files.values()}
    for source in sources:
        if isinstance(source, PromptSource) and source.path in by_path:
            text = decode(source.data, source.path)
            yield from lint_prompt(by_path[source.path].prompt, text, source.path)


def _relative(workspace: Workspace, file: Path) -> str:
    """Return a path as prompt files have it: from the top of the repository, with `/`."""
    path = (Path.cwd() / file).resolve()
    top = workspace.roots.top.resolve()
    return path.relative_to(top).as_posix() if path.is_relative_to(top) else file.as_posix()
