"""The prompts beside the program are found and read one by one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from promptsync import UsageError
from promptsync.bundle import save_bundle
from promptsync.bundled import BundledPrompt, find_bundled
from promptsync.loaded_prompt import Source
from tests.builders import prompt
from tests.deployment import COMMIT, bundle_of, deploy, hash_of

GREETING = prompt("greeting", "Say hello to {{name}}.")
FAREWELL = prompt("farewell", "Say goodbye.", registry_options={"braintrust": {"slug": "bye"}})
FROM_BUNDLE = BundledPrompt(
    prompt=GREETING,
    content_hash=hash_of(GREETING),
    source=Source.BUNDLE,
    path="prompts/greeting.md",
    commit=COMMIT,
)


def test_a_prompt_of_a_bundle_is_found_with_its_commit(tmp_path: Path) -> None:
    file = tmp_path / "promptsync-bundle.json"
    save_bundle(file, bundle_of(GREETING, FAREWELL, alias="live"))

    for source in (file, str(file), tmp_path, None):
        found = find_bundled(source, None, tmp_path, None)

        assert found.find("greeting") == FROM_BUNDLE
        assert (found.registry.name, found.registry.alias) == ("production", "live")
        assert found.served_name("farewell") == "bye"
        assert found.served_name("unknown") == "unknown"


def test_a_prompt_file_is_found_without_a_bundle(tmp_path: Path) -> None:
    deploy(tmp_path / "app", GREETING, FAREWELL, app_url="http://127.0.0.1:9")

    found = find_bundled(None, None, tmp_path / "app", None)

    assert found.find("greeting") == BundledPrompt(
        prompt=GREETING,
        content_hash=hash_of(GREETING),
        source=Source.FILE,
        path="prompts/greeting.md",
    )
    assert found.served_name("farewell") == "bye"


def test_where_nothing_is_deployed_nothing_is_found(tmp_path: Path) -> None:
    for source in (None, "promptsync-bundle.json"):
        found = find_bundled(source, None, tmp_path, None)

        assert found.find("greeting") is None
        assert found.why_not("greeting")
        assert found.registry.kind == "local"


def test_only_the_prompt_that_is_asked_for_is_checked(tmp_path: Path) -> None:
    file = tmp_path / "promptsync-bundle.json"
    save_bundle(file, bundle_of(GREETING, FAREWELL))
    document = json.loads(file.read_text())
    document["prompts"][0]["prompt"]["text"] = "Say nothing."
    file.write_text(json.dumps(document))

    found = find_bundled(file, None, tmp_path, None)

    assert found.find("greeting") == FROM_BUNDLE
    assert found.find("farewell") is None
    assert "`farewell` is not what its hash says" in (found.why_not("farewell") or "")


def test_a_bundle_of_a_newer_promptsync_is_an_error_that_says_so(tmp_path: Path) -> None:
    file = tmp_path / "promptsync-bundle.json"
    save_bundle(file, bundle_of(GREETING))
    file.write_text(file.read_text().replace('"schema": 1', '"schema": 2'))

    with pytest.raises(UsageError, match="does not have schema 1"):
        find_bundled(file, None, tmp_path, None)
