"""An alias that points at no version of a prompt yet: set it, or wait for who is about to.

No service creates a prompt and an alias of it in one request, so that of several processes which
seed at once any may find the prompt without the alias.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from promptsync.errors import MovedError, RegistryAnswerError, RegistryRefusedError
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt

# A request that follows another one at once. Who does not set it by then does not mean to.
SETTLES_WITHIN = 1.0
# Each is twice as long as the one before: a service answers two or three requests for a prompt.
FIRST_PAUSE = 0.05


def set_missing_alias(
    stored: RemotePrompt, name: str, alias: str, registry: Registry
) -> RemotePrompt:
    """Point an alias at a version unless it points at some by now, and return what it points at.

    Raises MovedError when that is other content, and RegistryError.
    """
    current = registry.get_prompt(name, alias=alias)
    if current is None:
        current = _set_alias_or_find_it(stored, name, alias, registry)
    if current.content_hash != stored.content_hash:
        raise MovedError(name, current)
    return current


def find_unaliased(
    registry: Registry, names: Collection[str], alias: str, *, until: float
) -> frozenset[str]:
    """Return which prompts an alias points at no version of, and go on pointing at none.

    `names` are served names. Returns at once where it points at each, and waits for no more than
    half of the time up to `until`, a time of `time.monotonic`. Raises RegistryError.
    """
    now = time.monotonic()
    # Who waits up to a deadline has no time left to say what was found.
    until = now + min(SETTLES_WITHIN, (until - now) / 2)
    pause, missing = FIRST_PAUSE, frozenset(names)
    while missing:
        missing -= {each.name for each in registry.get_prompts(missing, alias=alias)}
        left = until - time.monotonic()
        if not missing or left <= 0:
            break
        time.sleep(min(pause, left))
        pause *= 2
    return missing


def _set_alias_or_find_it(
    stored: RemotePrompt, name: str, alias: str, registry: Registry
) -> RemotePrompt:
    """Set an alias, or find it set: of two who do so at the same moment, one may be refused."""
    try:
        registry.set_alias(name, alias, stored.version)
    except (RegistryRefusedError, RegistryAnswerError):
        if (current := registry.get_prompt(name, alias=alias)) is None:
            raise
        return current
    return stored
