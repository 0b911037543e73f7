"""Which prompt a version was stored for: said beside its stamp, so that one answer proves it.

What Opik answers to a name says neither the prompt's name nor its project, and releases up to July
2026 answered with prompts of other projects. Metadata of a version is immutable, but copied: Opik's
own `import` takes it along into other projects, where prompts have ids of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from promptsync.prompt import JsonObject
from promptsync.registries.opik_fields import read_prompt
from promptsync.remote_prompt import STAMP_KEY, RemotePrompt


@dataclass(frozen=True, slots=True)
class Identity:
    """One prompt of one project; the project by its name, as the configuration has it."""

    project: str
    name: str
    prompt_id: str

    def to_json(self) -> dict[str, str]:
        """Return what is stored beside the stamp."""
        return {"project": self.project, "name": self.name, "prompt_id": self.prompt_id}


def prove(version: JsonObject, asked: Identity, alias: str | None) -> RemotePrompt | None:
    """Return a version that was found by its prompt's name if it shows to be what was asked for.

    That is one that promptsync wrote for this very prompt, with the content it wrote, and one that
    says itself that the alias is there. `asked` has the id from the answer. None proves nothing:
    a version without a stamp, or of a prompt or project that was renamed.
    """
    metadata = version.get("metadata")
    own = metadata.get(STAMP_KEY) if isinstance(metadata, dict) else None
    said = asked.to_json()
    if not isinstance(own, dict) or {key: own.get(key) for key in said} != said:
        return None
    if alias is not None and alias not in (version.get("environments") or ()):
        return None
    if version.get("template_structure") is None:
        return None
    remote = read_prompt({"name": asked.name}, version)
    return remote if remote.stamped_hash == remote.content_hash else None
