"""The process: how it ends when it crashes, is interrupted, or loses its reader."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, needs_terminal, program, run, run_program
from tests.cli.scenes import edit_in_registry, with_greeting
from tests.fakes.braintrust import Hangs, braintrust_server

needs_signals = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows sends Ctrl-C to whole groups of processes"
)


INTERRUPTED = "\nerror: interrupted\n\nhint: running the command again is safe\n"


def broken(tmp_path: Path, module: str, error: str) -> Mapping[str, str]:
    """Return an environment in which the import of a library ends in an error."""
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / f"{module}.py").write_text(f"raise {error}\n")
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize("module", ["click", "yaml", "sqlalchemy"])
def test_a_crash_exits_2_and_says_what_to_do(repo: Repo, tmp_path: Path, module: str) -> None:
    with_greeting(repo)

    result = run_program("verify", env=broken(tmp_path, module, "RuntimeError('broken')"))

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.endswith(
        "RuntimeError: broken\n\n"
        "error: this is a bug in promptsync; please report it with the lines above\n\n"
        "hint: look them over first, they may quote a prompt\n"
    )


def test_python_runs_the_package(repo: Repo) -> None:
    with_greeting(repo)
    result = subprocess.run(
        [sys.executable, "-m", "promptsync", "lint"], capture_output=True, text=True, check=False
    )

    assert (result.returncode, result.stdout) == (0, "1 prompt file checked, no findings\n")


@needs_signals
@pytest.mark.network
def test_ctrl_c_while_the_registry_hangs_exits_130(repo: Repo) -> None:
    with_greeting(repo)
    repo.write("promptsync.toml", '[registries.live]\nkind = "braintrust"\nproject = "Trader"\n')
    with braintrust_server(Hangs()) as service:
        keys = {"BRAINTRUST_API_KEY": service.api_key, "BRAINTRUST_APP_URL": service.url}
        process = subprocess.Popen(
            [program(), "verify"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **keys},
        )
        while not service.requests:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()

    assert (process.returncode, stdout) == (130, "")
    assert stderr == INTERRUPTED


@pytest.mark.parametrize("module", ["click", "yaml", "sqlalchemy"])
def test_ctrl_c_during_an_import_exits_130(repo: Repo, tmp_path: Path, module: str) -> None:
    with_greeting(repo)

    result = run_program("verify", env=broken(tmp_path, module, "KeyboardInterrupt"))

    assert result == Ran(130, "", INTERRUPTED)


@needs_terminal
def test_ctrl_c_at_a_question_exits_130(repo: Repo) -> None:
    import pty  # does not exist on Windows

    with_greeting(repo)
    terminal, slave = pty.openpty()
    process = subprocess.Popen(
        [program(), "upload"], stdin=slave, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    while process.stderr.read(1) != "?":
        pass
    process.send_signal(signal.SIGINT)
    rest = process.stderr.read()
    process.stderr.close()
    os.close(terminal)
    os.close(slave)

    assert process.wait() == 130
    assert rest.endswith(INTERRUPTED)
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


def run_without_reader(*arguments: str) -> Ran:
    """Run the program with a reader of stdout that has left, as `head` does."""
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [program(), *arguments], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    return Ran(result.returncode, "", result.stderr)


@needs_signals
def test_a_reader_that_leaves_changes_no_exit_code(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    assert run_without_reader("diff") == Ran(1, "", "")
    assert run_without_reader("verify", "--format", "json") == Ran(1, "", "")
    assert run_without_reader("download", "--dry-run") == Ran(0, "", "")


@needs_signals
def test_a_reader_of_errors_that_leaves_changes_no_exit_code(repo: Repo) -> None:
    with_greeting(repo)
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        [program(), "upload", "--yes"],
        stdout=subprocess.PIPE,
        stderr=writer,
        text=True,
        check=False,
    )
    os.close(writer)

    assert (result.returncode, result.stdout) == (0, "created `greeting` (version 1)\n")


@needs_signals
def test_an_upload_is_finished_although_its_reader_left(repo: Repo) -> None:
    with_greeting(repo)

    assert run_without_reader("upload", "--yes").code == 0
    assert run("verify").code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
def test_a_result_that_cannot_be_written_is_an_error(repo: Repo) -> None:
    with_greeting(repo)
    with Path("/dev/full").open("wb") as full:
        result = subprocess.run(
            [program(), "status"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )

    assert (result.returncode, result.stderr) == (
        2,
        "error: the result could not be written: No space left on device\n",
    )


@needs_signals
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed_from_the_start(repo: Repo, closed: str) -> None:
    with_greeting(repo)
    result = subprocess.run(
        ["sh", "-c", f'"{program()}" upload {closed}'],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 2
    assert "Traceback" not in result.stdout + result.stderr
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


def test_an_old_code_page_shows_what_it_lacks_as_escapes(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Grüße \u2026\n")
    result = subprocess.run(
        [program(), "diff"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        check=False,
    )

    assert (result.returncode, result.stderr) == (1, b"")
    assert result.stdout.splitlines()[3] == "+Grüße \\u2026".encode("latin-1")
