"""What was served last is there in an outage, and trouble with the disk never hurts a load."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptsync import last_known_good
from promptsync.last_known_good import LastKnownGood
from promptsync.prompt import Prompt
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt
from tests.builders import prompt
from tests.strategies import json_values, prompts

KEY = "braintrust:0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def nothing_was_warned_of_yet() -> Iterator[None]:
    """Each test is a process of its own as far as warnings go."""
    last_known_good.forget_warning()
    yield
    last_known_good.forget_warning()


def remote(given: Prompt | None = None, version: str = "7") -> RemotePrompt:
    """Return a version of a prompt with everything a service tells about it."""
    stamp = Stamp(content_hash="sha256:1", path="prompts/greeting.md", file_sha256="2", commit="3")
    return make_remote_prompt(
        given or prompt(),
        kind="braintrust",
        version=version,
        stamp=stamp,
        created="2026-01-01T00:00:00Z",
        author="ada",
    )


def files_in(folder: Path) -> list[Path]:
    """Return every file below a folder."""
    return sorted(each for each in folder.rglob("*") if each.is_file())


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    LastKnownGood(tmp_path, KEY).write("greeting", "production", None, remote())

    assert LastKnownGood(tmp_path, KEY).read("greeting", "production", None) == remote()


def test_what_traces_link_to_is_kept_too(tmp_path: Path) -> None:
    ids = {"id": "an id of Opik", "name": "greeting"}
    LastKnownGood(tmp_path, KEY).write("greeting", None, "7", replace(remote(), service_ids=ids))

    found = LastKnownGood(tmp_path, KEY).read("greeting", None, "7")

    assert found is not None
    assert found.service_ids == ids


@given(prompts(), st.text(), st.none() | st.text(), st.none() | st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_prompt_under_any_name_is_read_again(
    tmp_path: Path, found: Prompt, name: str, alias: str | None, version: str | None
) -> None:
    kept = LastKnownGood(tmp_path, KEY)

    kept.write(name, alias, version, remote(found))

    assert kept.read(name, alias, version) == remote(found)


@pytest.mark.parametrize(
    "question",
    [("Greeting", "live", None), ("greeting", "Live", None), ("greeting", None, "live")],
    ids=["name", "alias", "version"],
)
def test_another_question_has_another_answer(
    tmp_path: Path, question: tuple[str, str | None, str | None]
) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())

    assert kept.read(*question) is None


def test_another_registry_has_nothing_of_this_one(tmp_path: Path) -> None:
    LastKnownGood(tmp_path, KEY).write("greeting", "live", None, remote())

    assert LastKnownGood(tmp_path, f"{KEY}0").read("greeting", "live", None) is None
    assert LastKnownGood(tmp_path, "braintrust:fff").read("greeting", "live", None) is None


def test_only_this_user_may_read_what_is_kept(tmp_path: Path) -> None:
    LastKnownGood(tmp_path / "loaded", KEY).write("greeting", "live", None, remote())

    (file,) = files_in(tmp_path)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_what_is_kept_already_is_not_written_again(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    (file,) = files_in(tmp_path)
    before = file.stat().st_ino

    kept.write("greeting", "live", None, remote())
    assert file.stat().st_ino == before
    kept.write("greeting", "live", None, remote(version="8"))
    assert file.stat().st_ino != before


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_in_the_file_are_an_error(tmp_path: Path, garbage: bytes) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    (file,) = files_in(tmp_path)
    file.write_bytes(garbage)

    assert kept.read("greeting", "live", None) is None


def test_a_file_in_place_of_the_folder_is_one_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "loaded").write_text("")
    kept = LastKnownGood(tmp_path / "loaded", KEY)

    with caplog.at_level(logging.WARNING, "promptsync"):
        kept.write("greeting", "live", None, remote())
        kept.write("farewell", "live", None, remote())

    assert kept.read("greeting", "live", None) is None
    assert len(caplog.records) == 1
    assert "cannot be kept for an outage" in caplog.records[0].getMessage()


def test_a_changed_file_is_not_served(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    (file,) = files_in(tmp_path)
    document: dict[str, Any] = json.loads(file.read_text())
    document["kept"]["prompt"]["text"] = "Say goodbye."
    file.write_text(json.dumps(document))

    assert kept.read("greeting", "live", None) is None


def test_without_a_folder_nothing_is_kept() -> None:
    kept = LastKnownGood(None, KEY)
    kept.write("greeting", "live", None, remote())

    assert kept.read("greeting", "live", None) is None
