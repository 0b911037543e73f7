"""Carry out a download plan: the registry's edits into prompt files, merged where both moved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from promptsync import git
from promptsync.catalog import text_of
from promptsync.composition import escape_includes, expand, includes_of
from promptsync.content_hash import content_hash, short_hash
from promptsync.errors import ConflictError, PromptsyncError
from promptsync.file_writer import (
    WITHOUT_FILE,
    path_for,
    remove_leftovers,
    taken_names,
    why_no_file,
)
from promptsync.merge import MergedText, Sides, merge_prompt_files
from promptsync.past import Past
from promptsync.plan import Action, Change, Plan, Refusal
from promptsync.prompt import Prompt
from promptsync.prompt_file import format_prompt, parse_prompt, update_text
from promptsync.prompt_sources import Roots
from promptsync.prompt_writer import create_prompt, current_text, moved, write_prompt
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


def refuse_unsafe(plan: Plan, roots: Roots) -> Plan:
    """Return a download plan that leaves alone what could not become a prompt file."""
    taken = taken_names(roots)
    changes, refusals = [], list(plan.refusals)
    for change in plan.changes:
        if change.state.local is not None:
            changes.append(change)
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
    """Write the changes of a download plan, one file at a time, and yield each when it is done.

    A file that changed since the plan was made is left alone. One failure does not stop the
    others; each file is whole at any moment. Without `markers` a merge that leaves a conflict
    fails with a ConflictError, and its file stays what it was.
    """
    remove_leftovers(roots)
    taken = taken_names(roots)
    for change in plan.changes:
        try:
            if change.state.local is None:
                yield _create(change, roots, kind, taken)
            else:
                yield _edit(change, roots, kind, read_past, markers=markers)
        except PromptsyncError as error:
            yield FileOutcome(change=change, error=error)


def _create(change: Change, roots: Roots, kind: str, taken: dict[str, str]) -> FileOutcome:
    remote = change.state.remote
    if remote is None:
        raise ValueError(f"`{change.name}` has nothing to download")
    path = path_for(roots, remote.name, taken)
    if os.path.lexists(roots.top / path):
        raise moved(path)
    text = format_prompt(escape_includes(remote.prompt), path_name=remote.name)
    _check_content(expand(_parse(text, path, remote.name), {}), remote, kind)
    create_prompt(roots, path, text)
    taken |= {remote.name.lower(): path, path.lower(): path}
    return FileOutcome(change=change, path=path)


def _edit(
    change: Change, roots: Roots, kind: str, read_past: ReadPast, *, markers: bool
) -> FileOutcome:
    local, _ = _both(change.state)
    merged = _new_text(change, current_text(roots, local), roots, kind, read_past)
    if merged.has_conflict and not markers:
        raise ConflictError(
            f"git and the registry changed the same lines of `{change.name}`",
            hint=f"`promptsync download {change.name}` marks them in the file",
        )
    write_prompt(roots, local, merged.text)
    return FileOutcome(change=change, path=local.path, has_conflict=merged.has_conflict)


def _new_text(
    change: Change, text: str, roots: Roots, kind: str, read_past: ReadPast
) -> MergedText:
    state = change.state
    local, remote = _both(state)
    path_name = roots.name_of(local.path) or local.prompt.name
    if change.action is Action.WRITE:
        prompt = as_file_prompt(local, remote, kind)
        text = update_text(text, prompt, path=local.path, path_name=path_name)
        written = _parse(text, local.path, path_name)
        if includes_of(written):
            written = replace(written, content=local.expanded.content)
        _check_content(expand(written, {}), remote, kind)
        return MergedText(text, has_conflict=False)
    base_text = _base_text(state, read_past())
    base = _parse(base_text, local.path, path_name)
    edited = as_file_prompt(_as_local(base, local, remote, kind), remote, kind)
    sides = Sides(
        base=base_text,
        local=text,
        remote=update_text(base_text, edited, path=local.path, path_name=path_name),
    )
    labels = (local.path, "base", f"registry version {remote.version}")

    def merge_lines(each: Sides) -> MergedText:
        return MergedText(*git.merge_lines((each.local, each.base, each.remote), labels))

    return merge_prompt_files(sides, path=local.path, merge_lines=merge_lines)


def _as_local(base: Prompt, local: LocalPrompt, remote: RemotePrompt, kind: str) -> LocalPrompt:
    """Return the base of a merge in the place of the file.

    What its includes said then is not looked up: where the remote text gives the base its stamped
    hash, it is that text, and nobody edited it.
    """
    unedited = replace(base, content=remote.prompt.content)
    is_unedited = content_hash(unedited, kind) == remote.stamped_hash
    return replace(local, prompt=base, expanded=unedited if is_unedited else base)


def _parse(text: str, path: str, name: str) -> Prompt:
    return parse_prompt(text, path=path, name=name)


def _check_content(written: Prompt, remote: RemotePrompt, kind: str) -> None:
    """Refuse to write a file that would not agree with the registry."""
    found = content_hash(written, kind)
    if found != remote.content_hash:
        raise ConflictError(
            f"`{remote.name}` cannot be written as a prompt file: it would have the content "
            f"{short_hash(found)}, and the registry has {short_hash(remote.content_hash)}",
            hint="this is a fault of promptsync; please report it with this prompt",
        )


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
    source = past.merge_base(local, remote)
    if source is None:
        stamped = short_hash(remote.stamped_hash)
        raise ConflictError(
            f"`{state.name}` cannot be merged: git does not have the version {stamped} that both "
            "started from; it was uploaded without being committed, or from another clone",
            hint=f"fetch the branch it was uploaded from, or {ways}",
        )
    return text_of(source)
