"""What a comparison looks at. Values only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from promptsync.remote_prompt import RemotePrompt
from promptsync.renames import WasHere
from promptsync.status import LocalPrompt

IsTakenIn = Callable[[LocalPrompt, RemotePrompt], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a comparison looks at.

    `names` are local names, None for the whole catalog together with what only the registry
    has. `alias` reads the version it points at instead of the latest. `complete` insists on
    seeing every remote prompt, where a listing could end early. `carriers` looks among all
    versions for one that carries a file's content hash, and so does an alias that points at other
    content unless the comparison is `brief`. With `latest`, for who will write versions and move
    an alias, an edit is looked for that is later than what the alias points at; where that one
    `adopts`, also of prompts that agree and lack a stamp. With `only_missing` both look no further
    than at what the alias does not point at. `repository` gives the URL of this one,
    which tells what another repository uploaded from what was removed here. With `was_here`, which
    tells whether the file of a remote prompt was once one of these, renames are looked for.
    """

    names: Sequence[str] | None = None
    alias: str | None = None
    complete: bool = False
    carriers: bool = False
    brief: bool = False
    latest: bool = False
    adopts: bool = False
    only_missing: bool = False
    repository: Callable[[], str | None] = lambda: None
    was_here: WasHere | None = None
