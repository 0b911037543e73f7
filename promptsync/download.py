"""Carry out a download plan: the registry's edits into prompt files, merged where both moved."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from promptsync.composition import escape_includes, expand
from promptsync.download_text import ReadPast, both_sides, check_content, edited_text, new_text
from promptsync.errors import ConflictError, PromptsyncError
from promptsync.file_writer import (
    WITHOUT_FILE,
    path_for,
    remove_leftovers,
    taken_names,
    why_no_file,
)
from promptsync.merge import MergedText
from promptsync.plan import Change, Plan, Refusal
from promptsync.prompt_file import format_prompt, parse_prompt
from promptsync.prompt_roots import Roots
from promptsync.prompt_writer import (
    create_prompt,
    current_text,
    moved,
    refuse_markers,
    write_prompt,
)
from promptsync.status import LocalPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one change: the files written, with or without conflict markers, or why not.

    `conflicts` are those of the paths that hold conflict markers.
    """

    change: Change
    paths: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    error: PromptsyncError | None = None

    @property
    def path(self) -> str | None:
        """The file written, the first one of a composite's."""
        return self.paths[0] if self.paths else None

    @property
    def has_conflict(self) -> bool:
        """Whether a person has to resolve conflict markers."""
        return bool(self.conflicts)


def refuse_unsafe(plan: Plan, roots: Roots, *, wrong: Collection[str] = ()) -> Plan:
    """Return a download plan that leaves alone what could not become a prompt file.

    `wrong` are the paths of files that are there and cannot be read: what was uploaded from one of
    them is no prompt that only the registry has.
    """
    taken = taken_names(roots)
    changes, refusals = [], list(plan.refusals)
    for change in plan.changes:
        if change.state.local is not None:
            changes.append(change)
            continue
        if change.state.path in wrong:
            cause = f"`{change.state.path}`, which it was uploaded from, is wrong"
            refusals.append(Refusal(change.state, cause, "correct that file"))
            continue
        if (reason := why_no_file(roots, change.name, taken)) is not None:
            refusals.append(Refusal(change.state, reason, WITHOUT_FILE))
            continue
        changes.append(change)
        path = roots.path_of(change.name)
        taken |= {change.name.lower(): path, path.lower(): path}
    refusals.sort(key=lambda each: each.name)
    return replace(plan, changes=tuple(changes), refusals=tuple(refusals))


def apply_download(
    plan: Plan, roots: Roots, *, kind: str, read_past: ReadPast, markers: bool = True
) -> Iterator[FileOutcome]:
    """Write the changes of a download plan, one at a time, and yield each when it is done.

    A file that changed since the plan was made is left alone, and so is a composite one of whose
    files did. One failure does not stop the others; each file is whole at any moment. Without
    `markers` a merge that leaves a conflict fails with a ConflictError, and its files stay what
    they were.
    """
    remove_leftovers(roots)
    download = _Download(roots, kind, read_past, markers=markers)
    taken = taken_names(roots)
    for change in plan.changes:
        try:
            if change.state.local is None:
                yield download.create(change, taken)
            elif change.edits:
                yield download.edit_files(change)
            else:
                yield download.edit(change)
        except PromptsyncError as error:
            yield FileOutcome(change=change, error=error)


@dataclass(slots=True, kw_only=True)
class _Written:
    """A file that this download has written; nobody else changed it since."""

    file_sha256: str
    has_conflict: bool


@dataclass(slots=True)
class _Download:
    """One run of a download, which may write a shared file for several composites."""

    roots: Roots
    kind: str
    read_past: ReadPast
    written: dict[str, _Written] = field(default_factory=dict)
    markers: bool = field(kw_only=True)

    def create(self, change: Change, taken: dict[str, str]) -> FileOutcome:
        """Write a prompt that only the registry has."""
        remote, roots = change.state.remote, self.roots
        if remote is None:
            raise ValueError(f"`{change.name}` has nothing to download")
        path = path_for(roots, remote.name, taken)
        if os.path.lexists(roots.top / path):
            raise moved(path)
        text = format_prompt(escape_includes(remote.prompt), path_name=remote.name)
        written = parse_prompt(text, path=path, name=remote.name)
        check_content(expand(written, {}), remote, self.kind)
        create_prompt(roots, path, text)
        taken |= {remote.name.lower(): path, path.lower(): path}
        return FileOutcome(change=change, paths=(path,))

    def edit(self, change: Change) -> FileOutcome:
        """Write a prompt's own file."""
        local = self._now(both_sides(change.state)[0])
        text = current_text(self.roots, local)
        merged = MergedText(text, has_conflict=True)
        if not self._has_conflict(local.path):
            merged = new_text(change, text, self.roots, self.kind, self.read_past)
        self._refuse_markers(change, [merged])
        return self._write(change, [(local, text, merged)])

    def edit_files(self, change: Change) -> FileOutcome:
        """Write the files of a composite: all of them, or none where one cannot be written."""
        files = []
        for edit in change.edits:
            local = self._now(edit.local)
            text = current_text(self.roots, local)
            merged = MergedText(text, has_conflict=True)
            if not self._has_conflict(edit.path):
                merged = edited_text(change, edit, text, self.roots)
            files.append((local, text, merged))
        self._refuse_markers(change, [merged for _, _, merged in files])
        return self._write(change, files)

    def _write(
        self, change: Change, files: Sequence[tuple[LocalPrompt, str, MergedText]]
    ) -> FileOutcome:
        for local, _, merged in files:
            refuse_markers(local, merged.text, change.name)
        for local, text, merged in files:
            if merged.text != text:
                sha256 = write_prompt(self.roots, local, merged.text)
                written = _Written(file_sha256=sha256, has_conflict=merged.has_conflict)
                self.written[local.path] = written
        return FileOutcome(
            change=change,
            paths=tuple(
                local.path
                for local, text, merged in files
                if merged.text != text or local.path in self.written
            ),
            conflicts=tuple(local.path for local, _, merged in files if merged.has_conflict),
        )

    def _now(self, local: LocalPrompt) -> LocalPrompt:
        """Return a file as it was compared, or as this run has written it."""
        written = self.written.get(local.path)
        return replace(local, file_sha256=written.file_sha256) if written else local

    def _has_conflict(self, path: str) -> bool:
        return path in self.written and self.written[path].has_conflict

    def _refuse_markers(self, change: Change, merged: Iterable[MergedText]) -> None:
        if not self.markers and any(each.has_conflict for each in merged):
            raise ConflictError(
                f"git and the registry changed the same lines of `{change.name}`",
                hint=f"`promptsync download {change.name}` marks them in the file",
            )
