"""What the helpers of all tools have in common."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync import LineageError, lineage


def test_a_name_instead_of_a_loaded_prompt_is_told(caplog: pytest.LogCaptureFixture) -> None:
    names: Any = ["greeting"]

    assert lineage.opentelemetry.log_prompts(names) is False
    with pytest.raises(LineageError, match="not of type `str`"):
        lineage.opentelemetry.log_prompts(names, strict=True)

    assert caplog.messages == [
        "OpenTelemetry did not take which prompts were used: TypeError: `prompts` is what "
        "`promptsync.load` returned, not of type `str`"
    ]
