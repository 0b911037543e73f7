"""Edits made in a registry, worded for a commit and for a pull request. Values only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from promptsync.status import PromptState


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryEdit:
    """An edit of one prompt in a registry, and the files that took it in."""

    name: str
    paths: tuple[str, ...]
    version: str
    author: str | None
    created: str | None

    @classmethod
    def of(cls, state: PromptState, paths: Sequence[str]) -> RegistryEdit | None:
        """Return the edit that a prompt's state describes, None when the registry has nothing."""
        if state.remote is None:
            return None
        remote = state.remote
        return cls(
            name=state.name,
            paths=tuple(paths),
            version=remote.version,
            author=remote.author,
            created=remote.created,
        )


def branch_for(registry: str) -> str:
    """Return the branch that holds the edits of one registry."""
    # https://git-scm.com/docs/git-check-ref-format allows more, and nothing here needs it.
    safe = re.sub("[^A-Za-z0-9_-]+", "-", registry).strip("-") or "registry"
    return f"promptsync/{safe}-edits"


def title_for(edits: Sequence[RegistryEdit], registry: str) -> str:
    """Return the subject of the commit, which is the title of the pull request too."""
    if len(edits) == 1:
        return f"Take over an edit of `{edits[0].name}` from registry `{registry}`"
    return f"Take over edits of {len(edits)} prompts from registry `{registry}`"


def trailers_for(edits: Sequence[RegistryEdit]) -> list[str]:
    """Return one trailer for each edit, naming version and author."""
    return [f"Registry-Edit: {each.name} version {each.version}{_by(each)}" for each in edits]


def _by(edit: RegistryEdit) -> str:
    author = f" by {edit.author}" if edit.author else ""
    return author + (f" at {edit.created}" if edit.created else "")
