"""`promptsync import`: prompt files from the files of other tools."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click

from promptsync.cli.options import TABLE_FORMATS, Format, cli_command, dry_run_option, format_option
from promptsync.cli.output import show
from promptsync.cli.render_conversion import note_lines, notes_json
from promptsync.cli.render_json import to_json
from promptsync.cli.safe_text import printable
from promptsync.cli.talk import say
from promptsync.errors import UsageError
from promptsync.file_text import MAX_BYTES
from promptsync.foreign_file import foreign_text, read_foreign_file
from promptsync.formats import FORMATS, import_prompts, recognise
from promptsync.prompt_import import (
    FoundPrompt,
    ImportAction,
    ImportChange,
    apply_import,
    plan_import,
    target_folder,
)
from promptsync.workspace import open_workspace

STDIN = "-"


@cli_command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--from",
    "from_",
    type=click.Choice(list(FORMATS)),
    help="Read this format, where the file does not say which it has.",
)
@click.option("--to", metavar="FOLDER", help="Write to this folder, at or below a prompt root.")
@click.option("--name", metavar="NAME", help="Give the prompt this name; for one prompt.")
@click.option("--force", is_flag=True, help="Replace prompt files that are committed.")
@click.option("--strict", is_flag=True, help="Fail, and write nothing, if something gets lost.")
@dry_run_option
@format_option(*TABLE_FORMATS)
def command(
    *,
    files: tuple[str, ...],
    from_: str | None,
    to: str | None,
    name: str | None,
    force: bool,
    strict: bool,
    dry_run: bool,
    format_: Format,
) -> int:
    """Make prompt files of files of other tools.

    FILE is a file of Prompty, dotprompt, GitHub Models, promptfoo or LangSmith; `-` is stdin. What
    a prompt file cannot hold is named.
    """
    workspace = open_workspace(Path.cwd())
    folder = target_folder(workspace, None if to is None else Path(to))
    found = _named(list(_find(files, from_)), name)
    changes = plan_import(workspace, found, folder, force=force)
    is_too_lossy = strict and any(change.loses for change in changes)
    is_done = not (dry_run or is_too_lossy)
    if is_done:
        apply_import(workspace, changes)
    _show(changes, format_, is_done=is_done)
    if is_too_lossy:
        say("\nnothing was written: with `--strict` nothing may get lost")
        return 1
    is_changed = any(change.action is not ImportAction.UNCHANGED for change in changes)
    if is_done and is_changed and format_ is Format.TEXT:
        say("\nhint: `promptsync lint` checks them; commit, then `promptsync upload`")
    return 0


def _find(files: Sequence[str], from_: str | None) -> Iterator[FoundPrompt]:
    for file in files:
        if file == STDIN:
            source = foreign_text(sys.stdin.buffer.read(MAX_BYTES + 1), STDIN)
        else:
            source = read_foreign_file(Path(file), Path(file).as_posix())
        format_ = FORMATS[from_] if from_ else recognise(source)
        if format_ is None:
            raise UsageError(
                f"nothing says which format `{file}` is in",
                hint=f"say it with `--from`: {', '.join(FORMATS)}",
            )
        for imported in import_prompts(source, format_):
            yield FoundPrompt(imported, source.path, format_.name)


def _named(found: Sequence[FoundPrompt], name: str | None) -> Sequence[FoundPrompt]:
    """Give the one prompt the name that was asked for."""
    if name is None:
        if any(not each.imported.prompt.name for each in found):
            raise UsageError("nothing gives the prompt a name", hint="say it with `--name`")
        return found
    if len(found) != 1:
        raise UsageError(
            f"`--name` is for one prompt, and there are {len(found)}",
            hint="import the others without it, or file by file",
        )
    (each,) = found
    prompt = replace(each.imported.prompt, name=name)
    return [replace(each, imported=replace(each.imported, prompt=prompt))]


_DONE = {
    ImportAction.WRITE: ("wrote", "would write"),
    ImportAction.REPLACE: ("replaced", "would replace"),
    ImportAction.UNCHANGED: ("unchanged", "unchanged"),
}


def _show(changes: Sequence[ImportChange], format_: Format, *, is_done: bool) -> None:
    if format_ is Format.JSON:
        prompts = [_json(change, is_done=is_done) for change in changes]
        show(to_json({"schema": 1, "prompts": prompts}))
        return
    for change in changes:
        word = _DONE[change.action][0 if is_done else 1]
        what = printable(f"{word} {change.path} from {change.source} ({change.format})\n")
        show(what + note_lines(change.notes, indent="  "))


def _json(change: ImportChange, *, is_done: bool) -> dict[str, object]:
    return {
        "name": change.prompt.name,
        "path": change.path,
        "source": change.source,
        "format": change.format,
        "action": change.action.value,
        "done": is_done,
        "notes": notes_json(change.notes),
    }
