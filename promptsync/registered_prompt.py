"""What registering a prompt came to. Values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPrompt:
    """A prompt that a program wrote to a registry, and the version that says it there.

    `version` is the registry's own spelling. `created` tells whether this call made it, False
    where the registry had it already. `alias` is the one that points at it now, None for none.
    `registry` is its name in the configuration. `passed_over` is the version before the one that
    this call made, if that is an edit in the registry which the alias did not point at.
    """

    name: str
    version: str
    content_hash: str
    created: bool
    alias: str | None
    registry: str
    passed_over: str | None = None
