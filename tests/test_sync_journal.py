"""Runs are remembered, days keep their first success, and a wrong clock fools nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promptsync.sync_journal import KEPT_RUNS, DayMarker, FileJournal, SyncRun

NOW = datetime(2026, 3, 2, 0, 0, 5, tzinfo=UTC)
RUN = SyncRun(started=NOW, seconds=1.5, exit_code=0, counters={"pull_changed": 2, "conflicts": 0})
MARKER = "success:prompt_sync:20260302"


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    """Return the journal of a clone that was never synced."""
    return FileJournal(tmp_path / "promptsync", "local")


def test_a_run_reads_back_as_it_was(journal: FileJournal) -> None:
    journal.remember(RUN)

    assert journal.read().runs == [RUN]


def test_the_first_success_marks_its_day(journal: FileJournal) -> None:
    journal.remember(RUN)
    journal.remember(replace(RUN, started=NOW + timedelta(hours=3)))

    assert journal.read().markers == [DayMarker(name=MARKER, at=NOW)]
    assert journal.read().is_done(NOW + timedelta(hours=23))
    assert not journal.read().is_done(NOW + timedelta(hours=24))


@pytest.mark.parametrize("run", [replace(RUN, exit_code=3), replace(RUN, is_whole=False)])
def test_a_failure_and_a_part_mark_no_day(journal: FileJournal, run: SyncRun) -> None:
    journal.remember(run)

    assert journal.read().markers == []
    assert journal.read().runs == [run]


def test_days_are_those_of_utc(journal: FileJournal) -> None:
    tokyo = datetime.fromisoformat("2026-03-02T08:59:00+09:00")

    journal.remember(replace(RUN, started=tokyo))

    assert [each.name for each in journal.read().markers] == ["success:prompt_sync:20260301"]


def test_a_marker_from_the_future_is_there_and_not_trusted(journal: FileJournal) -> None:
    journal.remember(replace(RUN, started=NOW + timedelta(hours=2)))
    remembered = journal.read()

    assert [each.is_future(NOW) for each in remembered.markers] == [True]
    assert not remembered.is_done(NOW)
    assert remembered.is_done(NOW + timedelta(hours=3))


def test_the_newest_comes_first(journal: FileJournal) -> None:
    for days in (1, 0, 2):
        journal.remember(replace(RUN, started=NOW + timedelta(days=days)))

    assert [each.started.day for each in journal.read().runs] == [4, 3, 2]
    assert [each.name[-2:] for each in journal.read().markers] == ["04", "03", "02"]


def test_other_registries_have_journals_of_their_own(journal: FileJournal) -> None:
    journal.remember(RUN)

    assert replace(journal, registry="production").read().runs == []


def test_half_a_line_spoils_no_other(journal: FileJournal) -> None:
    journal.remember(RUN)
    with (journal.folder / "sync-runs").open("a") as file:
        file.write('\n["local", {"started": "2026-')
    with (journal.folder / "sync-days").open("a") as file:
        file.write('\n["local", "success:prompt_sync:20260303", "some day"]')
    journal.remember(RUN)

    assert journal.read().runs == [RUN, RUN]
    assert [each.name for each in journal.read().markers] == [MARKER]


def test_old_runs_are_dropped_and_days_are_not(journal: FileJournal) -> None:
    for minutes in range(4 * KEPT_RUNS):
        journal.remember(replace(RUN, started=NOW + timedelta(minutes=minutes)))

    lines = (journal.folder / "sync-runs").read_text().splitlines()
    assert len(lines) <= 3 * KEPT_RUNS + 1
    assert len(journal.read().runs) == KEPT_RUNS
    assert journal.read().runs[0].started == NOW + timedelta(minutes=4 * KEPT_RUNS - 1)
    assert [each.name for each in journal.read().markers] == [MARKER]


def test_a_journal_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    journal = FileJournal(tmp_path / "file", "local")

    journal.remember(RUN)

    assert journal.read().runs == []
