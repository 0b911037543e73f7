"""Answers that no service should send, made by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from([10**400, -(10**18), "1", "\ud800", "NaN", "9" * 5000, "[" * 3000])
)


def json_of_any_shape(keys: Sequence[str]) -> st.SearchStrategy[Any]:
    """Return JSON values whose objects have these keys more often than others."""
    names = st.sampled_from(keys) | st.text(max_size=3)
    return st.recursive(
        _LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
        max_leaves=10,
    )
