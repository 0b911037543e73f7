"""A repository whose registry is a Braintrust on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders import Repo
from tests.fakes.braintrust import BraintrustServer, braintrust_server

CONFIGURATION = """\
[registries.production]
kind = "braintrust"
project = "Trader"
"""


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a running Braintrust with an empty project Trader and two environments."""
    with braintrust_server(environments=("production", "staging")) as service:
        yield service


@pytest.fixture
def trader(
    repo: Repo, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> BraintrustServer:
    """Make the service the registry of the repository, and let the person be known to it."""
    monkeypatch.setenv("BRAINTRUST_API_KEY", service.api_key)
    monkeypatch.setenv("BRAINTRUST_APP_URL", service.url)
    repo.write("promptsync.toml", CONFIGURATION)
    return service
