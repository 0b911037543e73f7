"""Where every alias points, in as few questions as the registry allows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pytest

from promptsync.comparison import compare
from promptsync.content_hash import content_hash
from promptsync.pointers import Pointer, read_pointers
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt
from promptsync.scope import Scope
from promptsync.status import PromptState
from tests.builders import prompt
from tests.test_comparison import always, catalog, upload


class Counting(LocalRegistry):
    """Remembers which prompts were read by which alias."""

    asked: list[tuple[list[str], str | None]]

    def get_prompts(
        self, names: Collection[str], *, alias: str | None = None
    ) -> Iterable[RemotePrompt]:
        """Remember the question."""
        self.asked.append((sorted(names), alias))
        return super().get_prompts(names, alias=alias)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Counting]:
    """Return an empty registry."""
    registry = Counting(f"sqlite:///{tmp_path / 'registry.db'}")
    registry.asked = []
    yield registry
    registry.close()


def states(registry: LocalRegistry, texts: Mapping[str, str]) -> tuple[PromptState, ...]:
    return compare(catalog(**texts), registry, scope=Scope(), is_taken_in=always)


def digest(text: str) -> str:
    return content_hash(prompt(text=text))


def test_every_alias_is_told_with_what_it_serves(registry: Counting) -> None:
    old, new = (upload(registry, "greeting", text) for text in ("Hi", "Hello"))
    registry.set_alias("greeting", "production", old.version)
    registry.set_alias("greeting", "staging", new.version)
    upload(registry, "bare", "Bare")
    (_, greeting) = compared = states(registry, {"greeting": "Hello\n", "bare": "Bare\n"})

    found = read_pointers(registry, compared)

    assert found == {
        "greeting": [
            Pointer(alias="production", version="1", content_hash=digest("Hi")),
            Pointer(alias="staging", version="2", content_hash=digest("Hello")),
        ]
    }
    assert [each.serves(greeting) for each in found["greeting"]] == [False, True]


def test_a_version_that_was_compared_is_not_read_again(registry: Counting) -> None:
    for name in ("a", "b", "c"):
        upload(registry, name, "Hi")
        registry.set_alias(name, "production", "1")
    upload(registry, "c", "Hello")
    registry.set_alias("c", "staging", "2")
    compared = states(registry, {"a": "Hi\n", "b": "Hi\n", "c": "Hello\n"})
    registry.asked.clear()

    read_pointers(registry, compared)

    assert registry.asked == [(["c"], "production")]


def test_aliases_are_told_by_the_name_of_the_file(registry: Counting) -> None:
    text = "---\nlocal:\n  slug: served\n---\n\nHi\n"
    upload(registry, "served", "Hi")
    registry.set_alias("served", "production", "1")

    found = read_pointers(registry, states(registry, {"greeting": text}))

    assert list(found) == ["greeting"]


def test_a_prompt_without_a_file_has_aliases_too(registry: Counting) -> None:
    upload(registry, "gone", "Hi")
    registry.set_alias("gone", "production", "1")
    (gone,) = compared = states(registry, {})

    (pointer,) = read_pointers(registry, compared)["gone"]

    assert (pointer.version, pointer.serves(gone)) == ("1", False)


def test_a_version_that_went_away_meanwhile_serves_nothing(registry: Counting) -> None:
    class Forgets(Counting):
        def get_prompts(
            self,
            names: Collection[str],  # noqa: ARG002
            *,
            alias: str | None = None,  # noqa: ARG002
        ) -> Iterable[RemotePrompt]:
            return []

    upload(registry, "greeting", "Hi")
    registry.set_alias("greeting", "production", "1")
    upload(registry, "greeting", "Hello")
    other = Forgets(registry.address)
    (greeting,) = compared = states(other, {"greeting": "Hi\n"})

    (pointer,) = read_pointers(other, compared)["greeting"]
    other.close()

    assert (pointer.version, pointer.content_hash) == ("1", None)
    assert not pointer.serves(greeting)
