"""The bundle: one file that says what was deployed, and notices when it was changed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promptsync import Prompt, Status, UsageError, check_drift, load_bundle
from promptsync.bundle import read_bundle, save_bundle, write_bundle
from promptsync.content_hash import content_hash
from promptsync.errors import ConfigError
from tests.builders import chat, prompt
from tests.deployment import COMMIT, bundle_of, deploy
from tests.registries.serving import unused_address
from tests.strategies import prompts

GREETING = prompt("greeting", "Say hello to {{name}}.")
CHAT = replace(chat("chat", system="Be brief.", user="{{q}}"), model="gpt-5", tags=("a", "b"))


def changed(change: Callable[[Any], object], *prompts: Prompt) -> str:
    """Return the text of a bundle after somebody changed its JSON."""
    document = json.loads(write_bundle(bundle_of(*(prompts or (GREETING,)))))
    change(document)
    return json.dumps(document)


# -- writing --


def test_a_bundle_says_what_was_deployed_and_where_it_is_served() -> None:
    text = write_bundle(
        bundle_of(GREETING, alias="live", repository="https://example.com/team/prompts.git")
    )

    assert (
        text
        == f"""\
{{
  "schema": 1,
  "commit": "{COMMIT}",
  "repository": "https://example.com/team/prompts.git",
  "created_from": "commit",
  "registry": {{
    "name": "production",
    "kind": "braintrust",
    "alias": "live",
    "project": "Trader"
  }},
  "prompts": [
    {{
      "name": "greeting",
      "served_name": "greeting",
      "path": "prompts/greeting.md",
      "content_hash": "{content_hash(GREETING)}",
      "file_sha256": "{"0" * 64}",
      "prompt": {{
        "name": "greeting",
        "text": "Say hello to {{{{name}}}}."
      }}
    }}
  ]
}}
"""
    )


def test_the_order_of_prompts_makes_no_difference() -> None:
    assert write_bundle(bundle_of(GREETING, CHAT)) == write_bundle(bundle_of(CHAT, GREETING))


def test_another_served_name_is_said() -> None:
    renamed = replace(GREETING, registry_options={"braintrust": {"slug": "hello"}})

    (entry,) = json.loads(write_bundle(bundle_of(renamed)))["prompts"]

    assert (entry["name"], entry["served_name"]) == ("greeting", "hello")


@pytest.mark.slow
@given(st.lists(prompts(), max_size=2, unique_by=lambda each: each.name.lower()))
def test_what_was_written_is_read_again(found: list[Prompt]) -> None:
    written = bundle_of(*sorted(found, key=lambda each: each.name))

    again = read_bundle(write_bundle(written), path="bundle.json")

    assert again == written
    assert write_bundle(again) == write_bundle(written)


def test_a_bundle_can_be_compared_with_a_registry_of_another_kind() -> None:
    parsed = replace(GREETING, registry_options={"braintrust": {"parser": {"type": "llm"}}})

    catalog = bundle_of(parsed).catalog("local")

    assert catalog.prompts["greeting"].content_hash == content_hash(parsed, "local")
    assert content_hash(parsed, "local") != content_hash(parsed, "braintrust")


# -- reading --


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry["prompt"].update(text="Say goodbye."),
        lambda entry: entry["prompt"].update(model="gpt-5"),
        lambda entry: entry["prompt"].update(name="farewell"),
        lambda entry: entry.update(name="farewell"),
        lambda entry: entry.update(served_name="farewell"),
        lambda entry: entry.update(content_hash=f"sha256:{'0' * 64}"),
    ],
    ids=["text", "model", "name-inside", "name", "served-name", "hash"],
)
def test_a_prompt_that_its_hash_does_not_fit_is_refused(change: Callable[[Any], object]) -> None:
    text = changed(lambda document: change(document["prompts"][0]))

    with pytest.raises(UsageError, match="is not what its hash says; the bundle was changed"):
        read_bundle(text, path="bundle.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`bundle.json` is not JSON"),
        ("\N{NULL}", "`bundle.json` is not JSON"),
        (b"\xff\xfe\xfd", "`bundle.json` is not JSON"),
        ("[" * 100_000, "`bundle.json` is not JSON"),
        ("[]", "`bundle.json` is no bundle"),
        ("{}", "`bundle.json` is no bundle"),
        (changed(lambda it: it.update(schema="2")), "does not have schema 1"),
        (changed(lambda it: it.pop("registry")), "is no bundle: there is no `registry`"),
        (changed(lambda it: it.update(commit=7)), "is no bundle: `commit` must be text"),
        (changed(lambda it: it.update(prompts=[7])), "is no bundle: "),
        (changed(lambda it: it.update(prompts={"a": {}})), "is no bundle: "),
        (changed(lambda it: it.update(prompts=7)), "is no bundle: "),
        (changed(lambda it: it["prompts"].append(it["prompts"][0])), "two prompts have one name"),
        (
            changed(lambda it: it["prompts"][0]["prompt"].update(modell="gpt-5")),
            "is no bundle: `greeting`: unknown key `modell`",
        ),
        (changed(lambda it: it["prompts"][0]["prompt"].pop("text")), "there is no `messages`"),
    ],
    ids=[
        *("empty", "nul", "not-utf-8", "deep", "a-list", "an-object", "schema", "no-registry"),
        *("commit", "a-number-as-prompt", "prompts-as-object", "a-number", "twice", "unknown-key"),
        "no-content",
    ],
)
def test_what_is_no_bundle_is_an_error_with_its_path(text: str | bytes, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_bundle(text, path="bundle.json")

    assert message in str(raised.value)
    assert "bundle.json" in str(raised.value)
    assert raised.value.hint == "make it again with `promptsync bundle`"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:secret@db.example.com/prompts",
        "postgresql://db.example.com/prompts?user=ada&password=secret",
    ],
)
def test_a_bundle_with_a_secret_is_refused_without_showing_it(url: str) -> None:
    table = {"name": "production", "kind": "local", "url": url}

    with pytest.raises(ConfigError, match="`url` holds a secret") as raised:
        read_bundle(changed(lambda it: it.update(registry=table)), path="bundle.json")

    assert "ada" not in f"{raised.value} {raised.value.hint}"


def test_a_bundle_is_read_without_git_and_without_yaml(tmp_path: Path) -> None:
    save_bundle(tmp_path / "bundle.json", bundle_of(GREETING))
    program = (
        "import promptsync, sys; from pathlib import Path;"
        "promptsync.load_bundle(Path('bundle.json'));"
        "print([name for name in ('yaml', 'subprocess', 'urllib3') if name in sys.modules])"
    )

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert result.stdout == "[]\n"


# -- files --


def test_a_saved_bundle_is_loaded_again(tmp_path: Path) -> None:
    save_bundle(tmp_path / "image" / "bundle.json", bundle_of(GREETING, CHAT))

    assert load_bundle(tmp_path / "image" / "bundle.json") == bundle_of(CHAT, GREETING)
    assert load_bundle(f"{tmp_path}/image/bundle.json") == bundle_of(CHAT, GREETING)
    assert [each.name for each in (tmp_path / "image").iterdir()] == ["bundle.json"]


def test_a_missing_bundle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"there is no bundle `.*bundle\.json`"):
        load_bundle(tmp_path / "bundle.json")


def test_a_folder_in_place_of_a_bundle_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_bundle(tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        save_bundle(tmp_path, bundle_of(GREETING))


# -- at a cold start --


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of an image that holds nothing but a bundle."""
    folder = tmp_path / "image"
    save_bundle(folder / "promptsync-bundle.json", bundle_of(GREETING, alias="live"))
    monkeypatch.chdir(folder)
    return folder


SAME = {"greeting": GREETING}


def test_a_bundle_is_found_by_its_usual_name(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (image / "src").mkdir()
    monkeypatch.chdir(image / "src")

    report = check_drift(loaded=SAME)

    assert (report.ok, report.registry, report.alias) == (True, "production", "live")
    assert report.deployed_commit == COMMIT


def test_a_bundle_may_lie_anywhere(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(image.parent)

    assert check_drift("image/promptsync-bundle.json", loaded=SAME).ok
    assert check_drift(image / "promptsync-bundle.json", loaded=SAME).ok
    assert check_drift(image, loaded=SAME).ok


@pytest.mark.usefixtures("image")
def test_an_alias_can_be_named_for_one_environment() -> None:
    assert check_drift(loaded=SAME, alias="staging").alias == "staging"


def test_configured_prompt_files_come_before_a_bundle(image: Path) -> None:
    deploy(image, prompt("greeting", "Say goodbye."), app_url=unused_address())

    assert check_drift(loaded={"greeting": "Say goodbye."}).ok


def test_a_bundle_comes_before_files_that_no_configuration_names(image: Path) -> None:
    (image / "prompts").mkdir()
    (image / "prompts" / "notes.md").write_text("Not meant for promptsync.\n")

    assert check_drift(loaded=SAME).ok


def test_another_registry_is_looked_up_in_the_configuration(image: Path) -> None:
    (image / "promptsync.toml").write_text('[registries.elsewhere]\nkind = "local"\n')

    assert check_drift(registry="elsewhere").drifted[0].status is Status.NEW
    assert (check_drift(registry="nowhere").reason or "").startswith("there is no registry")


def test_a_changed_bundle_is_not_compared(image: Path) -> None:
    file = image / "promptsync-bundle.json"
    file.write_text(file.read_text().replace("hello", "goodbye"))

    assert "`greeting` is not what its hash says" in (check_drift(loaded=SAME).reason or "")
