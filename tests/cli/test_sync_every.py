"""`sync --every` in the foreground: it goes on after failures, and stops when it is asked to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from promptsync.run_lock import lock_clone
from tests.builders import Repo
from tests.cli.running import program, run
from tests.cli.scenes import edit_in_registry, with_greeting
from tests.fakes.braintrust import BraintrustServer, Slow

EVERY_SECOND = "* * * * * *"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends no signals that a program can wait for"
)


@contextmanager
def syncing(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the installed program on a schedule; its result can be read line by line."""
    process = subprocess.Popen(
        [program(), "sync", "--every", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_it_stops_when_it_is_asked_to(repo: Repo, number: signal.Signals, code: int) -> None:
    with_greeting(repo)

    with syncing("0 0 1 1 *") as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("next sync at ")
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=120)

    assert (process.returncode, stdout, stderr) == (code, "", "stopped\n")


# While a program waits, a handler that sets an event may need the lock that the waiting holds.
ASKED_AT_EVERY_LINE = """
import itertools, signal, sys
from datetime import timedelta
from promptsync.cli.until_signal import UntilSignal

def ask_at(moment):
    lines = itertools.count(1)
    def step(frame, event, argument):
        if event == "line" and next(lines) == moment:
            signal.raise_signal(signal.SIGTERM)
        return step
    return step

before = sys.gettrace()
for moment in itertools.count(1):
    with UntilSignal() as clock:
        sys.settrace(ask_at(moment))
        stopped = clock.wait(timedelta(milliseconds=1))
        sys.settrace(before)
        if not clock.is_stopped():
            break
        assert stopped
print(moment)
"""


def test_it_stops_at_whatever_moment_it_is_asked_to() -> None:
    moments = subprocess.run(
        [sys.executable, "-c", ASKED_AT_EVERY_LINE],
        check=True,
        timeout=60,
        capture_output=True,
        text=True,
    )

    assert int(moments.stdout) > 2


@pytest.mark.slow
def test_it_syncs_whenever_it_is_due(repo: Repo) -> None:
    with_greeting(repo)

    with syncing(EVERY_SECOND) as process:
        first = [line_of(process), line_of(process)]
        edit_in_registry(repo, "greeting", "people", "friends")
        while (line := line_of(process)).startswith("nothing to sync"):
            pass
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)

    assert first == ["created `greeting` (version 1)\n", "individual_synced 1\n"]
    assert line == "pulled `greeting` (version 2) into prompts/greeting.md\n"
    assert "friends" in repo.read("prompts/greeting.md")
    assert process.returncode == 0
    assert len(run("sync", "--status", "--format", "json").json["runs"]) >= 2


@pytest.mark.slow
def test_it_goes_on_after_a_failure_and_writes_a_document_a_line(repo: Repo) -> None:
    with_greeting(repo)

    with syncing(EVERY_SECOND, "--format", "json") as process:
        with lock_clone(repo.path / ".git" / "promptsync", "somebody"):
            failed = json.loads(line_of(process))
        while "error" in (document := json.loads(line_of(process))) and document["error"]:
            pass
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)

    assert failed["error"]["kind"] == "Busy"
    assert document["individual_synced"] == 1
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.network
def test_in_the_middle_of_a_sync_it_finishes_the_prompts_it_began(
    repo: Repo, trader: BraintrustServer
) -> None:
    for number in range(40):
        repo.write(f"prompts/prompt-{number:02}.md", f"Say {number}.\n")
    trader.inject(Slow(1), "PUT /v1/prompt")

    with syncing(EVERY_SECOND, "--format", "json") as process:
        while not any(each.method == "PUT" for each in trader.requests):
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = process.communicate(timeout=60)

    document = json.loads(stdout)
    assert process.returncode == 0
    assert document["individual_synced"] + document["individual_failed"] == 40
    assert 0 < document["individual_synced"] < 40
    assert "not tried: " in stderr
    trader.faults.clear()
    assert run("status", "--format", "json").json["summary"] == {
        "in_sync": document["individual_synced"],
        "new": document["individual_failed"],
    }


def test_a_wrong_schedule_is_a_mistake_on_the_command_line(repo: Repo) -> None:
    with_greeting(repo)

    result = run("sync", "--every", "61 0 * * *")

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: `61 0 * * *` is no schedule: bad minute\n\nhint: five")


def test_a_schedule_of_dry_runs_is_refused(repo: Repo) -> None:
    with_greeting(repo)

    assert run("sync", "--every", EVERY_SECOND, "--dry-run").code == 2
