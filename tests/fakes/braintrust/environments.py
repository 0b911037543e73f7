"""Environments, which an organisation defines, and which version of a prompt each one points at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .ids import TransactionIds, new_uuid, now
from .projects import Organization
from .prompts import Prompt, Version


@dataclass(frozen=True)
class Environment:
    """A name, such as production, that every prompt of an organisation can be assigned to."""

    organization: Organization
    name: str
    slug: str
    description: str | None = None
    id: str = field(default_factory=new_uuid)
    created: str = field(default_factory=now)
    deleted_at: str | None = None


@dataclass(frozen=True)
class Assignment:
    """One prompt's version in one environment."""

    environment: Environment
    prompt: Prompt
    transaction: int
    id: str = field(default_factory=new_uuid)
    created: str = field(default_factory=now)


class Environments:
    """Every environment and every assignment."""

    def __init__(self, transactions: TransactionIds) -> None:
        self._transactions = transactions
        self._by_id: dict[str, Environment] = {}
        self._assignments: dict[str, dict[str, Assignment]] = {}

    def add(
        self, organization: Organization, slug: str, name: str, description: str | None = None
    ) -> Environment:
        """Define an environment."""
        return self.save(Environment(organization, name, slug, description))

    def save(self, environment: Environment) -> Environment:
        """Keep an environment, in place of an earlier state of it."""
        self._transactions.next()
        self._by_id[environment.id] = environment
        return environment

    def delete(self, environment: Environment) -> Environment:
        """Mark an environment as deleted."""
        return self.save(replace(environment, deleted_at=now()))

    def get(self, environment_id: str) -> Environment | None:
        """Return an environment that is not deleted."""
        environment = self._by_id.get(environment_id)
        return None if environment is None or environment.deleted_at else environment

    def living(self) -> Iterator[Environment]:
        """Yield every environment that is not deleted."""
        return (known for known in self._by_id.values() if known.deleted_at is None)

    def find(self, organization: Organization, slug: str) -> Environment | None:
        """Return an organisation's environment by its slug."""
        found = (
            known
            for known in self.living()
            if known.slug == slug and known.organization.id == organization.id
        )
        return next(found, None)

    def assign(self, environment: Environment, prompt: Prompt, transaction: int) -> Assignment:
        """Point an environment at a version; a second time only moves it."""
        self._transactions.next()
        assignments = self._assignments.setdefault(prompt.id, {})
        earlier = assignments.get(environment.id)
        assignment = (
            replace(earlier, transaction=transaction)
            if earlier
            else Assignment(environment, prompt, transaction)
        )
        assignments[environment.id] = assignment
        return assignment

    def unassign(self, assignment: Assignment) -> None:
        """Leave an environment without a version of this prompt."""
        self._transactions.next()
        del self._assignments[assignment.prompt.id][assignment.environment.id]

    def assigned(self, prompt: Prompt, slug: str) -> Assignment | None:
        """Return which version an environment points at."""
        return next((one for one in self.of(prompt) if one.environment.slug == slug), None)

    def of(self, prompt: Prompt) -> Iterator[Assignment]:
        """Yield the assignments of a prompt."""
        for assignment in self._assignments.get(prompt.id, {}).values():
            environment = self.get(assignment.environment.id)
            if environment is not None:
                yield replace(assignment, environment=environment)

    def version_in(self, prompt: Prompt, slug: str) -> Version | None:
        """Return the version that an environment serves."""
        assignment = self.assigned(prompt, slug)
        return prompt.version(assignment.transaction) if assignment else None
