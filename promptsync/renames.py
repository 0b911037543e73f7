"""Find new prompt files that are removed prompts under another name, by equal content.

Only content counts, and only where one removed prompt and one new file have it: what was renamed
to what is never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from promptsync.remote_prompt import RemotePrompt
from promptsync.status import PromptState, Status, Succession

WasHere = Callable[[RemotePrompt], bool]


def with_successions(
    states: Sequence[PromptState],
    removed: Iterable[RemotePrompt],
    *,
    unserved: Sequence[str],
    was_here: WasHere,
    can_rename: bool,
) -> Iterator[PromptState]:
    """Yield states; a new one whose content a removed prompt has says so.

    `unserved` has the content hash of every file whose name the registry does not have, once for
    each. `was_here` tells whether the file of a removed prompt was once one of these: another
    branch may have one with the same content.
    """
    hashes = Counter(unserved)
    gone = [each for each in removed if each.content_hash in hashes and was_here(each)]
    for state in states:
        candidates = tuple(each for each in gone if each.content_hash == state.local_hash)
        if state.status is not Status.NEW or state.carrier is not None or not candidates:
            yield state
            continue
        succession = Succession(
            candidates=candidates,
            heirs=hashes[state.local_hash or ""],
            can_rename=can_rename,
        )
        yield replace(state, succession=succession, note=succession.note)
