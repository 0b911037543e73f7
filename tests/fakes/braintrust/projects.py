"""Organisations and their projects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .ids import TransactionIds, new_uuid, now
from .json_values import JsonObject


@dataclass(frozen=True)
class Organization:
    """An organisation that the key belongs to."""

    name: str
    #: Where its data lives: None is this server, an address is another region or self-hosted.
    api_url: str | None = None
    id: str = field(default_factory=new_uuid)


@dataclass(frozen=True)
class Project:
    """A project; a deleted one stays readable nowhere."""

    organization: Organization
    name: str
    description: str | None = None
    settings: JsonObject | None = None
    id: str = field(default_factory=new_uuid)
    created: str = field(default_factory=now)
    deleted_at: str | None = None
    user_id: str = field(default_factory=new_uuid)


class Projects:
    """Every project that the key can see."""

    def __init__(self, transactions: TransactionIds) -> None:
        self._transactions = transactions
        self._by_id: dict[str, Project] = {}

    def add(self, organization: Organization, name: str, description: str | None = None) -> Project:
        """Create a project without asking whether there is one of that name."""
        return self.save(Project(organization, name, description))

    def save(self, project: Project) -> Project:
        """Keep a project, in place of an earlier state of it."""
        self._transactions.next()
        self._by_id[project.id] = project
        return project

    def delete(self, project: Project) -> Project:
        """Mark a project as deleted; its name is free again."""
        return self.save(replace(project, deleted_at=now()))

    def get(self, project_id: str) -> Project | None:
        """Return a project that is not deleted."""
        project = self._by_id.get(project_id)
        return None if project is None or project.deleted_at else project

    def matching(
        self,
        *,
        project_id: str | None = None,
        name: str | None = None,
        org_name: str | None = None,
    ) -> Iterator[Project]:
        """Yield the projects that meet every condition given, the newest first."""
        for project in reversed(self._by_id.values()):
            wanted = (
                project.deleted_at is None
                and project_id in {None, project.id}
                and name in {None, project.name}
                and org_name in {None, project.organization.name}
            )
            if wanted:
                yield project
