"""What a request is let in by, and what HTTP can carry of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from promptsync.errors import RegistryRefusedError

if TYPE_CHECKING:
    pass


def is_header_text(text: str) -> bool:
    """Tell whether HTTP can carry a text in a header."""
    return text.isascii() and text.isprintable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What is sent with every request to be let in, and never shown.

    `variable` names the environment variable that it came from.
    """

    headers: Mapping[str, str] = field(repr=False)
    secrets: Collection[str] = field(repr=False)
    variable: str

    def check(self) -> None:
        """Raise RegistryRefusedError for a key that HTTP cannot carry."""
        if not all(self.secrets):
            raise RegistryRefusedError("there is no key", hint=f"set {self.variable}")
        for value in self.headers.values():
            # A line break would end the header; the library's own error would show the key.
            if not is_header_text(value):
                raise RegistryRefusedError(
                    f"the key in {self.variable} has characters that no key has",
                    hint=f"set {self.variable} again, without quotes or line breaks",
                )
