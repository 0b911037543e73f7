"""Environments, which the workspace defines, and which version of a prompt owns each one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from .errors import ConflictError
from .ids import Ids, now
from .prompts import Prompt, Version

# Source: EnvironmentConfig.
MOST = 20


@dataclass(frozen=True)
class Environment:
    """A name, such as production."""

    id: str
    name: str
    description: str | None = None
    color: str | None = None
    created_at: str = field(default_factory=now)


class Environments:
    """Every environment, and who owns it."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_id: dict[str, Environment] = {}
        # By prompt: the id of the one version that owns each environment.
        self._owners: dict[str, dict[str, str]] = {}

    def add(
        self,
        name: str,
        description: str | None = None,
        color: str | None = None,
        *,
        environment_id: str | None = None,
    ) -> Environment:
        """Define an environment. Raises ConflictError for a name that is taken."""
        if self.named(name) is not None:
            raise ConflictError(f"Environment with name '{name}' already exists in the workspace")
        if len(self._by_id) >= MOST:
            raise ConflictError(f"Workspace already has the maximum of {MOST} environments")
        environment = Environment(environment_id or self._ids.next(), name, description, color)
        self._by_id[environment.id] = environment
        return environment

    def update(self, environment: Environment, **fields: str) -> Environment:
        """Change some fields of an environment."""
        changed = self._by_id[environment.id] = replace(environment, **fields)
        return changed

    def delete(self, ids: Iterable[str]) -> None:
        """Remove environments; those that are not there are ignored."""
        for each in ids:
            self._by_id.pop(each, None)

    def all(self) -> list[Environment]:
        """Return every environment."""
        return list(self._by_id.values())

    def get(self, environment_id: str) -> Environment | None:
        """Return an environment by its id."""
        return self._by_id.get(environment_id)

    def named(self, name: str) -> Environment | None:
        """Return an environment by its name."""
        return next((each for each in self._by_id.values() if each.name == name), None)

    def of(self, version: Version) -> list[str]:
        """Return the environments that a version owns."""
        owners = self._owners.get(version.prompt_id, {})
        return sorted(name for name, owner in owners.items() if owner == version.id)

    def taken(self, prompt: Prompt, names: Iterable[str]) -> list[str]:
        """Return which of some environments a version of a prompt owns already."""
        return [each for each in names if each in self._owners.get(prompt.id, {})]

    def assign(self, version: Version, names: Iterable[str]) -> None:
        """Make these the environments of a version; their owners before lose them."""
        self._ids.next()
        owners = self._owners.setdefault(version.prompt_id, {})
        for name in self.of(version):
            del owners[name]
        owners.update(dict.fromkeys(names, version.id))

    def version_in(self, prompt: Prompt, name: str) -> Version | None:
        """Return the version that an environment points at."""
        owner = self._owners.get(prompt.id, {}).get(name)
        return next((each for each in prompt.versions if each.id == owner), None)
