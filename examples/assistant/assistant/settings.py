"""What the environment says about this process. All of it has defaults that work offline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`registry` is one of promptsync.toml, None for its default; `ttl` is in seconds."""

    registry: str | None = None
    alias: str = "production"
    ttl: float = 300.0
    model: str = "echo"

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read ASSISTANT_REGISTRY, ASSISTANT_ALIAS, ASSISTANT_TTL and ASSISTANT_MODEL."""
        return cls(
            registry=environment.get("ASSISTANT_REGISTRY") or None,
            alias=environment.get("ASSISTANT_ALIAS", cls.alias),
            ttl=float(environment.get("ASSISTANT_TTL", cls.ttl)),
            model=environment.get("ASSISTANT_MODEL", cls.model),
        )
