"""MySQL's collation utf8mb4_unicode_ci: which names are one name to the service."""

from __future__ import annotations

import unicodedata
from functools import cache


@cache
def folded(text: str) -> str:
    """Return what two texts share that the collation takes for equal."""
    # Assumption: case, accents and blanks at the end make no difference. Evidence: MySQL's manual
    # on utf8mb4_unicode_ci, the collation of the service's databases; no recording.
    decomposed = unicodedata.normalize("NFKD", text.rstrip(" "))
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return bare.casefold()
