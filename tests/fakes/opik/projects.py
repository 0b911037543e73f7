"""The projects of the one workspace."""

from __future__ import annotations

from dataclasses import dataclass, field

from .collation import folded
from .ids import Ids, now


@dataclass(frozen=True)
class Project:
    """A project, which prompts belong to."""

    id: str
    name: str
    created_at: str = field(default_factory=now)


class Projects:
    """Every project."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_id: dict[str, Project] = {}

    def add(self, name: str) -> Project:
        """Return the project of a name; it is made if there is none."""
        found = self.find(name)
        if found is None:
            found = Project(self._ids.next(), name)
            self._by_id[found.id] = found
        return found

    def find(self, name: str) -> Project | None:
        """Return a project by its name."""
        wanted = folded(name)
        return next((each for each in self._by_id.values() if folded(each.name) == wanted), None)

    def get(self, project_id: str) -> Project | None:
        """Return a project by its id."""
        return self._by_id.get(project_id)

    def rename(self, project: Project, name: str) -> None:
        """Give a project another name; what it holds stays with it."""
        self._by_id[project.id] = Project(project.id, name, project.created_at)

    def delete(self, project_id: str) -> None:
        """Remove a project."""
        self._by_id.pop(project_id, None)
