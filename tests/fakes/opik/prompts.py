"""Prompts and their versions, kept as the service keeps them, without HTTP."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .collation import folded
from .errors import ConflictError
from .ids import Ids, commit_of, now
from .json_values import Json, JsonObject, stored, unordered

PERSON = "person@example.com"


@dataclass(frozen=True)
class Version:
    """One version: only its tags ever change."""

    id: str
    prompt_id: str
    number: int
    template: str
    metadata: Json = None
    type: str = "mustache"
    change_description: str | None = None
    tags: tuple[str, ...] = ()
    created_at: str = field(default_factory=now)
    created_by: str = PERSON

    @property
    def commit(self) -> str:
        """The deprecated short name."""
        return commit_of(self.id)


@dataclass(eq=False)
class Prompt:
    """What the versions of one name share."""

    id: str
    project_id: str | None
    name: str
    template_structure: str = "text"
    description: str | None = None
    tags: tuple[str, ...] = ()
    created_at: str = field(default_factory=now)
    last_updated_at: str = field(default_factory=now)
    versions: list[Version] = field(default_factory=list)

    @property
    def latest(self) -> Version | None:
        """The newest version; a prompt made without a template has none."""
        return self.versions[-1] if self.versions else None

    def version(self, number: str) -> Version | None:
        """Return a version by its number, spelled `v<N>`."""
        return next((each for each in self.versions if f"v{each.number}" == number), None)


class Prompts:
    """Every prompt of the workspace."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._by_id: dict[str, Prompt] = {}
        self._lock = threading.RLock()

    def __iter__(self) -> Iterator[Prompt]:
        """Yield every prompt, the newest first. Source: PromptDAO.find, ORDER BY id DESC."""
        return iter(sorted(self._by_id.values(), key=lambda each: each.id, reverse=True))

    def create(self, name: str, project_id: str | None, fields: JsonObject) -> Prompt:
        """Make a prompt without versions. Raises ConflictError for a name that is taken."""
        self._refuse_taken(name, project_id)
        prompt = Prompt(
            id=_text(fields.get("id")) or self._ids.next(),
            project_id=project_id,
            name=name,
            template_structure=_text(fields.get("template_structure")) or "text",
            description=_text(fields.get("description")),
            tags=_texts(fields.get("tags")),
        )
        self._by_id[prompt.id] = prompt
        return prompt

    def append(self, prompt: Prompt, fields: JsonObject) -> Version:
        """Add a version: always a new one, also for equal content."""
        # Source: PromptService.savePromptVersion, under a lock of the prompt.
        with self._lock:
            version = Version(
                id=_text(fields.get("id")) or self._ids.next(),
                prompt_id=prompt.id,
                number=len(prompt.versions) + 1,
                template=_text(fields.get("template")) or "",
                metadata=stored(fields.get("metadata")),
                type=_text(fields.get("type")) or "mustache",
                change_description=_text(fields.get("change_description")),
                tags=_texts(fields.get("tags")),
            )
            prompt.versions.append(version)
            prompt.last_updated_at = now()
            return version

    def update(self, prompt: Prompt, fields: JsonObject) -> None:
        """Change name, description and tags; a description that is left out is removed."""
        # Source: PromptDAO.update: description = :description, tags = COALESCE(:tags, tags).
        name = _text(fields.get("name")) or ""
        if folded(name) != folded(prompt.name):
            self._refuse_taken(name, prompt.project_id)
        self._ids.next()
        prompt.name = name
        prompt.description = _text(fields.get("description"))
        if fields.get("tags") is not None:
            prompt.tags = _texts(fields.get("tags"))
        prompt.last_updated_at = now()

    def tag(self, version: Version, tags: list[str], *, merges: bool) -> None:
        """Replace the tags of a version, or add to them."""
        self._ids.next()
        prompt = self._by_id[version.prompt_id]
        tags = [*version.tags, *tags] if merges else tags
        index = prompt.versions.index(version)
        prompt.versions[index] = replace(version, tags=tuple(unordered(tags)))

    def delete(self, prompt_id: str) -> Prompt | None:
        """Remove a prompt with all its versions; there is no way to remove one version."""
        self._ids.next()
        return self._by_id.pop(prompt_id, None)

    def get(self, prompt_id: str) -> Prompt | None:
        """Return a prompt by its id."""
        return self._by_id.get(prompt_id)

    def find(self, name: str, project_id: str | None) -> Prompt | None:
        """Return the prompt that a project has under a name, or one like it."""
        wanted = folded(name)
        found = (each for each in self if each.project_id == project_id)
        return next((each for each in found if folded(each.name) == wanted), None)

    def version(self, version_id: str) -> Version | None:
        """Return a version by its id."""
        found = (each for prompt in self._by_id.values() for each in prompt.versions)
        return next((each for each in found if each.id == version_id), None)

    def versions_by_id(self, version_ids: list[str]) -> list[Version]:
        """Return the versions that there are, the newest first."""
        wanted = set(version_ids)
        found = (each for prompt in self._by_id.values() for each in prompt.versions)
        known = [each for each in found if each.id in wanted]
        return sorted(known, key=lambda each: each.id, reverse=True)

    def _refuse_taken(self, name: str, project_id: str | None) -> None:
        if self.find(name, project_id) is not None:
            raise ConflictError("Prompt id or name already exists")


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Json) -> tuple[str, ...]:
    texts = [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
    return tuple(unordered(texts))
