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


OPIK_ENVIRONMENT = Path(__file__).parents[2] / ".venv-opik"
OPIK_PYTHON = OPIK_ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

needs_opik_sdk = pytest.mark.skipif(
    not OPIK_PYTHON.exists(), reason="needs the opik SDK: make .venv-opik/.installed"
)

# The SDK calls home unless it is told not to, and reads a file in the home folder.
OPIK_QUIET = {
    "OPIK_SENTRY_ENABLE": "false",
    "OPIK_ANALYTICS_ENABLE": "false",
    "OPIK_ENABLE_LITELLM_MODELS_MONITORING": "false",
    "OPIK_CONSOLE_LOGGING_LEVEL": "ERROR",
}


def run_opik_python(
    *arguments: str, cwd: Path, url: str, project: str
) -> subprocess.CompletedProcess[str]:
    """Run the SDK's Python with its settings pointing at a server."""
    settings = {
        "OPIK_URL_OVERRIDE": url,
        "OPIK_PROJECT_NAME": project,
        "OPIK_CONFIG_PATH": str(cwd / "no-such-file"),
        **OPIK_QUIET,
    }
    return subprocess.run(
        [str(OPIK_PYTHON), *arguments],
        cwd=cwd,
        env={**os.environ, **settings},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
