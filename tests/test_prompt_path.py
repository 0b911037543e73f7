"""Where a prompt stands: in a file of its own, or under a key of a catalog file."""

from __future__ import annotations

import pytest

from promptsync.prompt_path import entry_path, file_of, is_catalog_file, key_of


@pytest.mark.parametrize(
    ("path", "file", "key"),
    [
        ("forseti.json#persona", "forseti.json", "persona"),
        ("a/forseti.yaml#a.b-c_1", "a/forseti.yaml", "a.b-c_1"),
        ("a#b/forseti.yml#x", "a#b/forseti.yml", "x"),
        ("forseti.json", "forseti.json", None),
        ("forseti.json#", "forseti.json#", None),
        ("prompts/persona.md", "prompts/persona.md", None),
        ("prompts/c#.md", "prompts/c#.md", None),
        ("notes.json#1/persona.md", "notes.json#1/persona.md", None),
        ("", "", None),
    ],
)
def test_a_path_names_a_file_and_maybe_a_key(path: str, file: str, key: str | None) -> None:
    assert (file_of(path), key_of(path)) == (file, key)
    assert key is None or entry_path(file, key) == path


@pytest.mark.parametrize(
    ("path", "is_catalog"),
    [("a.json", True), ("a/b.yml", True), ("a.yaml", True), ("prompts", False), ("a.toml", False)],
)
def test_a_catalog_file_is_told_by_its_name(path: str, *, is_catalog: bool) -> None:
    assert is_catalog_file(path) is is_catalog
