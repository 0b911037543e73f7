"""The log of uploads and downloads: it survives what happens to files, and is never an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from promptsync.upload_log import LogEntry, append_to_log, read_log

UPLOADED = ("greeting", "sha256:1", "sha256:1")
EDITED = ("with space, Grüße \ud800", "sha256:2", None)


def test_what_was_written_is_read(tmp_path: Path) -> None:
    append_to_log(tmp_path / "new", "production", "upload", UPLOADED)
    append_to_log(tmp_path / "new", "production", "download", EDITED, replaced="sha256:0")

    assert read_log(tmp_path / "new", "production") == {
        LogEntry("greeting", "sha256:1", "sha256:1"),
        LogEntry(EDITED[0], "sha256:2", None, "sha256:0"),
    }


def test_each_registry_has_its_own_entries(tmp_path: Path) -> None:
    append_to_log(tmp_path, "staging", "upload", UPLOADED)
    append_to_log(tmp_path, "the other one", "upload", EDITED)

    assert read_log(tmp_path, "the other one") == {LogEntry(*EDITED)}


def test_without_a_log_nothing_is_known(tmp_path: Path) -> None:
    assert read_log(tmp_path, "production") == frozenset()


def test_half_a_line_spoils_no_other(tmp_path: Path) -> None:
    append_to_log(tmp_path, "production", "upload", EDITED)
    log = tmp_path / "log"
    log.write_bytes(log.read_bytes()[:-10])

    append_to_log(tmp_path, "production", "upload", UPLOADED)

    assert read_log(tmp_path, "production") == {LogEntry(*UPLOADED)}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\xff",
        "5",
        "null",
        "{}",
        '["time", "production"]',
        '["time", "production", "upload", "greeting", "sha256:1", 5, null]',
        '["time", "production", "upload", "greeting", ["sha256:1"], null, null]',
        '["time", "production", "upload", "a", "b", "c", "d", "from a later version"]',
        "[" * 100_000,
    ],
)
def test_a_line_that_makes_no_sense_is_passed_by(tmp_path: Path, line: str) -> None:
    (tmp_path / "log").write_bytes(line.encode("latin-1"))

    append_to_log(tmp_path, "production", "upload", UPLOADED)

    assert read_log(tmp_path, "production") == {LogEntry(*UPLOADED)}


def test_a_log_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    append_to_log(tmp_path / "file", "production", "upload", UPLOADED)

    assert read_log(tmp_path / "file", "production") == frozenset()
