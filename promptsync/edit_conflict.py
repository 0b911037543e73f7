"""Why an edit of a composite is left to a person, with the texts that it is about."""

from __future__ import annotations

import json
from collections.abc import Sequence

# As much of a text as a person needs to find the place.
MAX_EXCERPT = 200


class EditConflict(Exception):  # noqa: N818  nothing failed: a person has to decide
    """Why an edit cannot be given to one file. `details` shows the texts it is about."""

    def __init__(self, reason: str, details: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.details = tuple(details)


def excerpt(text: str) -> str:
    """Return the beginning and the end of a text in quotes, on one line."""
    if len(text) > MAX_EXCERPT:
        half = MAX_EXCERPT // 2
        text = f"{text[:half]} … {text[-half:]}"
    return json.dumps(text, ensure_ascii=False)
