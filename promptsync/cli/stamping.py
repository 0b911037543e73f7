"""The stamps of an upload in a session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promptsync import stamping
from promptsync.catalog import Catalog
from promptsync.cli.session import Session
from promptsync.remote_prompt import Stamp
from promptsync.status import LocalPrompt


def make_stamps(
    session: Session, catalog: Catalog, locals_: Sequence[LocalPrompt]
) -> Mapping[str, Stamp]:
    """Return the stamp of each prompt, by path."""
    repository = session.workspace.require_repository()
    return stamping.make_stamps(repository, session.repository_url, catalog, locals_)
