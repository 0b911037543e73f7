"""Bring prompts of other formats into prompt files: decide everything, then write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePosixPath

from promptsync import git
from promptsync.errors import UsageError
from promptsync.file_writer import taken_names, write_text
from promptsync.formats.conversion import Imported, Note
from promptsync.prompt import Prompt
from promptsync.prompt_file import format_prompt
from promptsync.prompt_name import unsafe_reason
from promptsync.reading import read_catalog
from promptsync.workspace import Workspace


class ImportAction(StrEnum):
    """What an import does with a prompt file."""

    WRITE = "write"
    REPLACE = "replace"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class FoundPrompt:
    """A prompt that a file of another format holds; `source` is the path of that file."""

    imported: Imported
    source: str
    format: str


@dataclass(frozen=True, slots=True)
class ImportChange:
    """One prompt file as an import wants it. `path` is relative to the top of the repository."""

    prompt: Prompt
    path: str
    text: str
    action: ImportAction
    source: str
    format: str
    notes: tuple[Note, ...]

    @property
    def loses(self) -> bool:
        """Whether the prompt file cannot hold something that the other file says."""
        return any(note.is_lost for note in self.notes)


def target_folder(workspace: Workspace, chosen: Path | None) -> str:
    """Return the folder for new prompt files, relative to the top; by default the first root.

    Raises UsageError for one that is not below a prompt root.
    """
    roots = workspace.roots
    if chosen is None:
        return roots.require_folder()
    top, folder = roots.top.resolve(), chosen.resolve()
    if folder.is_relative_to(top):
        path = folder.relative_to(top).as_posix()
        if roots.name_of(_path(path, "x")) is not None:
            return path
    raise UsageError(
        f"`{chosen}` is not at or below a prompt root",
        hint=f"prompt roots are {', '.join(f'`{root}`' for root in roots.folders)}; `prompts` in "
        "the configuration says so",
    )


def plan_import(
    workspace: Workspace, found: Iterable[FoundPrompt], folder: str, *, force: bool
) -> tuple[ImportChange, ...]:
    """Decide what becomes of each prompt. Raises UsageError, for all of them, if one is refused.

    With `force`, a prompt file that git holds a copy of is replaced.
    """
    planned: list[ImportChange] = []
    refused: list[str] = []
    claims = _Claims.of(workspace)
    for each in found:
        given = each.imported.prompt.name
        path = _path(folder, given)
        reason = unsafe_reason(given) or claims.refusal(workspace.roots.name_of(path), path)
        if reason is None:
            change = _change(workspace, each, path)
            reason = _reason_to_keep(workspace, change, force=force)
            claims.add(change)
            planned.append(change)
        if reason is not None:
            refused.append(f"{path}: {reason}")
    if refused:
        raise UsageError(
            "nothing was imported:\n" + "\n".join(f"  {line}" for line in refused),
            hint="`--name` gives another name, and `--force` replaces files that are committed",
        )
    return tuple(planned)


def apply_import(workspace: Workspace, changes: Sequence[ImportChange]) -> None:
    """Write the prompt files, each in one step."""
    for change in changes:
        if change.action is not ImportAction.UNCHANGED:
            write_text(workspace.roots.top, change.path, change.text)


@dataclass(frozen=True, slots=True)
class _Claims:
    """Which file has a name or a path, both in lower case, and which import takes it."""

    path_by_name: dict[str, str]
    source_by_name: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, workspace: Workspace) -> _Claims:
        taken = taken_names(workspace.roots)
        files = read_catalog(workspace).files
        return cls(taken | {name.lower(): local.path for name, local in files.items()})

    def refusal(self, name: str | None, path: str) -> str | None:
        keys = [each.lower() for each in (path, name) if each]
        if source := next(
            (self.source_by_name[key] for key in keys if key in self.source_by_name), None
        ):
            return f"`{source}` has a prompt of that name too"
        others = (self.path_by_name.get(key) for key in keys)
        other = next((each for each in others if each not in (None, path)), None)
        return f"`{other}` has that name" if other else None

    def add(self, change: ImportChange) -> None:
        for key in (change.path, change.prompt.name):
            self.source_by_name[key.lower()] = change.source


def _path(folder: str, name: str) -> str:
    return (PurePosixPath(folder) / f"{name}.md").as_posix()


def _change(workspace: Workspace, found: FoundPrompt, path: str) -> ImportChange:
    name = workspace.roots.name_of(path) or found.imported.prompt.name
    prompt = replace(found.imported.prompt, name=name)
    text = format_prompt(prompt, path_name=name)
    return ImportChange(
        prompt=prompt,
        path=path,
        text=text,
        action=_action(workspace.roots.top / path, text),
        source=found.source,
        format=found.format,
        notes=found.imported.notes,
    )


def _action(file: Path, text: str) -> ImportAction:
    try:
        same = file.read_bytes().replace(b"\r\n", b"\n") == text.encode()
    except FileNotFoundError:
        return ImportAction.WRITE
    except OSError as error:
        raise UsageError(f"`{file.name}` cannot be read: {error.strerror}") from error
    return ImportAction.UNCHANGED if same else ImportAction.REPLACE


def _reason_to_keep(workspace: Workspace, change: ImportChange, *, force: bool) -> str | None:
    if change.action is not ImportAction.REPLACE:
        return None
    if not force:
        return "it is there already and says something else"
    repository = workspace.repository
    if repository is None or git.uncommitted_paths(repository, [change.path]):
        return "it has changes that no commit holds; commit or stash them first"
    return None
