"""What a person does in the web interface, and an application with the SDK, behind git's back."""

from __future__ import annotations

from .experiments import Experiment
from .json_values import Json, JsonObject
from .prompts import Version
from .store import Store


class Person:
    """Somebody at work in the web interface."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def edits(self, name: str, template: str | None = None, **fields: Json) -> Version:
        """Save a changed prompt in its dialog, as a new version."""
        # Assumption: metadata and dialect come along, tags and environments do not. Evidence: the
        # dialog shows the metadata of the version that it starts from; restoring a version drops
        # tags and environments in the source.
        with self._store.lock:
            prompt = self._store.prompt_named(name)
            latest = prompt.latest
            there: JsonObject = {}
            if latest is not None:
                there = {"template": latest.template, "metadata": latest.metadata}
                there["type"] = latest.type
            changed = {**there, **({"template": template} if template else {}), **fields}
            return self._store.prompts.append(prompt, changed)

    def application_writes(self, name: str, template: str, metadata: Json = None) -> Version:
        """Do what `create_prompt` of the SDK does to a prompt: metadata is what it passes."""
        with self._store.lock:
            prompt = self._store.prompt_named(name)
            return self._store.prompts.append(
                prompt, {"template": template, "metadata": metadata, "type": "mustache"}
            )

    def describes(self, name: str, description: str | None, tags: list[str] | None = None) -> None:
        """Change description and tags of a prompt."""
        with self._store.lock:
            prompt = self._store.prompt_named(name)
            named: list[Json] | None = None if tags is None else [*tags]
            fields: JsonObject = {"name": name, "description": description, "tags": named}
            self._store.prompts.update(prompt, fields)

    def deletes(self, name: str) -> None:
        """Delete a prompt."""
        with self._store.lock:
            self._store.prompts.delete(self._store.prompt_named(name).id)

    def promotes(self, name: str, environment: str, number: int) -> None:
        """Point an environment at a version."""
        with self._store.lock:
            version = self._store.prompt_named(name).versions[number - 1]
            names = [*self._store.environments.of(version), environment]
            self._store.environments.assign(version, names)

    def experiments(self, name: str, *versions: Version, **counted: object) -> Experiment:
        """Run an experiment with versions of prompts."""
        with self._store.lock:
            made = Experiment(self._store.ids.next(), name, versions, **counted)  # type: ignore[arg-type]  # what a test counts
            self._store.experiments.append(made)
            return made
