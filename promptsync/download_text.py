"""What a download makes of a file's text: the registry's edit in it, merged where git moved too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from promptsync import git_merge
from promptsync.composition import expand, includes_of
from promptsync.content_hash import content_hash, short_hash
from promptsync.errors import ConflictError
from promptsync.file_past import Past
from promptsync.local_prompt import text_of
from promptsync.merge import MergedText, Sides, merge_prompt_files
from promptsync.plan import Action, Change, FileEdit
from promptsync.prompt import Prompt, is_same
from promptsync.prompt_file import parse_prompt, update_text
from promptsync.prompt_roots import Roots
from promptsync.prompt_schema import content_values
from promptsync.remote_edit import as_file_prompt
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt, PromptState

ReadPast = Callable[[], Past]


def new_text(change: Change, text: str, roots: Roots, kind: str, read_past: ReadPast) -> MergedText:
    """Return what a prompt's own file has to say after a change that goes into no other file."""
    state = change.state
    local, remote = both_sides(state)
    path_name = _path_name(roots, local)
    if change.action is Action.WRITE:
        prompt = as_file_prompt(local, remote, kind)
        text = update_text(text, prompt, path=local.path, path_name=path_name)
        written = _parse(text, local.path, path_name)
        if includes_of(written):
            written = replace(written, content=local.expanded.content)
        check_content(expand(written, {}), remote, kind)
        return MergedText(text, has_conflict=False)
    base_text = _base_text(state, read_past())
    base = _parse(base_text, local.path, path_name)
    edited = as_file_prompt(_as_local(base, local, remote, kind), remote, kind)
    return _merged(local, text, base_text, edited, remote, path_name)


def edited_text(change: Change, edit: FileEdit, text: str, roots: Roots) -> MergedText:
    """Return what one file of a composite has to say; `text` is what it says now."""
    local, path_name = edit.local, _path_name(roots, edit.local)
    if edit.base_text is not None:
        _, remote = both_sides(change.state)
        return _merged(local, text, edit.base_text, edit.after, remote, path_name)
    # Another change of this run may have written the other half of the file already.
    now = _parse(text, local.path, path_name)
    prompt = edit.after if edit.changes_content else replace(edit.after, content=now.content)
    if edit.name != change.name:
        prompt = replace(now, content=edit.after.content)
    text = update_text(text, prompt, path=local.path, path_name=path_name)
    written = _parse(text, local.path, path_name)
    if not is_same(content_values(written.content), content_values(prompt.content)):
        raise ConflictError(
            f"`{edit.name}` cannot be written as a prompt file",
            hint="this is a fault of promptsync; please report it with this prompt",
        )
    return MergedText(text, has_conflict=False)


def check_content(written: Prompt, remote: RemotePrompt, kind: str) -> None:
    """Refuse to write a file that would not agree with the registry."""
    found = content_hash(written, kind)
    if found != remote.content_hash:
        raise ConflictError(
            f"`{remote.name}` cannot be written as a prompt file: it would have the content "
            f"{short_hash(found)}, and the registry has {short_hash(remote.content_hash)}",
            hint="this is a fault of promptsync; please report it with this prompt",
        )


def both_sides(state: PromptState) -> tuple[LocalPrompt, RemotePrompt]:
    """Return the file and the remote prompt of a state that has both."""
    if state.local is None or state.remote is None:
        raise ValueError(f"`{state.name}` is not on both sides")
    return state.local, state.remote


def _merged(
    local: LocalPrompt,
    text: str,
    base_text: str,
    edited: Prompt,
    remote: RemotePrompt,
    path_name: str,
) -> MergedText:
    sides = Sides(
        base=base_text,
        local=text,
        remote=update_text(base_text, edited, path=local.path, path_name=path_name),
    )
    labels = (local.path, "base", f"registry version {remote.version}")

    def merge_lines(each: Sides) -> MergedText:
        return MergedText(*git_merge.merge_lines((each.local, each.base, each.remote), labels))

    return merge_prompt_files(sides, path=local.path, merge_lines=merge_lines)


def _path_name(roots: Roots, local: LocalPrompt) -> str:
    return roots.name_of(local.path) or local.prompt.name


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


def _base_text(state: PromptState, past: Past) -> str:
    local, remote = both_sides(state)
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
    if remote.stamp.path is None:
        raise ConflictError(
            f"`{state.name}` cannot be merged: a program registered the registry's version, so "
            "nothing says which text both started from",
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
