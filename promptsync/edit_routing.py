"""Route the registry's edits of composites to the files that say what was edited.

A composite is stored expanded, so that an edit of it may belong to its own file or to any partial.
What two prompts make of one file in different ways is a dispute, left to a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from promptsync.catalog import Catalog
from promptsync.composite_past import CompositeBase
from promptsync.composition import escape_includes, expand
from promptsync.composition_edit import AttributedEdit, Content, attribute_edit
from promptsync.content_hash import content_hash
from promptsync.edit_conflict import EditConflict
from promptsync.edit_disputes import find_disputes
from promptsync.errors import ShallowCloneError
from promptsync.file_past import Past
from promptsync.local_prompt import text_of
from promptsync.plan import Action, Change, FileEdit, Plan, Refusal, SharedEdit
from promptsync.prompt import Prompt
from promptsync.remote_edit import as_file_prompt
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import LocalPrompt


@dataclass(frozen=True, slots=True, kw_only=True)
class _Routing:
    """Where edits may go: the files as they are, and as git had them."""

    catalog: Catalog
    kind: str
    read_past: Callable[[], Past]


def route_edits(plan: Plan, catalog: Catalog, *, kind: str, read_past: Callable[[], Past]) -> Plan:
    """Give each change of a composite the files that it writes.

    Changes that cannot be told apart become refusals. Shared files that change come with the
    prompts that say something else by that. `read_past` is asked where git moved, too.
    """
    routing = _Routing(catalog=catalog, kind=kind, read_past=read_past)
    changes: list[Change] = []
    refusals: list[Refusal] = []
    notes: list[str] = []
    for change in plan.changes:
        try:
            edits, found = _edits(change, routing)
        except EditConflict as conflict:
            refusals.append(_refusal(change, conflict.reason, conflict.details))
        except ShallowCloneError:
            changes.append(change)  # carrying it out says so, and goes on with the others
        else:
            changes.append(replace(change, edits=edits))
            notes += [f"`{change.name}`: {note}" for note in found]
    changes = _with_own_edits(changes, kind)
    disputed = find_disputes(changes, kind)
    refusals += [disputed[each.name] for each in changes if each.name in disputed]
    agreed = tuple(each for each in changes if each.name not in disputed)
    return replace(
        plan,
        changes=agreed,
        refusals=tuple(sorted((*plan.refusals, *refusals), key=lambda each: each.name)),
        shared=tuple(_shared(agreed, catalog)),
        notes=(*plan.notes, *notes),
    )


def _edits(change: Change, routing: _Routing) -> tuple[tuple[FileEdit, ...], tuple[str, ...]]:
    """Return the edits of a composite's files, and notes; nothing for other changes."""
    local, remote = change.state.local, change.state.remote
    if local is None or remote is None or not local.partials:
        return (), ()
    if change.action is Action.WRITE:
        attributed = _attribute(local, routing.catalog, remote)
        own = as_file_prompt(local, remote, routing.kind, own=_own(attributed, local))
        _check_content(own, attributed, local, remote, routing)
        edits = [FileEdit(local, local.prompt, own)] if own != local.prompt else []
        files = routing.catalog.files
        for name, text in attributed.text_by_partial.items():
            edits.append(_partial_edit(files[name], files[name].prompt, text))
        return tuple(edits), attributed.notes
    if change.action is Action.MERGE:
        return _merged_edits(local, remote, routing)
    return (), ()


def _with_own_edits(changes: Sequence[Change], kind: str) -> list[Change]:
    """Say what is written to a prompt's own file, too, where a composite's edit goes into it."""
    shared = {edit.name for change in changes for edit in change.edits}

    def with_own(change: Change) -> Change:
        local, remote = change.state.local, change.state.remote
        is_plain = change.action is Action.WRITE and not change.edits and change.name in shared
        if local is None or remote is None or local.partials or not is_plain:
            return change
        after = as_file_prompt(local, remote, kind)
        return replace(change, edits=(FileEdit(local, local.prompt, after),))

    return [with_own(change) for change in changes]


def _merged_edits(
    local: LocalPrompt, remote: RemotePrompt, routing: _Routing
) -> tuple[tuple[FileEdit, ...], tuple[str, ...]]:
    """Return what the registry made of the files as they were when the prompt was uploaded."""
    base = routing.read_past().composite_base(local, remote)
    if base is None:
        return (), ()
    attributed = _attribute(base.local, base.catalog, remote)
    own = as_file_prompt(base.local, remote, routing.kind, own=_own(attributed, base.local))
    edits = []
    if own != base.local.prompt:
        edits.append(FileEdit(local, base.local.prompt, own, _text(base, base.local)))
    for name, text in attributed.text_by_partial.items():
        if name not in local.partials:
            raise EditConflict(
                f"its partial `{name}` was edited in the registry, and the file here does not "
                "include that any more"
            )
        then = base.catalog.files[name]
        now = routing.catalog.files[name]
        edits.append(_partial_edit(now, then.prompt, text, _text(base, then)))
    if not edits:
        # Whatever was edited is in git already; taking note of that is all there is to do.
        edits.append(FileEdit(local, own, own, _text(base, base.local)))
    return tuple(edits), attributed.notes


def _attribute(local: LocalPrompt, catalog: Catalog, remote: RemotePrompt) -> AttributedEdit:
    partials = {name: catalog.files[name].prompt for name in local.partials}
    return attribute_edit(local.prompt, partials, remote.prompt.content)


def _own(attributed: AttributedEdit, local: LocalPrompt) -> Content:
    return local.prompt.content if attributed.own is None else attributed.own


def _partial_edit(
    local: LocalPrompt, before: Prompt, text: str, base_text: str | None = None
) -> FileEdit:
    return FileEdit(local, before, replace(before, content=text), base_text)


def _text(base: CompositeBase, local: LocalPrompt) -> str:
    return text_of(base.source_by_path[local.path])


def _check_content(
    own: Prompt,
    attributed: AttributedEdit,
    local: LocalPrompt,
    remote: RemotePrompt,
    routing: _Routing,
) -> None:
    """Refuse files that would not agree with the registry together."""
    prompts = {name: routing.catalog.files[name].prompt for name in local.partials}
    changed = {
        name: replace(prompts[name], content=text)
        for name, text in attributed.text_by_partial.items()
    }
    if content_hash(expand(own, {**prompts, **changed}), routing.kind) != remote.content_hash:
        raise EditConflict("its files cannot say exactly what the registry has")


def _refusal(change: Change, reason: str, details: Sequence[str]) -> Refusal:
    name = change.name
    return Refusal(
        change.state,
        reason,
        f"put it into its files by hand, then `promptsync upload --force {name}`",
        tuple(details),
    )


def _shared(changes: Sequence[Change], catalog: Catalog) -> Iterator[SharedEdit]:
    """Yield the edited files that other prompts include, with those that did not edit them."""
    names_by_file: dict[str, set[str]] = {}
    for change in changes:
        for name in _edited_names(change):
            names_by_file.setdefault(name, set()).add(change.name)
    for name, editors in sorted(names_by_file.items()):
        touched = tuple(
            each
            for each, local in sorted(catalog.prompts.items())
            if (each == name or name in local.partials) and each not in editors
        )
        if touched:
            yield SharedEdit(name, catalog.files[name].path, touched)


def _edited_names(change: Change) -> Iterator[str]:
    """Yield the names of the prompts in files whose content a change edits."""
    local, remote = change.state.local, change.state.remote
    if change.edits:
        yield from (each.name for each in change.edits if each.changes_content)
        return
    if local is None or remote is None or local.partials:
        return
    if escape_includes(remote.prompt).content != local.prompt.content:
        yield change.name
