"""A prompt as a registry holds it, and the stamp that upload writes beside it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from promptsync.content_hash import content_hash
from promptsync.prompt import Prompt

STAMP_KEY = "promptsync"
STAMP_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Where a remote prompt came from. It explains who moved; it never proves content.

    `file_sha256` is over the file's bytes as git stores them. `commit` is the one that holds
    this content, None while it is not committed yet. What a program registered has no file, so
    neither `path` nor `file_sha256`. Nothing in it is volatile, so that equal content never makes
    a new version.
    """

    content_hash: str
    path: str | None = None
    file_sha256: str | None = None
    commit: str | None = None
    repository: str | None = None
    format: int = STAMP_FORMAT

    @property
    def source(self) -> str:
        """Where the content came from, in a few words for people."""
        if self.path is None:
            return "registered by a program"
        return f"{self.path} at {self.commit[:12]}" if self.commit else self.path

    def to_json(self) -> dict[str, Any]:
        """Return the object that is stored below `promptsync` in a registry's metadata."""
        values = {
            "format": self.format,
            "content_hash": self.content_hash,
            "path": self.path,
            "file_sha256": self.file_sha256,
            "commit": self.commit,
            "repository": self.repository,
        }
        return {key: value for key, value in values.items() if value is not None}

    @classmethod
    def from_json(cls, value: object) -> Stamp | None:
        """Read a stamp leniently: what is no stamp of a known format is None, never an error."""
        if not isinstance(value, Mapping) or value.get("format") != STAMP_FORMAT:
            return None
        digest = value.get("content_hash")
        file = [_text_or_none(value.get(key)) for key in ("path", "file_sha256")]
        # Half of what names a file is what no promptsync writes.
        if not isinstance(digest, str) or file.count(None) == 1:
            return None
        return cls(
            content_hash=digest,
            path=file[0],
            file_sha256=file[1],
            commit=_text_or_none(value.get("commit")),
            repository=_text_or_none(value.get("repository")),
        )


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemotePrompt:
    """One version of a prompt in a registry.

    `prompt.name` is the name it is served under and `prompt.metadata` leaves the stamp out.
    `version` is the service's own spelling, `created` is ISO 8601 in UTC. `content_hash` was
    computed here, from the content that came over the wire. `service_ids` are what the service's
    own traces and experiments name this version by, under the service's keys: nothing but what
    writes those reads it, and it may be empty.
    """

    prompt: Prompt
    version: str
    content_hash: str
    stamp: Stamp | None = None
    created: str | None = None
    author: str | None = None
    service_ids: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """The name the registry serves this prompt under."""
        return self.prompt.name

    @property
    def is_from_file(self) -> bool:
        """Whether the stamp names the prompt file that the version was uploaded from."""
        return self.stamp is not None and self.stamp.path is not None

    @property
    def stamped_hash(self) -> str | None:
        """The content hash in the stamp, if there is one."""
        return self.stamp.content_hash if self.stamp else None


def make_remote_prompt(
    prompt: Prompt,
    *,
    kind: str,
    version: str,
    stamp: Stamp | None,
    created: str | None = None,
    author: str | None = None,
    service_ids: Mapping[str, object] | None = None,
) -> RemotePrompt:
    """Build a RemotePrompt, hashing its content here; ids that are no text are left out."""
    ids = (service_ids or {}).items()
    return RemotePrompt(
        prompt=prompt,
        version=version,
        content_hash=content_hash(prompt, kind),
        stamp=stamp,
        created=created,
        author=author,
        service_ids={key: value for key, value in ids if isinstance(value, str)},
    )
