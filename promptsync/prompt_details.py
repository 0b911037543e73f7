"""What describes a prompt without changing what a model does."""

from __future__ import annotations

from dataclasses import dataclass

from promptsync.prompt import JsonObject, Prompt, is_same


@dataclass(frozen=True, slots=True)
class Details:
    """What describes a prompt without changing what a model does: compared, never drift."""

    title: str | None
    description: str | None
    tags: tuple[str, ...]
    metadata: JsonObject


def details_of(prompt: Prompt) -> Details:
    """Return the part of a prompt that is left out of its content hash."""
    return Details(
        prompt.title or None, prompt.description or None, prompt.tags, dict(prompt.metadata)
    )


def details_differ(local: Prompt, remote: Prompt) -> bool:
    """Tell whether a registry's details contradict those the prompt file states.

    What the file leaves out belongs to the people who use the registry: a tag added there
    to a prompt whose file has no `tags` is not a difference.
    """
    mine, theirs = details_of(local), details_of(remote)
    return (
        # Where a service insists on a title, a prompt without one goes by its name.
        mine.title not in (None, theirs.title or remote.name)
        or (mine.description is not None and mine.description != theirs.description)
        # Services keep tags as sets: in another order they say the same.
        or (bool(mine.tags) and set(mine.tags) != set(theirs.tags))
        or not all(is_same(value, theirs.metadata.get(key)) for key, value in mine.metadata.items())
    )
