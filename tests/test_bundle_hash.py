"""One hash over several prompts: published vectors, and what does not matter to it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync import UsageError, bundle_hash

VECTORS = json.loads((Path(__file__).parent / "vectors" / "bundle-hash.json").read_bytes())

PAIRS = st.tuples(st.text(max_size=5), st.sampled_from(["sha256:a", "sha256:b"]))


def test_the_vectors_are_published() -> None:
    published = Path(__file__).parents[1] / "docs" / "reference" / "bundle-hash-vectors.json"

    assert json.loads(published.read_bytes()) == VECTORS


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["description"])
def test_the_published_vectors_hold(vector: dict[str, Any]) -> None:
    pairs = [(name, content_hash) for name, content_hash in vector["prompts"]]

    assert bundle_hash(pairs) == vector["hash"]
    assert bundle_hash(map(tuple, json.loads(vector["canonical"]))) == vector["hash"]
    assert sha256(vector["canonical"].encode()).hexdigest() == vector["hash"][len("sha256:") :]


@given(st.lists(PAIRS))
def test_neither_order_nor_repetition_matters(pairs: list[tuple[str, str]]) -> None:
    assert bundle_hash(reversed(pairs)) == bundle_hash([*pairs, *pairs])


@given(st.sets(PAIRS), st.sets(PAIRS))
def test_other_prompts_have_another_hash(
    some: set[tuple[str, str]], others: set[tuple[str, str]]
) -> None:
    assert (bundle_hash(some) == bundle_hash(others)) == (some == others)


@pytest.mark.parametrize("pairs", [3, [("greeting",)], [3], [("greeting", 3)], [(["a"], "b")]])
def test_what_are_no_pairs_of_texts_is_refused(pairs: Any) -> None:
    with pytest.raises(UsageError, match="are pairs of a name and a content hash"):
        bundle_hash(pairs)
