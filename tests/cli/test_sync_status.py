"""What a sync leaves behind, what `sync --status` tells of it, and who may sync."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from promptsync.run_lock import lock_clone
from promptsync.sync_journal import FileJournal, SyncRun, day_marker
from tests.builders import Repo
from tests.cli.running import Ran, run
from tests.cli.scenes import edit_in_registry, with_greeting


def journal_of(repo: Repo) -> FileJournal:
    return FileJournal(repo.path / ".git" / "promptsync", "local")


def test_before_the_first_sync_there_is_nothing_to_tell(repo: Repo) -> None:
    with_greeting(repo)

    assert run("sync", "--status") == Ran(0, "syncs with registry `local`\n\nno sync so far\n", "")


def test_a_sync_is_told_with_its_counters_and_its_day(repo: Repo) -> None:
    with_greeting(repo)
    today = day_marker(datetime.now(UTC))
    run("sync", "--yes")
    run("sync", "--yes")

    result = run("sync", "--status")

    told = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "MOMENT", result.stdout)
    assert (
        re.sub(r"\d+\.\d s", "0.1 s", told)
        == f"""\
syncs with registry `local`

{today}  MOMENT

MOMENT  exit 0, 0.1 s
  nothing to sync
MOMENT  exit 0, 0.1 s
  individual_synced 1

today succeeded
"""
    )


def test_a_sync_of_some_prompts_marks_no_day(repo: Repo) -> None:
    with_greeting(repo)
    run("sync", "--yes", "greeting")

    document = run("sync", "--status", "--format", "json").json

    assert (document["markers"], document["done_today"]) == ([], False)
    assert [each["whole"] for each in document["runs"]] == [False]


def test_a_dry_run_leaves_nothing(repo: Repo) -> None:
    with_greeting(repo)
    run("sync", "--dry-run")

    assert run("sync", "--status").stdout.endswith("no sync so far\n")


def test_a_sync_that_failed_is_told_with_its_error(repo: Repo) -> None:
    with_greeting(repo)
    repo.write(".promptsync/registry.db", "no database")

    failed = run("sync", "--yes")

    assert failed.code == 4
    assert "exit 4" in run("sync", "--status").stdout
    assert "is no SQLite database" in run("sync", "--status").stdout


def test_a_marker_of_a_future_day_is_shown_and_not_trusted(repo: Repo) -> None:
    with_greeting(repo)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    journal_of(repo).remember(SyncRun(started=tomorrow, seconds=1, exit_code=0))

    result = run("sync", "--status")

    assert f"{day_marker(tomorrow)}  {tomorrow:%Y-%m-%d %H:%M}  in the future" in result.stdout
    assert result.stdout.endswith("\ntoday has not succeeded yet\n")


def test_the_second_of_two_syncs_says_who_is_at_work_and_does_nothing(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    with lock_clone(repo.path / ".git" / "promptsync", "process 17 on a computer"):
        result = run("sync", "--yes")
        looked = run("sync", "--dry-run")

    assert result == Ran(
        4,
        "",
        """\
error: another sync is at work: process 17 on a computer; nothing was done

hint: run the command again when it is done; `promptsync sync --status` tells
""",
    )
    assert repo.git("status", "--short") == ""
    assert looked.code == 0
    assert run("sync", "--yes").code == 0


def test_being_second_is_an_error_that_scripts_can_tell(repo: Repo) -> None:
    with_greeting(repo)

    with lock_clone(repo.path / ".git" / "promptsync", "process 17"):
        error = run("sync", "--format", "json").json["error"]

    assert (error["kind"], error["code"]) == ("Busy", 4)


@pytest.mark.network
def test_two_clones_of_one_database_are_kept_apart(repo: Repo, postgresql_url: str) -> None:
    from promptsync.registries.local import LocalRegistry

    with_greeting(repo)
    repo.write("promptsync.toml", f'[registries.team]\nkind = "local"\nurl = "{postgresql_url}"\n')
    elsewhere = LocalRegistry(postgresql_url)
    assert elsewhere.syncs is not None

    with elsewhere.syncs.lock("process 17 on another computer"):
        second = run("sync", "--yes")
    first = run("sync", "--yes")
    elsewhere.close()

    assert second.code == 4
    assert "process 17 on another computer" in second.stderr
    assert first.code == 0
    assert "individual_synced 1" in run("sync", "--status").stdout
    assert not journal_of(repo).read().runs
