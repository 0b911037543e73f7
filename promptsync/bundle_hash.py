"""One hash over several prompts: which set of them an evaluation ran, or a process served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from promptsync.content_hash import canonical_json


def bundle_hash(content_hashes: Iterable[tuple[str, str]]) -> str:
    """Identify a set of prompts by their names and content hashes, as `sha256:` and 64 hex digits.

    `content_hashes` are pairs of a name and a whole content hash. Neither their order nor how often
    one is given matters; a name that comes with two hashes was two prompts. The form that is hashed
    is the RFC 8785 JSON of the list of pairs, sorted by the UTF-8 of names, then of hashes.
    """
    # UTF-8 sorts as code points do, and so does Python.
    pairs = sorted(set(content_hashes))
    return "sha256:" + hashlib.sha256(canonical_json(pairs)).hexdigest()
