"""Build a report from a session; `status`, `verify` and `diff` share it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from promptsync import git_objects
from promptsync.catalog import Catalog
from promptsync.cli.next_command import Given
from promptsync.cli.report import Report
from promptsync.cli.session import Session
from promptsync.comparison import Comparison
from promptsync.errors import RegistryError, ShallowCloneError
from promptsync.remote_prompt import RemotePrompt
from promptsync.scope import Scope
from promptsync.status import LocalPrompt, PromptState, Status

if TYPE_CHECKING:
    from promptsync.remote_edit import TwoTexts


def make_report(
    session: Session,
    catalog: Catalog,
    *,
    names: Sequence[str] | None = None,
    alias: str | None = None,
    uploaded: bool = False,
    strict: bool = False,
    complete: bool = False,
    staged: bool = False,
) -> Report:
    """Compare a catalog, or some of its prompts, with the session's registry.

    `alias` is the one that was asked for; without it the configured one counts.
    """
    looked_at = None if uploaded else session.alias(alias)
    scope = Scope(
        names=names,
        alias=looked_at,
        complete=complete or strict,
        carriers=uploaded,
        repository=lambda: session.repository_url,
        was_here=None if uploaded else _was_here(session),
    )
    states = _with_causes(session, catalog, session.states(catalog, scope))
    return Report(
        registry=session.name,
        kind=session.registry.kind,
        address=session.registry.address,
        comparison=Comparison(
            states=states, alias=looked_at, uploaded_is_enough=uploaded, strict=strict
        ),
        read_texts=_texts_reader(session, staged=staged),
        given=Given(registry=session.asked_for, alias=alias),
    )


def _was_here(session: Session) -> Callable[[RemotePrompt], bool]:
    """Return what tells whether a remote prompt was uploaded from a file that was here."""

    def was_here(remote: RemotePrompt) -> bool:
        # A clone too shallow to tell is good enough for a report; an upload refuses to guess.
        try:
            return session.was_here(remote)
        except ShallowCloneError:
            return False

    return was_here


def _texts_reader(session: Session, *, staged: bool) -> Callable[[PromptState], TwoTexts]:
    """Return what reads the two texts of a prompt, which few reports show."""

    def texts(state: PromptState) -> TwoTexts:
        from promptsync.remote_edit import two_texts  # it needs PyYAML

        text = read_file_text(session, state.local, staged=staged) if state.local else None
        return two_texts(state, session.registry.kind, text)

    return texts


def _with_causes(
    session: Session, catalog: Catalog, states: tuple[PromptState, ...]
) -> tuple[PromptState, ...]:
    """Return the states with the partials named by which alone a composite changed."""
    if not any(
        state.local and state.local.partials and state.status is not Status.IN_SYNC
        for state in states
    ):
        return states
    from promptsync.changed_partials import mark_changed_by_partials

    return mark_changed_by_partials(states, catalog, session.workspace.require_repository)


def with_pointers(session: Session, report: Report) -> Report:
    """Return a report that says where aliases point, or why it does not say that."""
    from promptsync.pointers import read_pointers  # only `status` asks

    try:
        pointers = read_pointers(session.registry, report.comparison.states)
    except RegistryError as error:
        hint = f" ({error.hint})" if error.hint else ""
        note = f"where aliases point is not known: {error.message}{hint}"
        return replace(report, notes=(*report.notes, note))
    return replace(report, pointers=pointers)


def read_file_text(session: Session, local: LocalPrompt, *, staged: bool) -> str | None:
    """Return the text of a prompt file as it was compared, None when it is gone meanwhile.

    An entry of a catalog file is shown as the prompt file that it would be.
    """
    from promptsync.prompt_file import format_prompt  # it needs PyYAML

    if local.key is not None:
        return format_prompt(local.prompt, path_name=local.key)
    repository = session.workspace.require_repository()
    if session.revision or staged:
        data = next(git_objects.read_blobs(repository, [f"{session.revision or ''}:{local.path}"]))
    else:
        file = repository.top / local.path
        data = file.read_bytes() if file.is_file() else None
    return None if data is None else data.decode("utf-8-sig").replace("\r\n", "\n")
