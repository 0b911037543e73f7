"""The commands that messages tell people to run next, with the options they gave this time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promptsync.cli.safe_text import as_argument

_COMMAND = re.compile(
    r"\bpromptsync (diff|download|history|promote|restore|rollback|status|sync|upload|verify)\b"
)
_WITHOUT_ALIAS = frozenset({"history", "restore"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The options that say which registry is meant; what was not given stays out of sight."""

    registry: str | None = None
    alias: str | None = None

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Given:
        """Read them from what a command was called with."""
        return cls(registry=parameters.get("registry"), alias=parameters.get("alias"))

    def repeated(self, text: str) -> str:
        """Return text in which each command of promptsync has these options."""
        return _COMMAND.sub(lambda found: found.group() + self._options(found.group(1)), text)

    def _options(self, command: str) -> str:
        values = {"--registry": self.registry}
        if command not in _WITHOUT_ALIAS:
            values["--alias"] = self.alias
        quoted = {option: as_argument(value) for option, value in values.items() if value}
        return "".join(f" {option} {value}" for option, value in quoted.items() if value)
