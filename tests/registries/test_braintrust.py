"""Braintrust: the contract over the fake service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from promptsync.registries.braintrust import BraintrustRegistry
from tests.fakes.braintrust import BraintrustServer, braintrust_server
from tests.registries.contract import EditRemotely, RegistryContract, Reopen

pytestmark = pytest.mark.network


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a running Braintrust with the project Trader and two environments."""
    with braintrust_server(environments=("production", "staging")) as service:
        yield service


@pytest.fixture
def reopen(service: BraintrustServer) -> Iterator[Reopen]:
    opened = []

    def reopen() -> BraintrustRegistry:
        opened.append(
            BraintrustRegistry(project="Trader", api_key=service.api_key, app_url=service.url)
        )
        return opened[-1]

    yield reopen
    for registry in opened:
        registry.close()


class TestBraintrust(RegistryContract):
    @pytest.fixture
    def registry(self, reopen: Reopen):
        return reopen()

    @pytest.fixture
    def edit_remotely(self, service: BraintrustServer) -> EditRemotely:
        return lambda name, text: service.person.edits(name, text)
