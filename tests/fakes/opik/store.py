"""All that one fake workspace holds, without any HTTP."""

from __future__ import annotations

import threading
from typing import TypeVar

from .environments import Environment, Environments
from .errors import NotFoundError
from .experiments import Experiment
from .ids import Ids
from .json_values import JsonObject
from .projects import Project, Projects
from .prompts import Prompt, Prompts, Version

Thing = TypeVar("Thing")


class Store:
    """Projects, prompts, environments and experiments, with one lock around each request."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.ids = Ids()
        self.projects = Projects(self.ids)
        self.prompts = Prompts(self.ids)
        self.environments = Environments(self.ids)
        self.experiments: list[Experiment] = []
        self.traces: dict[str, JsonObject] = {}
        self.spans: dict[str, JsonObject] = {}

    @property
    def revision(self) -> int:
        """A number that differs after every change."""
        return self.ids.latest

    def project(self, project_id: str) -> Project:
        """Return a project by its id, or refuse the request."""
        return _found(self.projects.get(project_id), "Project not found")

    def prompt(self, prompt_id: str) -> Prompt:
        """Return a prompt by its id, or refuse the request."""
        return _found(self.prompts.get(prompt_id), "Prompt not found")

    def version(self, version_id: str) -> Version:
        """Return a version by its id, or refuse the request."""
        return _found(self.prompts.version(version_id), "Prompt version not found")

    def environment(self, environment_id: str) -> Environment:
        """Return an environment by its id, or refuse the request."""
        return _found(self.environments.get(environment_id), "Environment not found")

    def prompt_named(self, name: str) -> Prompt:
        """Return the only prompt with exactly this name; KeyError if there is none, or several."""
        found = [each for each in self.prompts if each.name == name]
        if len(found) != 1:
            raise KeyError(f"{len(found)} prompts have the name {name!r}")
        return found[0]


def _found(thing: Thing | None, otherwise: str) -> Thing:
    if thing is None:
        raise NotFoundError(otherwise)
    return thing
