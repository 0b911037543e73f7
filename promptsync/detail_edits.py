"""Find details, such as a title, that were edited in a registry: no stamp has a hash of them.

What the registry held since the upload tells who moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile

from promptsync.parallel_requests import in_parallel
from promptsync.plan import Action
from promptsync.prompt import Prompt
from promptsync.prompt_details import details_differ
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from promptsync.status import PromptState, Status

_FIELDS = ("title", "description", "tags")


def find_detail_edits(registry: Registry, states: Sequence[PromptState]) -> Mapping[str, Action]:
    """Return how a download takes in edited details, by name, where the content needs none.

    The registry's versions are asked for where the file changed, too: one request for each prompt.
    """
    edited = [each for each in states if _may_be_edited(each)]
    found = in_parallel(lambda each: _action(each, registry), edited)
    actions = dict(zip((each.name for each in edited), found, strict=True))
    return {name: action for name, action in actions.items() if action is not None}


def _may_be_edited(state: PromptState) -> bool:
    is_stamped = state.remote is not None and state.remote.stamp is not None
    return is_stamped and state.details_differ and state.status in (Status.IN_SYNC, Status.MODIFIED)


def _action(state: PromptState, registry: Registry) -> Action | None:
    local, remote = state.local, state.remote
    if local is None or remote is None:
        return None
    is_in_sync = state.status is Status.IN_SYNC
    if is_in_sync and not state.is_file_edited:
        return Action.WRITE
    *earlier, uploaded = _since_upload(registry.list_versions(remote.name), remote)
    mine = local.header
    if any(not details_differ(mine, each.prompt) for each in (*earlier, uploaded)):
        return Action.WRITE if is_in_sync else Action.MERGE
    return Action.MERGE if _is_edited(mine, uploaded.prompt, remote.prompt) else None


def _since_upload(versions: Sequence[RemotePrompt], remote: RemotePrompt) -> Sequence[RemotePrompt]:
    """Return the versions from a remote prompt back to its upload, newest first."""
    until = dropwhile(lambda each: each.version != remote.version, versions)
    return [each for each in until if each.stamp == remote.stamp] or [remote]


def _is_edited(mine: Prompt, uploaded: Prompt, there: Prompt) -> bool:
    """Tell whether a detail that the file states became something else than both."""
    for field in _FIELDS:
        alone = replace(_bare(mine), **{field: getattr(mine, field)})
        if details_differ(alone, there) and details_differ(
            replace(_bare(uploaded), **{field: getattr(uploaded, field)}), there
        ):
            return True
    return any(
        details_differ(replace(_bare(mine), metadata={key: value}), there)
        and uploaded.metadata.get(key) != there.metadata.get(key)
        for key, value in mine.metadata.items()
    )


def _bare(prompt: Prompt) -> Prompt:
    return replace(prompt, title=None, description=None, tags=(), metadata={})
