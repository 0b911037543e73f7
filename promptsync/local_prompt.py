"""What one prompt file says: parsed and hashed, or remembered by its bytes."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

from promptsync import composition
from promptsync.content_hash import content_hash
from promptsync.errors import Problem, PromptFileError
from promptsync.file_text import decode
from promptsync.prompt import Prompt
from promptsync.prompt_path import file_of
from promptsync.status import LocalPrompt

if TYPE_CHECKING:
    from promptsync.prompt_memo import PromptMemo, Remembered
    from promptsync.prompt_sources import PromptSource


class _RememberedPrompt(LocalPrompt):
    """A prompt file whose content is parsed when it is asked for; its bytes were parsed before."""

    source: PromptSource
    remembered: Prompt

    @property
    def header(self) -> Prompt:
        """The remembered part."""
        return self.remembered

    @cached_property
    def prompt(self) -> Prompt:
        """Parse the file."""
        return parse_source(self.source)

    @cached_property
    def expanded(self) -> Prompt:
        """Parse the file; what is remembered has no includes."""
        return composition.expand(self.prompt, {})


def read_local(source: PromptSource, kind: str | None, memo: PromptMemo | None) -> LocalPrompt:
    """Parse and hash a prompt file; what `memo` knows is not parsed until its content is asked for.

    One with includes has no content hash until all files are known. Raises PromptFileError.
    """
    digest = file_sha256(source.data)
    if source.entry is not None:
        memo = None  # an entry is parsed already
    known = memo.get(digest, source.name) if memo else None
    if known is not None:
        return _remembered_prompt(source, digest, known)
    prompt = parse_source(source)
    if composition.includes_of(prompt):
        return _local_prompt(source, digest, prompt, prompt, "")
    expanded = composition.expand(prompt, {})
    content = hash_expanded(expanded, kind, source)
    if memo is not None:
        memo.put(digest, source.name, prompt, content)
    return _local_prompt(source, digest, prompt, expanded, content)


def _remembered_prompt(source: PromptSource, digest: str, known: Remembered) -> LocalPrompt:
    # Not through __init__, which would want the content that is not parsed yet.
    local = _RememberedPrompt.__new__(_RememberedPrompt)
    local.__dict__.update(
        content_hash=known.content_hash,
        path=source.path,
        file_sha256=digest,
        source=source,
        remembered=known.header,
    )
    return local


def _local_prompt(
    source: PromptSource, digest: str, prompt: Prompt, expanded: Prompt, content: str
) -> LocalPrompt:
    return LocalPrompt(
        prompt=prompt,
        expanded=expanded,
        content_hash=content,
        path=source.path,
        file_sha256=digest,
        line=source.line,
    )


def parse_source(source: PromptSource) -> Prompt:
    """Parse a prompt file, or what an entry of a catalog file says. Raises PromptFileError."""
    if source.entry is not None:
        return source.entry.prompt
    # PyYAML costs 20 ms, and where all files are remembered nothing is parsed.
    from promptsync.prompt_file import parse_prompt

    text = decode(source.data, source.path)
    return parse_prompt(text, path=source.path, name=source.name)


def hash_expanded(expanded: Prompt, kind: str | None, place: PromptSource | LocalPrompt) -> str:
    """Return the content hash of an expanded prompt. Raises PromptFileError with its place."""
    try:
        return content_hash(expanded, kind)
    except ValueError as error:
        problem = Problem(file_of(place.path), place.line, str(error))
        raise PromptFileError(problem) from error


def text_of(source: PromptSource) -> str:
    """Return a prompt as the text of a prompt file; an entry of a catalog file as one would be.

    Raises PromptFileError.
    """
    from promptsync.prompt_file import format_prompt

    if source.entry is not None:
        return format_prompt(source.entry.prompt, path_name=source.entry.key)
    return decode(source.data, source.path)


def file_sha256(data: bytes) -> str:
    """Return the SHA-256 of a file as git stores it: with LF line ends, in hex."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n") if b"\r" in data else data).hexdigest()
