"""What a person does in the web interface, behind git's back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .experiments import Experiment, Span
from .json_values import Json, JsonObject
from .prompts import Prompt, Version
from .store import Store


class Person:
    """Somebody at work in the web interface."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def edits(self, slug: str, text: str | None = None, **fields: Json) -> Version:
        """Change a prompt in its dialog; `text` becomes the content of its last message.

        `model` and `params` are named directly, every other field as the API names it.
        """
        # Assumption: a partial write, so that `metadata` and `created` stay. Evidence: the dialog
        # edits the existing object and metadata is one of its fields, says the documentation; no
        # recording.
        with self._store.lock:
            prompt = self._store.prompt_named(slug)
            return self._store.prompts.merge(prompt, _changed(prompt, text, fields))

    def saves_from_playground(self, slug: str, text: str | None = None, **fields: Json) -> Version:
        """Save a prompt anew from a playground: what the playground does not know is lost."""
        # Assumption: the new object has no `metadata`. Evidence: none; the pessimistic reading.
        with self._store.lock:
            prompt = self._store.prompt_named(slug)
            content = {**prompt.latest.content, **_changed(prompt, text, fields)}
            content.pop("metadata", None)
            return self._store.prompts.write(prompt.project, content).latest

    def deletes(self, slug: str) -> Version:
        """Delete a prompt."""
        with self._store.lock:
            return self._store.prompts.delete(self._store.prompt_named(slug))

    def evaluates(
        self,
        *slugs: str,
        name: str = "evaluation",
        scores: Sequence[Mapping[str, float]] = ({},),
        metrics: Mapping[str, float] | None = None,
        versions: Sequence[str | None] = (),
    ) -> Experiment:
        """Run an evaluation in code: one example for each entry of `scores`.

        Every example calls a model with each prompt, in its latest version, or in those given.
        """
        with self._store.lock:
            prompts = [self._store.prompt_named(slug) for slug in slugs]
            calls = [
                Span(metadata={"prompt": _used(prompt, version)})
                for prompt in prompts
                for version in versions or [str(prompt.latest.transaction)]
            ]
            spans = [
                span
                for each in scores
                for span in (
                    Span(is_root=True, scores=dict(each), metrics=dict(metrics or {})),
                    *calls,
                )
            ]
            project = prompts[0].project if prompts else next(self._store.projects.matching())
            return self._store.experiments.add(Experiment(project, name, spans))

    def restores(self, slug: str, version: Version) -> Version:
        """Bring an older version back, as a new one with equal content."""
        with self._store.lock:
            prompt = self._store.prompt_named(slug)
            return self._store.prompts.write(prompt.project, version.content).latest


def _used(prompt: Prompt, version: str | None) -> JsonObject:
    # What `Prompt.build` of the Python SDK 0.47.0 hands on as the metadata of the span.
    return {
        "variables": {},
        "id": prompt.id,
        "project_id": prompt.project.id,
        "version": version,
    }


def _changed(prompt: Prompt, text: str | None, fields: JsonObject) -> JsonObject:
    """Return the fields that differ, with the prompt's data whole."""
    data = _object(prompt.latest.content.get("prompt_data"))
    options = {**_object(data.get("options"))}
    options.update({key: fields[key] for key in ("model", "params") if key in fields})
    changes: JsonObject = {
        key: value for key, value in fields.items() if key not in {"model", "params"}
    }
    if options:
        data = {**data, "options": options}
    if text is not None:
        data = {**data, "prompt": _with_text(_object(data.get("prompt")), text)}
    return {"prompt_data": data, **changes}


def _with_text(block: JsonObject, text: str) -> JsonObject:
    messages = block.get("messages")
    if not isinstance(messages, list):
        return {**block, "content": text}
    return {**block, "messages": [*messages[:-1], {**_object(messages[-1]), "content": text}]}


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
