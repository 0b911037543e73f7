"""Prompts and their versions, kept as the service keeps them: every write is a row, none is lost.

This is the store's side: what a write does to ids, moments and order. How an answer shows it is in
answers.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .ids import TransactionIds, new_uuid, now
from .json_values import Json, JsonObject, stored_object
from .projects import Project

# Assumption: "upsert" is a full write and "merge" a partial one. Evidence: the three words are in
# the source of the official command line; what each means is inferred.
Action = Literal["upsert", "merge", "delete"]


@dataclass(frozen=True)
class Version:
    """One write of a prompt: all its fields as they were after it."""

    transaction: int
    created: str
    action: Action
    content: JsonObject


@dataclass(eq=False)
class Prompt:
    """An object with an id of its own, from its birth to its deletion."""

    id: str
    project: Project
    #: Lists are sorted by birth, not by `created`: a rewritten prompt keeps its place (recorded).
    birth: int
    versions: list[Version]

    @property
    def latest(self) -> Version:
        """The version that a plain read answers with."""
        return self.versions[-1]

    @property
    def slug(self) -> str:
        """The name by which applications load it, unique in the project."""
        return str(self.latest.content["slug"])

    @property
    def is_deleted(self) -> bool:
        """Whether its last version is a tombstone."""
        return self.latest.action == "delete"

    def version(self, transaction: int) -> Version | None:
        """Return what one transaction left."""
        # Assumption: only the exact transaction counts. Evidence: "Retrieve prompt at a specific
        # version" in the API reference; see the switch UnknownVersionAnswersLatest.
        matches = (row for row in self.versions if row.transaction == transaction)
        return next((row for row in matches if row.action != "delete"), None)


class Prompts:
    """Every prompt of every project."""

    def __init__(self, transactions: TransactionIds) -> None:
        self._transactions = transactions
        self._by_id: dict[str, Prompt] = {}
        self._by_slug: dict[tuple[str, str], Prompt] = {}

    def write(
        self, project: Project, content: JsonObject, *, transaction: int | None = None
    ) -> Prompt:
        """Create a prompt, or replace the one with its slug: same id, all else new."""
        row = Version(
            transaction or self._transactions.next(), now(), "upsert", stored_object(content)
        )
        prompt = self.find(project.id, str(content["slug"]))
        if prompt is not None:
            prompt.versions.append(row)
            return prompt
        # A slug that was deleted and comes back gets a new id (recorded).
        prompt = Prompt(new_uuid(), project, len(self._by_id), [row])
        self._by_id[prompt.id] = self._by_slug[project.id, prompt.slug] = prompt
        return prompt

    def merge(self, prompt: Prompt, changes: JsonObject) -> Version:
        """Change some fields: `created` stays, what is not named stays."""
        # Assumption: objects are merged deeply and null changes nothing. Evidence: the OpenAPI
        # document says so, a comment in the official command line says the contrary.
        content = _merged(prompt.latest.content, stored_object(changes))
        row = Version(self._transactions.next(), prompt.latest.created, "merge", content)
        del self._by_slug[prompt.project.id, prompt.slug]
        prompt.versions.append(row)
        self._by_slug[prompt.project.id, prompt.slug] = prompt
        return row

    def delete(self, prompt: Prompt) -> Version:
        """End a prompt with a tombstone, whose `created` is the moment of deletion."""
        row = Version(self._transactions.next(), now(), "delete", prompt.latest.content)
        prompt.versions.append(row)
        del self._by_slug[prompt.project.id, prompt.slug]
        return row

    def find(self, project_id: str, slug: str) -> Prompt | None:
        """Return the prompt that a project serves under a slug."""
        return self._by_slug.get((project_id, slug))

    def get(self, prompt_id: str, *, even_deleted: bool = False) -> Prompt | None:
        """Return a prompt by its id."""
        prompt = self._by_id.get(prompt_id)
        return None if prompt is None or (prompt.is_deleted and not even_deleted) else prompt

    def newest_first(self) -> Iterator[Prompt]:
        """Yield every prompt that is not deleted by the moment of its birth."""
        return (prompt for prompt in reversed(self._by_id.values()) if not prompt.is_deleted)


def _merged(old: JsonObject, changes: JsonObject) -> JsonObject:
    merged = dict(old)
    for key, value in changes.items():
        if value is not None:
            merged[key] = _merged_value(merged.get(key), value)
    return stored_object(merged)


def _merged_value(old: Json, new: Json) -> Json:
    return _merged(old, new) if isinstance(old, dict) and isinstance(new, dict) else new
