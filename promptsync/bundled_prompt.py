"""A prompt that lies beside the program, in a bundle or in a file. Values only."""

from __future__ import annotations

from typing import NamedTuple

from promptsync.loaded_prompt import Source
from promptsync.prompt import Prompt


class BundledPrompt(NamedTuple):
    """A prompt that lies beside the program.

    `prompt` is expanded. `content_hash` was computed here, for the registry's kind; `commit` is
    what a bundle says. `file_sha256` is over the prompt file as git stores it.
    """

    prompt: Prompt
    content_hash: str
    source: Source
    path: str
    file_sha256: str
    commit: str | None = None
