"""An alias that points at nothing yet is waited for: not long, and without a storm of requests."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pytest

from promptsync import missing_alias
from promptsync.missing_alias import find_unaliased
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt


class CountingRegistry(LocalRegistry):
    """A local registry that counts how often it is asked for prompts."""

    asked = 0

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Count, and answer as ever."""
        self.asked += 1
        return super().get_prompts(names, alias=alias)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[CountingRegistry]:
    """Return a registry with a prompt that no alias points at."""
    registry = CountingRegistry(folder=tmp_path)
    registry.save_prompt(prompt(), None)
    yield registry
    registry.close()


def test_an_alias_that_nobody_sets_is_asked_for_less_and_less_often(
    registry: CountingRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_alias, "SETTLES_WITHIN", 0.3)

    missing = find_unaliased(registry, ["greeting"], "live", until=time.monotonic() + 60)

    assert missing == {"greeting"}
    # At once, after 50 ms, 150 ms and 300 ms; a busy machine gets to fewer.
    assert 1 <= registry.asked <= 4


def test_half_of_the_time_is_left_to_tell_what_was_found(
    registry: CountingRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing_alias, "SETTLES_WITHIN", 60)

    missing = find_unaliased(registry, ["greeting"], "live", until=time.monotonic() + 0.3)

    assert missing == {"greeting"}
    # At once, after 50 ms and 150 ms.
    assert 1 <= registry.asked <= 3


def test_an_alias_that_is_there_is_not_waited_for(registry: CountingRegistry) -> None:
    registry.set_alias("greeting", "live", "1")

    assert find_unaliased(registry, ["greeting"], "live", until=time.monotonic() + 60) == set()
    assert registry.asked == 1
