"""All that one fake service holds, without any HTTP."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from .environments import Environments
from .errors import BadRequestError, missing
from .experiments import Experiments
from .ids import TransactionIds, new_uuid
from .projects import Organization, Project, Projects
from .prompts import Prompt, Prompts


class Store:
    """Everything there is, from organisations to experiments, with one lock for each request."""

    def __init__(self, organizations: Sequence[Organization]) -> None:
        self.organizations = tuple(organizations)
        self.lock = threading.RLock()
        self.user_email = "person@example.com"
        self.user_id = new_uuid()
        self.transactions = TransactionIds()
        self.projects = Projects(self.transactions)
        self.prompts = Prompts(self.transactions)
        self.environments = Environments(self.transactions)
        self.experiments = Experiments(self.transactions)

    @property
    def revision(self) -> int:
        """A number that differs after every change."""
        return self.transactions.latest

    def organization(self, name: str | None = None) -> Organization:
        """Return an organisation by name, or the key's first one."""
        for organization in self.organizations:
            if name in {None, organization.name}:
                return organization
        # Assumption: an organisation that the key does not belong to is a 400. Evidence: none.
        raise BadRequestError(f"Organization {name} not found")

    def project(self, project_id: str, *, access: str = "read") -> Project:
        """Return a project by its id, or refuse the request."""
        project = self.projects.get(project_id)
        if project is None:
            raise missing("project", project_id, access=access)
        return project

    def prompt(self, prompt_id: str, *, access: str = "read") -> Prompt:
        """Return a prompt by its id, or refuse the request."""
        prompt = self.prompts.get(prompt_id)
        if prompt is None or self.projects.get(prompt.project.id) is None:
            raise missing("prompt", prompt_id, access=access)
        return prompt

    def prompt_named(self, slug: str) -> Prompt:
        """Return the only prompt with this slug; KeyError if there is none, or several."""
        found = [prompt for prompt in self.prompts.newest_first() if prompt.slug == slug]
        if len(found) != 1:
            raise KeyError(f"{len(found)} prompts have the slug {slug!r}")
        return found[0]
