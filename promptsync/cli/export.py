"""`promptsync export`: prompts as files of other tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import click

from promptsync.catalog import Catalog, select
from promptsync.cli.options import (
    TABLE_FORMATS,
    Format,
    cli_command,
    format_option,
    names_argument,
)
from promptsync.cli.output import show, tell
from promptsync.cli.render_conversion import note_lines, notes_json
from promptsync.cli.render_json import to_json
from promptsync.cli.safe_text import printable
from promptsync.cli.session import valid_catalog
from promptsync.cli.talk import say
from promptsync.composition import includes_of
from promptsync.errors import UsageError
from promptsync.file_writer import write_text
from promptsync.formats import FORMATS, Exported, Note, export_prompt
from promptsync.formats import Format as OtherFormat
from promptsync.prompt_name import unsafe_reason
from promptsync.workspace import open_workspace


@cli_command()
@names_argument
@click.option("--to", required=True, type=click.Choice(list(FORMATS)), help="Write this format.")
@click.option(
    "--output", "-o", metavar="FOLDER", help="Write files here; one prompt may go to stdout."
)
@click.option("--force", is_flag=True, help="Replace files that say something else.")
@click.option("--strict", is_flag=True, help="Fail, and write nothing, if something gets lost.")
@format_option(*TABLE_FORMATS)
def command(
    *,
    names: tuple[str, ...],
    to: str,
    output: str | None,
    force: bool,
    strict: bool,
    format_: Format,
) -> int:
    """Write prompts as files of other tools.

    Includes are expanded. What the other format cannot hold is named.
    """
    catalog = valid_catalog(open_workspace(Path.cwd()))
    chosen = select(catalog, names)
    if output is None and format_ is Format.TEXT and len(chosen) > 1:
        raise UsageError(
            f"{len(chosen)} prompts make {len(chosen)} files",
            hint="say where with `--output FOLDER`, or name one prompt",
        )
    exported = {name: _export(catalog, name, FORMATS[to]) for name in chosen}
    is_too_lossy = strict and any(note.is_lost for each in exported.values() for note in each.notes)
    if output is not None and not is_too_lossy:
        _write(Path(output), exported.values(), force=force)
    if format_ is Format.JSON:
        show(to_json(_document(exported, to, output, is_done=not is_too_lossy)))
    else:
        _show(exported, output, is_done=not is_too_lossy)
    if is_too_lossy:
        say("\nnothing was written: with `--strict` nothing may get lost")
    return int(is_too_lossy)


def _export(catalog: Catalog, name: str, format_: OtherFormat) -> Exported:
    local = catalog.prompts[name]
    exported = export_prompt(local.expanded, format_)
    includes = includes_of(local.prompt)
    if not includes:
        return exported
    message = f"includes are expanded: {', '.join(f'`{each}`' for each in includes)}"
    note = Note("content", message, is_lost=False)
    return replace(exported, notes=(*exported.notes, note))


def _write(folder: Path, exported: Iterable[Exported], *, force: bool) -> None:
    """Write the files, all or none of them."""
    files = {each.file_name: each.text for each in exported}
    for name, text in files.items():
        if (reason := unsafe_reason(name)) is not None:
            raise UsageError(f"`{name}` cannot be written: {reason}")
        if not force and _says_something_else(folder / name, text):
            raise UsageError(
                f"`{(folder / name).as_posix()}` is there already and says something else; "
                "nothing was written",
                hint="`--force` replaces it",
            )
    for name, text in files.items():
        write_text(folder, name, text)


def _says_something_else(file: Path, text: str) -> bool:
    try:
        return file.read_bytes() != text.encode()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise UsageError(f"`{file}` cannot be read: {error.strerror}") from error


def _show(exported: Mapping[str, Exported], output: str | None, *, is_done: bool) -> None:
    for name, each in exported.items():
        if output is None:
            if is_done:
                show(each.text)
            if lines := note_lines(each.notes):
                tell(lines.removesuffix("\n"))
        else:
            path = (Path(output) / each.file_name).as_posix()
            word = "wrote" if is_done else "would write"
            show(printable(f"{word} {path} from {name}\n") + note_lines(each.notes, indent="  "))


def _document(
    exported: Mapping[str, Exported], to: str, output: str | None, *, is_done: bool
) -> dict[str, object]:
    folder = None if output is None else Path(output)
    return {
        "schema": 1,
        "format": to,
        "prompts": [
            {
                "name": name,
                "file_name": each.file_name,
                "path": (folder / each.file_name).as_posix() if folder else None,
                "text": None if folder else each.text,
                "done": is_done,
                "notes": notes_json(each.notes),
            }
            for name, each in exported.items()
        ],
    }
