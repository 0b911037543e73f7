"""What the helpers of all tools have in common."""

from __future__ import annotations

import pytest

from promptsync import UsageError
from promptsync.lineage.attempt import needs_sdk


def test_a_missing_sdk_is_named_with_what_installs_it() -> None:
    with pytest.raises(UsageError, match="`opik` is not installed") as caught, needs_sdk("opik"):
        raise ModuleNotFoundError("No module named 'opik'", name="opik")

    assert caught.value.hint == "pip install opik"


def test_an_sdk_that_lacks_another_package_says_which() -> None:
    with pytest.raises(ModuleNotFoundError, match="pydantic"), needs_sdk("opik"):
        raise ModuleNotFoundError("No module named 'pydantic'", name="pydantic")
