"""All that one fake workspace holds, without any HTTP."""

from __future__ import annotations

import threading
from typing import TypeVar

from .datasets import Dataset, Datasets
from .environments import Environment, Environments
from .errors import NotFoundError
from .experiments import Experiment, ExperimentItem, measured
from .ids import Ids
from .json_values import JsonObject
from .projects import Project, Projects
from .prompts import Prompt, Prompts, Version

Thing = TypeVar("Thing")


class Store:
    """Projects, prompts, environments, datasets, experiments, with a lock around each request."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.ids = Ids()
        self.projects = Projects(self.ids)
        self.prompts = Prompts(self.ids)
        self.environments = Environments(self.ids)
        self.datasets = Datasets(self.ids)
        self.experiments: list[Experiment] = []
        self.experiment_items: dict[str, ExperimentItem] = {}
        self.traces: dict[str, JsonObject] = {}
        self.spans: dict[str, JsonObject] = {}
        # By the id of the trace, then by the name of the score.
        self.scores: dict[str, dict[str, float]] = {}

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

    def dataset(self, dataset_id: str) -> Dataset:
        """Return a dataset by its id, or refuse the request."""
        return _found(self.datasets.get(dataset_id), "Dataset not found")

    def experiment(self, experiment_id: str) -> Experiment:
        """Return an experiment by its id, or refuse the request."""
        found = (each for each in self.experiments if each.id == experiment_id)
        return _found(next(found, None), "Not found experiment with id")

    def measured(self, experiment: Experiment) -> Experiment:
        """Return an experiment with what its items say by now."""
        items = self.experiment_items.values()
        traces = [each.trace_id for each in items if each.experiment_id == experiment.id]
        return measured(experiment, [self.scores.get(each, {}) for each in traces])

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
