"""The vendor's own SDK, in an environment of its own, as a judge of the fake and of promptsync."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

ENVIRONMENT = Path(__file__).parents[2] / ".venv-braintrust"
BRAINTRUST_PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

needs_braintrust_sdk = pytest.mark.skipif(
    not BRAINTRUST_PYTHON.exists(),
    reason="needs the braintrust SDK: make .venv-braintrust/.installed",
)


def run_braintrust_python(
    *arguments: str, cwd: Path, url: str, api_key: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the SDK's Python with its settings pointing at a server, its cache below `cwd`."""
    settings = {
        "BRAINTRUST_APP_URL": url,
        "BRAINTRUST_API_URL": url,
        "BRAINTRUST_API_KEY": api_key,
        "BRAINTRUST_PROMPT_CACHE_DIR": str(cwd / "prompt-cache"),
    }
    return subprocess.run(
        [str(BRAINTRUST_PYTHON), *arguments],
        cwd=cwd,
        env={**os.environ, **settings, **(environment or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
