"""What the command line asks of a verification. Values only."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptsync.cli.options import Format
from promptsync.errors import UsageError
from promptsync.light_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What is compared with what, and how the answer is given: the options with these names."""

    names: Sequence[str]
    registry: str | None
    format_: Format
    staged: bool
    rev: str | None
    changed_since: str | None
    alias: str | None
    uploaded: bool
    strict: bool
    timeout: float | None
    quiet: bool

    def check(self, bundle: Path | None) -> None:
        """Raise UsageError for options that do not go together."""
        if self.staged and self.rev:
            raise UsageError("`--staged` and `--rev` exclude each other")
        chooses_files = self.staged or self.rev or self.changed_since or self.uploaded
        if bundle is not None and chooses_files:
            raise UsageError("`--bundle` is compared instead of files: leave the options for those")
