"""Syncs of several computers with one PostgreSQL: apart, and remembered where all see it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url

from promptsync.errors import BusyError
from promptsync.registries.local import LocalRegistry
from promptsync.registries.local_syncs import DatabaseSyncs
from promptsync.sync_journal import KEPT_RUNS, DayMarker, SyncRun

pytestmark = pytest.mark.network

NOW = datetime(2026, 3, 2, 0, 0, 5, tzinfo=UTC)
RUN = SyncRun(started=NOW, seconds=1.5, exit_code=0, counters={"pull_changed": 2})

HOLDS = """
import sys, time
from promptsync.registries.local import LocalRegistry
with LocalRegistry(sys.argv[1]).syncs.lock("process 1"):
    print("held", flush=True)
    time.sleep(60)
"""


def syncs_of(registry: LocalRegistry) -> DatabaseSyncs:
    assert registry.syncs is not None
    return registry.syncs


@pytest.fixture
def syncs(postgresql_database: str) -> Iterator[DatabaseSyncs]:
    """Return the syncs of an empty database."""
    with closing(LocalRegistry(postgresql_database)) as registry:
        yield syncs_of(registry)


@pytest.fixture
def elsewhere(postgresql_database: str) -> Iterator[DatabaseSyncs]:
    """Return the same as another computer has it."""
    with closing(LocalRegistry(postgresql_database)) as registry:
        yield syncs_of(registry)


def test_the_second_one_is_told_who_is_at_work(
    syncs: DatabaseSyncs, elsewhere: DatabaseSyncs
) -> None:
    with (
        syncs.lock("process 1 on db-client"),
        pytest.raises(BusyError) as raised,
        elsewhere.lock("process 2"),
    ):
        pass
    with elsewhere.lock("process 2"):
        pass

    assert raised.value.message == (
        "another sync is at work: promptsync sync, process 1 on db-client; nothing was done"
    )


def test_schemas_of_one_database_do_not_hold_each_other_up(
    syncs: DatabaseSyncs, postgresql_database: str
) -> None:
    public = make_url(postgresql_database).difference_update_query(["options"])
    url = public.render_as_string(hide_password=False)

    with (
        closing(LocalRegistry(url)) as registry,
        syncs.lock("process 1"),
        syncs_of(registry).lock("process 2"),
    ):
        pass


def test_a_killed_process_holds_no_lock(syncs: DatabaseSyncs, postgresql_database: str) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, postgresql_database], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(BusyError), syncs.lock("me"):
        pass

    holder.kill()
    holder.wait()
    holder.stdout.close()

    assert is_free_soon(syncs)


def is_free_soon(syncs: DatabaseSyncs) -> bool:
    """Wait until the server has noticed that a connection ended."""
    for _ in range(600):
        try:
            with syncs.lock("me"):
                return True
        except BusyError:
            time.sleep(0.1)
    return False


def test_an_error_while_the_lock_is_held_is_not_the_database_s(syncs: DatabaseSyncs) -> None:
    with pytest.raises(OSError, match="disk"), syncs.lock("me"):
        raise OSError("disk")


def test_runs_and_days_are_shared(syncs: DatabaseSyncs, elsewhere: DatabaseSyncs) -> None:
    assert elsewhere.read().runs == []

    syncs.remember(RUN)
    elsewhere.remember(replace(RUN, started=NOW + timedelta(hours=1), exit_code=3))

    assert [each.exit_code for each in syncs.read().runs] == [3, 0]
    assert syncs.read().runs[1] == RUN
    assert elsewhere.read().markers == [DayMarker(name="success:prompt_sync:20260302", at=NOW)]


def test_a_day_keeps_its_first_success_and_old_runs_go(syncs: DatabaseSyncs) -> None:
    for minutes in range(KEPT_RUNS + 5):
        syncs.remember(replace(RUN, started=NOW + timedelta(minutes=minutes)))

    assert len(syncs.read().runs) == KEPT_RUNS
    assert [each.at for each in syncs.read().markers] == [NOW]


def test_a_file_keeps_nobody_apart(sqlite_file: object) -> None:
    with closing(LocalRegistry(f"sqlite:///{sqlite_file}")) as registry:
        assert registry.syncs is None
