"""Tell through `logging` what loading did. Each record carries its facts as `record.promptsync`.

No function here raises, whatever the application's handlers do, and none logs a prompt's text.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from promptsync.content_hash import short_hash
from promptsync.correlation import correlation_id
from promptsync.loaded_prompt import LoadedPrompt, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from promptsync.errors import PromptsyncError

_INFO, _WARNING = 20, 30  # as `logging` has them

_PLACES = {
    Source.REGISTRY: "the registry",
    Source.MEMORY: "memory",
    Source.DISK: "disk",
    Source.BUNDLE: "the bundle",
    Source.FILE: "its prompt file",
}


def changed(loaded: LoadedPrompt) -> None:
    """Log that this process now serves a prompt that it did not serve before."""
    message = f"loaded {_title(loaded)} from {_place(loaded)}: {short_hash(loaded.content_hash)}"
    _log(_INFO, loaded, message)


def fell_back(loaded: LoadedPrompt) -> None:
    """Log that a prompt is served from elsewhere, because the registry could not be asked."""
    missed = f"registry `{loaded.registry}`" if loaded.registry else "the registry"
    place = f"{_PLACES[loaded.source]} instead of {missed}"
    _log(_WARNING, loaded, f"{_title(loaded)} is served from {place}: {loaded.reason}")


def recovered(loaded: LoadedPrompt) -> None:
    """Log that the registry serves a prompt again, after a fallback."""
    _log(_INFO, loaded, f"{_title(loaded)} is served from {_place(loaded)} again")


def unproven(loaded: LoadedPrompt, why: str) -> None:
    """Log that a prompt is served although its hash is not what its stamp says."""
    _log(_WARNING, loaded, f"{_title(loaded)} is served unproven: {why}")


def lacks_alias(loaded: LoadedPrompt, alias: str) -> None:
    """Log that a prompt is loaded as the program asks, not at the alias of the environment."""
    message = f"{_title(loaded)} is served as the program asks: it has no alias `{alias}`"
    _log(_WARNING, loaded, message)


def has_no_bundle(loaded: LoadedPrompt, trouble: PromptsyncError) -> None:
    """Log, with the first prompt that is served, that no bundle is there for an outage."""
    hint = f" ({trouble.hint})" if trouble.hint else ""
    message = f"nothing is deployed that could be served in an outage: {trouble.message}{hint}"
    _log(_WARNING, loaded, message)


def facts(loaded: LoadedPrompt) -> dict[str, Any]:
    """Return what structured logs carry: JSON values, the same keys in each record."""
    return {
        "prompt": loaded.name,
        "version": loaded.version,
        "alias": loaded.alias,
        "source": loaded.source.value,
        "is_fallback": loaded.is_fallback,
        "reason": loaded.reason,
        "content_hash": loaded.content_hash,
        "correlation_id": correlation_id.get(),
    }


def _title(loaded: LoadedPrompt) -> str:
    parts = [
        f"version {loaded.version}" if loaded.version else "",
        f"alias `{loaded.alias}`" if loaded.alias else "",
    ]
    details = ", ".join(filter(None, parts))
    return f"`{loaded.name}` ({details})" if details else f"`{loaded.name}`"


def _place(loaded: LoadedPrompt) -> str:
    if loaded.source is Source.REGISTRY and loaded.registry:
        return f"registry `{loaded.registry}`"
    return _PLACES[loaded.source]


def _log(level: int, loaded: LoadedPrompt, message: str) -> None:
    if level < _WARNING and "logging" not in sys.modules:
        return  # nobody can have asked for it, and importing it costs 10 ms
    import logging

    with suppress(Exception):  # the application's filters and handlers
        logging.getLogger("promptsync").log(
            level, "%s", message, extra={"promptsync": facts(loaded)}
        )
