"""The Braintrust project that is meant, and how to get there. Values only."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The project that is meant, as far as the configuration says."""

    project: str | None
    project_id: str | None
    api_url: str | None
    app_url: str
    org_name: str | None
    api_key: str = field(repr=False)

    @property
    def label(self) -> str:
        """The project, for people."""
        return f'project "{self.project}"' if self.project else f"project {self.project_id}"

    @property
    def cache_key(self) -> str:
        """A key that tells accounts and projects apart and gives nothing away."""
        parts = [
            self.app_url,
            self.api_url,
            self.org_name,
            self.api_key,
            self.project,
            self.project_id,
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """How to get there. `project_id` may be unknown: only writes need it."""

    api_url: str
    project: str | None = None
    org_name: str | None = None
    project_id: str | None = None
    is_remembered: bool = False

    @property
    def project_query(self) -> dict[str, str]:
        """How a read names the project: by name if it can, which needs no look-up."""
        if self.project is None:
            return {"project_id": self.project_id or ""}
        organization = {"org_name": self.org_name} if self.org_name else {}
        return {"project_name": self.project, **organization}
