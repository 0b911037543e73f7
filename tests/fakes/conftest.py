"""The server that most tests of the fake Braintrust talk to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fakes.braintrust import BraintrustServer, braintrust_server


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a running server with an empty project, Trader, and two environments."""
    with braintrust_server(environments=("production", "staging")) as server:
        yield server
