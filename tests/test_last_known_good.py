"""What was served last is there in an outage, and trouble with the disk never hurts a load."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from promptsync.last_known_good import LastKnownGood
from promptsync.prompt import Prompt
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt
from tests.builders import prompt
from tests.strategies import json_values, prompts

KEY = "braintrust:0123456789abcdef0123456789abcdef"


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
        service_ids={"prompt_id": "0123"},
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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
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
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
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

    kept.write("greeting", "live", None, remote())
    kept.write("farewell", "live", None, remote())

    assert kept.read("greeting", "live", None) is None
    (message,) = caplog.messages
    assert "cannot be kept for an outage: Not a directory; loads go on without" in message


def test_a_folder_in_place_of_the_file_is_left_alone(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    (file,) = files_in(tmp_path)
    file.unlink()
    file.mkdir()

    kept.write("greeting", "live", None, remote())

    assert kept.read("greeting", "live", None) is None
    assert file.is_dir()


def test_what_a_newer_promptsync_kept_is_left_alone(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    (file,) = files_in(tmp_path)
    file.write_text(file.read_text().replace('"format": 1', '"format": 2'))

    assert kept.read("greeting", "live", None) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_file_that_others_may_write_is_not_served(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    (file,) = files_in(tmp_path)

    file.chmod(0o666)
    assert kept.read("greeting", "live", None) is None
    file.chmod(0o644)
    assert kept.read("greeting", "live", None) == remote()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a full device")
def test_a_full_disk_hurts_no_load(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    kept.write("greeting", "live", None, remote())
    program = """
import resource, sys
from pathlib import Path
from promptsync.last_known_good import LastKnownGood
from tests.test_last_known_good import KEY, remote
resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))
LastKnownGood(Path(sys.argv[1]), KEY).write("greeting", "live", None, remote(version="8"))
"""

    result = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True
    )

    assert "cannot be kept for an outage: File too large" in result.stderr
    assert kept.read("greeting", "live", None) == remote()
    assert len(files_in(tmp_path)) == 1


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from promptsync.last_known_good import LastKnownGood
from tests.test_last_known_good import KEY, remote
kept = LastKnownGood(Path(sys.argv[1]), KEY)
for number in range(50):
    kept.write("greeting", "live", None, remote(version=f"{sys.argv[2]}.{number}"))
    assert kept.read("greeting", "live", None) is not None
"""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), writer], stderr=subprocess.PIPE
        )
        for writer in "ab"
    ]

    assert [(each.communicate()[1], each.returncode) for each in writers] == [(b"", 0)] * 2
    assert len(files_in(tmp_path)) == 1


def test_no_secret_and_no_project_is_in_the_name_of_a_file(tmp_path: Path) -> None:
    LastKnownGood(tmp_path, KEY).write("../../etc/passwd", "live", None, remote())

    (file,) = files_in(tmp_path)
    assert file.parent == tmp_path / "braintrust-0123456789abcdef0123"
    assert file.name.startswith("______etc_passwd-")


def test_text_that_is_no_unicode_is_kept_as_well(tmp_path: Path) -> None:
    kept = LastKnownGood(tmp_path, KEY)
    lone = remote(prompt("greeting", "a\ud800b"))

    kept.write("gr\ud800", "live", None, lone)

    assert kept.read("gr\ud800", "live", None) == lone


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
