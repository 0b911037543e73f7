"""Carry out a download plan: the registry's edits into prompt files, merged where both moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from promptsync import git
from promptsync.catalog import file_sha256
from promptsync.composition import escape_includes
from promptsync.content_hash import short_hash
from promptsync.errors import ConflictError, PromptsyncError
from promptsync.file_writer import path_for, write_text
from promptsync.merge import MergedText, Sides, merge_prompt_files
from promptsync.past import Past
from promptsync.plan import Action, Change, Plan
from promptsync.prompt_file import decode, format_prompt, parse_prompt, update_text
from promptsync.prompt_sources import Roots
from promptsync.remote_edit import as_file_prompt
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt, PromptState

ReadPast = Callable[[], Past]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOutcome:
    """What became of one change: the file written, with or without conflict markers, or why not."""

    change: Change
    path: str | None = None
    has_conflict: bool = False
    error: PromptsyncError | None = None


def apply_download(
    plan: Plan, roots: Roots, *, kind: str, read_past: ReadPast
) -> Iterator[FileOutcome]:
    """Write the changes of a download plan, one file at a time, and yield each when it is done.

    A file that changed since the plan was made is left alone. One failure does not stop the
    others; each file is whole at any moment.
    """
    for change in plan.changes:
        try:
            yield _apply_change(change, roots, kind, read_past)
        except PromptsyncError as error:
            yield FileOutcome(change=change, error=error)


def _apply_change(change: Change, roots: Roots, kind: str, read_past: ReadPast) -> FileOutcome:
    local, remote = change.state.local, change.state.remote
    if remote is None:
        raise ValueError(f"`{change.name}` has nothing to download")
    if local is None:
        path = path_for(roots, remote.name)
        prompt = escape_includes(remote.prompt)
        write_text(roots.top, path, format_prompt(prompt, path_name=roots.name_of(path)))
        return FileOutcome(change=change, path=path)
    text = _current_text(roots, local)
    merged = _new_text(change, text, roots, kind, read_past)
    write_text(roots.top, local.path, merged.text)
    return FileOutcome(change=change, path=local.path, has_conflict=merged.has_conflict)


def _current_text(roots: Roots, local: LocalPrompt) -> str:
    try:
        data = (roots.top / local.path).read_bytes()
    except OSError as error:
        raise ConflictError(f"`{local.path}` cannot be read: {error.strerror}") from error
    if file_sha256(data) != local.file_sha256:
        raise ConflictError(
            f"`{local.path}` changed since the plan was made; it was left alone",
            hint="run the same command again to plan anew",
        )
    return decode(data, local.path)


def _new_text(
    change: Change, text: str, roots: Roots, kind: str, read_past: ReadPast
) -> MergedText:
    state = change.state
    local, remote = _both(state)
    path_name = roots.name_of(local.path) or local.prompt.name
    if change.action is Action.WRITE:
        prompt = as_file_prompt(local, remote, kind)
        return MergedText(
            update_text(text, prompt, path=local.path, path_name=path_name), has_conflict=False
        )
    base_text = _base_text(state, read_past())
    base = parse_prompt(base_text, path=local.path, name=path_name)
    edited = as_file_prompt(replace(local, prompt=base, expanded=base), remote, kind)
    sides = Sides(
        base=base_text,
        local=text,
        remote=update_text(base_text, edited, path=local.path, path_name=path_name),
    )
    labels = (local.path, "base", f"registry version {remote.version}")

    def merge_lines(each: Sides) -> MergedText:
        return MergedText(*git.merge_lines((each.local, each.base, each.remote), labels))

    return merge_prompt_files(sides, path=local.path, merge_lines=merge_lines)


def _both(state: PromptState) -> tuple[LocalPrompt, RemotePrompt]:
    if state.local is None or state.remote is None:
        raise ValueError(f"`{state.name}` is not on both sides")
    return state.local, state.remote


def _base_text(state: PromptState, past: Past) -> str:
    local, remote = _both(state)
    ways = (
        f"choose a side: `promptsync download --force {state.name}` takes the registry's text, "
        f"`promptsync upload --force {state.name}` git's"
    )
    if remote.stamp is None:
        raise ConflictError(
            f"`{state.name}` cannot be merged: the registry's version has no stamp, so nothing "
            "says which text both started from",
            hint=ways,
        )
    source = past.base_of(local, remote.stamp)
    if source is None:
        stamped = short_hash(remote.stamped_hash)
        raise ConflictError(
            f"`{state.name}` cannot be merged: git does not have the version {stamped} that both "
            "started from; it was uploaded without being committed, or from another clone",
            hint=f"fetch the branch it was uploaded from, or {ways}",
        )
    return decode(source.data, source.path)
