"""Two syncs in one clone never run at once, and a killed one holds up nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from promptsync.errors import BusyError, UsageError
from promptsync.run_lock import lock_clone

HOLDS = """
import sys, time
from pathlib import Path
from promptsync.run_lock import lock_clone
with lock_clone(Path(sys.argv[1]), "process 1 on a computer"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_one_is_told_who_is_at_work(tmp_path: Path) -> None:
    with (
        lock_clone(tmp_path, "process 1"),
        pytest.raises(BusyError) as raised,
        lock_clone(tmp_path, "process 2"),
    ):
        pass

    assert raised.value.message == "another sync is at work: process 1; nothing was done"


def test_a_lock_that_was_given_back_is_free(tmp_path: Path) -> None:
    for holder in ("a holder with a long description", "another one"):
        with lock_clone(tmp_path, holder):
            pass

    assert (tmp_path / "sync.lock").read_text() == "another one"


@pytest.mark.system
def test_a_killed_process_holds_no_lock(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(BusyError, match="process 1 on a computer"), lock_clone(tmp_path, "me"):
        pass

    holder.kill()
    holder.wait()
    holder.stdout.close()

    with lock_clone(tmp_path, "me"):
        pass


def test_where_nothing_can_be_written_nothing_is_locked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(UsageError, match="cannot be written"), lock_clone(tmp_path / "file", "me"):
        pass
