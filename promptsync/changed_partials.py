"""Tell which composites changed since their upload only because a partial did, and which one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from promptsync import git_objects
from promptsync.catalog import Catalog
from promptsync.composition_edit import attribute_edit
from promptsync.edit_conflict import EditConflict
from promptsync.errors import PromptFileError
from promptsync.git import Repository
from promptsync.local_prompt import file_sha256, parse_source
from promptsync.prompt_path import file_of
from promptsync.prompt_sources import source_at
from promptsync.status import LocalPrompt, PromptState, Status

# What a commit had of a file; None where it had none, or the clone lacks the commit.
Blobs = Mapping[tuple[str, str], bytes | None]


def is_changed_by_partials(state: PromptState) -> bool:
    """Tell whether a prompt differs though its own file is as it was uploaded."""
    local, stamp = state.local, state.remote.stamp if state.remote else None
    return (
        state.status is not Status.IN_SYNC
        and local is not None
        and stamp is not None
        and bool(local.partials)
        and stamp.file_sha256 == local.file_sha256
        and stamp.content_hash != local.content_hash
    )


def mark_changed_by_partials(
    states: Sequence[PromptState], catalog: Catalog, repository: Callable[[], Repository]
) -> tuple[PromptState, ...]:
    """Name the partials behind each composite that changed by them alone.

    git is asked once, for the partials in the commits of the stamps. Where it does not have them,
    the registry's text tells, and where that does not either, no partial is named.
    """
    questions = [
        _Question(state, state.local, state.remote.stamp.commit)
        for state in states
        if is_changed_by_partials(state) and state.local and state.remote and state.remote.stamp
    ]
    if not questions:
        return tuple(states)
    blobs = _read(repository(), questions, catalog)
    names = {each.state.name: _changed(each, catalog, blobs) for each in questions}
    return tuple(
        replace(state, changed_partials=names[state.name]) if state.name in names else state
        for state in states
    )


@dataclass(frozen=True, slots=True)
class _Question:
    state: PromptState
    local: LocalPrompt
    commit: str | None


def _read(repository: Repository, questions: Iterable[_Question], catalog: Catalog) -> Blobs:
    wanted = dict.fromkeys(
        (each.commit, file_of(catalog.files[name].path))
        for each in questions
        if each.commit is not None and each.commit.isalnum()
        for name in each.local.partials
    )
    contents = git_objects.read_blobs(repository, [f"{commit}:{file}" for commit, file in wanted])
    return dict(zip(wanted, contents, strict=True))


def _changed(question: _Question, catalog: Catalog, blobs: Blobs) -> tuple[str, ...]:
    then = {
        name: blobs.get((question.commit or "", file_of(catalog.files[name].path)))
        for name in question.local.partials
    }
    if any(data is None for data in then.values()):
        return _told_by_text(question, catalog)
    return tuple(
        name
        for name, data in sorted(then.items())
        if data is not None and _differs(catalog.files[name], data)
    )


def _differs(local: LocalPrompt, data: bytes) -> bool:
    """Tell whether the text of a partial is another one; its front matter makes no difference."""
    with suppress(PromptFileError):
        source = source_at(local.path, local.header.name, data)
        if source is not None and file_sha256(source.data) == local.file_sha256:
            return False
        return source is None or parse_source(source).content != local.prompt.content
    return True


def _told_by_text(question: _Question, catalog: Catalog) -> tuple[str, ...]:
    """Compare with the registry's text, which is the uploaded one where nobody edited it."""
    remote = question.state.remote
    if remote is None or remote.stamped_hash != remote.content_hash:
        return ()
    partials = {name: catalog.files[name].prompt for name in question.local.partials}
    with suppress(EditConflict):
        edit = attribute_edit(question.local.prompt, partials, remote.prompt.content)
        return tuple(sorted(edit.text_by_partial)) if edit.own is None else ()
    return ()
