"""Opik over the fake service: the contract, listing, caching, aliases, history, what goes wrong."""

from __future__ import annotations

import pytest

from promptsync.registries.base import Registry
from promptsync.registries.opik import OpikRegistry
from tests.fakes.opik import OpikServer
from tests.registries.conftest import OpenOpik
from tests.registries.contract import EditRemotely, RegistryContract, Reopen

pytestmark = pytest.mark.network


class TestOpik(RegistryContract):
    @pytest.fixture
    def registry(self, opik: OpikRegistry) -> Registry:
        return opik

    @pytest.fixture
    def reopen(self, open_opik: OpenOpik) -> Reopen:
        return open_opik

    @pytest.fixture
    def edit_remotely(self, opik_service: OpikServer) -> EditRemotely:
        def edit(name: str, text: str) -> None:
            opik_service.person.edits(name, text)

        return edit
