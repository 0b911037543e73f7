"""One hash over several prompts: which set of them an evaluation ran, or a process served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from promptsync.content_hash import canonical_json
from promptsync.errors import UsageError


def bundle_hash(content_hashes: Iterable[tuple[str, str]]) -> str:
    """Identify a set of prompts by their names and content hashes, as `sha256:` and 64 hex digits.

    `content_hashes` are pairs of a name and a whole content hash. Neither their order nor how often
    one is given matters; a name that comes with two hashes was two prompts. The form that is hashed
    is the RFC 8785 JSON of the list of pairs, sorted by the UTF-8 of names, then of hashes.

    Raises UsageError for what are no such pairs.
    """
    try:
        found = {(name, digest) for name, digest in content_hashes}
        is_text = all(isinstance(each, str) for pair in found for each in pair)
    except (TypeError, ValueError):
        is_text = False
    if not is_text:
        raise UsageError("`content_hashes` are pairs of a name and a content hash")
    # UTF-8 sorts as code points do, and so does Python.
    pairs = sorted(found)
    return "sha256:" + hashlib.sha256(canonical_json(pairs)).hexdigest()
