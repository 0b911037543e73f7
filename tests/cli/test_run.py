"""`promptsync run`: an unchanged program loads its prompts at another alias."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from promptsync import register, seed
from tests.builders import Repo
from tests.cli.running import program, run, run_program
from tests.registries.serving import unused_address

# What a person evaluates: it knows nothing of candidates.
PROGRAM = """
import logging, sys
import promptsync

logging.basicConfig(format="%(levelname)s %(message)s")
promptsync.configure(timeout=30)
for name in sys.argv[1:]:
    loaded = promptsync.load(name, alias="production")
    print(loaded.name, loaded.version, loaded.alias, loaded.template)
promptsync.close()
"""


@pytest.fixture
def team(repo: Repo) -> Repo:
    """Return a repository with three prompts in production, and a candidate for one."""
    for name in ("memory", "schedule", "weather"):
        repo.write(f"prompts/{name}.md", f"Say {name}.\n")
    repo.write("evaluate.py", PROGRAM)
    assert seed(alias="production", timeout=60).ok
    register("weather", "Say warm weather.", alias="candidate", timeout=60)
    return repo


@pytest.mark.usefixtures("team")
def test_a_program_without_it_loads_what_it_asks_for() -> None:
    result = subprocess.run(
        [sys.executable, "evaluate.py", "memory", "weather"],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )

    assert result.stdout == ("memory 1 production Say memory.\nweather 1 production Say weather.\n")
    assert result.stderr == ""


@pytest.mark.usefixtures("team")
def test_the_same_program_loads_the_candidate() -> None:
    ran = run_program(
        "run", "--alias", "candidate", "--", sys.executable, "evaluate.py", "memory", "weather"
    )

    assert (ran.code, ran.stdout) == (
        0,
        "memory 1 production Say memory.\nweather 2 candidate Say warm weather.\n",
    )
    assert ran.stderr == (
        "1 of 3 prompts at `candidate`: weather 2; 2 as the program asks\n"
        "WARNING `memory` (version 1, alias `production`) is served as the program asks: it has "
        "no alias `candidate`\n"
    )


@pytest.mark.usefixtures("team")
def test_only_the_named_prompts_are_loaded_at_the_alias() -> None:
    register("memory", "Remember.", alias="candidate", timeout=60)

    ran = run_program(
        "run", "memory", "--alias=candidate", "-q", "--", sys.executable, "evaluate.py",
        "memory", "weather",
    )  # fmt: skip

    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == "memory 2 candidate Remember.\nweather 1 production Say weather.\n"


def test_a_run_within_a_run_names_its_own_prompts(team: Repo) -> None:
    outer = {"PROMPTSYNC_ALIAS": "other", "PROMPTSYNC_ALIAS_NAMES": "memory"}
    show = (
        "import os; print(sorted(each for each in os.environ.items() if 'PROMPTSYNC' in each[0]))"
    )

    ran = run_program(
        "run", "-q", "--alias", "candidate", "--", sys.executable, "-c", show, env=outer
    )

    assert team.path.exists()
    assert ran.stdout == "[('PROMPTSYNC_ALIAS', 'candidate')]\n"


@pytest.mark.usefixtures("team")
def test_a_name_is_told_to_the_program_as_it_is_served_too() -> None:
    show = "import os; print(os.environ['PROMPTSYNC_ALIAS_NAMES'])"

    ran = run_program(
        "run", "prompts/weather.md", "--alias", "candidate", "--", sys.executable, "-c", show
    )

    assert ran.stdout == "weather\n"


def test_many_prompts_are_told_in_lines_of_80_columns(repo: Repo) -> None:
    names = [f"a-rather-long-name-{number}" for number in range(1, 6)]
    for name in names:
        repo.write(f"prompts/{name}.md", "Say something.\n")
    seed(alias="candidate")

    ran = run_program("run", "--alias", "candidate", "--", sys.executable, "-c", "")

    assert ran.stderr == (
        "5 of 5 prompts at `candidate`: a-rather-long-name-1 1, a-rather-long-name-2 1,\n"
        "  a-rather-long-name-3 1, a-rather-long-name-4 1, a-rather-long-name-5 1\n"
    )


# -- the program's own command line, streams, exit code and signals --


@pytest.mark.usefixtures("team")
def test_the_options_of_the_program_are_its_own() -> None:
    show = "import sys; print(sys.argv[1:])"

    ran = run_program(
        "run", "-q", "--alias", "candidate", "--", sys.executable, "-c", show,
        "--alias", "x", "--", "--help",
    )  # fmt: skip

    assert ran.stdout == "['--alias', 'x', '--', '--help']\n"


@pytest.mark.usefixtures("team")
def test_what_is_written_to_it_reaches_the_program_and_its_exit_code_is_passed_on() -> None:
    echo = "import sys; sys.stdout.write(sys.stdin.read()); sys.exit(7)"

    result = subprocess.run(
        [program(), "run", "--alias", "candidate", "--", sys.executable, "-c", echo],
        input=b"typed \xff\n",
        capture_output=True,
        check=False,
    )

    assert (result.returncode, result.stdout) == (7, b"typed \xff\n")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.usefixtures("team")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda each: each.name)
def test_a_signal_is_the_programs_own(sent: signal.Signals) -> None:
    handle = (
        "import signal, sys\n"
        "signal.signal(int(sys.argv[1]), lambda number, _: sys.exit(40 + number))\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    other = [sys.executable, "-c", handle, str(sent.value)]
    process = subprocess.Popen(
        [program(), "run", "-q", "--alias", "candidate", "--", *other], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    process.send_signal(sent)

    assert process.wait() == 40 + sent
    process.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.usefixtures("team")
def test_a_program_that_a_signal_ends_looks_as_if_it_had_been_started_by_itself() -> None:
    ran = run_program("run", "--alias", "candidate", "--", "sh", "-c", "kill -TERM $$")

    assert ran.code == -signal.SIGTERM


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
@pytest.mark.usefixtures("team")
def test_a_reader_that_leaves_ends_the_program_as_usual() -> None:
    ran = run_program("run", "-q", "--alias", "candidate", "--", "sh", "-c", "kill -PIPE $$")

    assert ran.code == -signal.SIGPIPE


@pytest.mark.usefixtures("team")
@pytest.mark.parametrize("names", [(), ("greeting",)], ids=["all", "named"])
def test_a_prompt_that_a_program_registered_is_loaded_at_the_alias(names: tuple[str, ...]) -> None:
    register("greeting", "Say hello.", alias="production")
    register("greeting", "Say good day.", alias="trial")
    ran = run_program(
        "run", "--alias", "trial", *names, "--", sys.executable, "evaluate.py", "greeting"
    )

    assert (ran.code, ran.stdout) == (0, "greeting 2 trial Say good day.\n")
    assert ran.stderr == "1 of 4 prompts at `trial`: greeting 2; 3 as the program asks\n"


# -- what is refused --


@pytest.mark.usefixtures("team")
def test_an_alias_that_no_prompt_has_runs_nothing() -> None:
    ran = run("run", "--alias", "candidat", "--", "touch", "was-run")

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr == (
        "error: no prompt has the alias `candidat` in registry `local`\n\n"
        "hint: `promptsync upload --alias candidat NAME` gives it to what the file says\n"
    )
    assert not os.path.exists("was-run")  # noqa: PTH110


@pytest.mark.usefixtures("team")
def test_a_named_prompt_without_the_alias_runs_nothing() -> None:
    ran = run("run", "memory", "weather", "--alias", "candidate", "--", "touch", "was-run")

    assert ran.code == 2
    assert ran.stderr == (
        "error: no version of `memory` has the alias `candidate` in registry `local`\n\n"
        "hint: `promptsync upload --alias candidate memory` gives it to what the file says\n"
    )


@pytest.mark.usefixtures("team")
def test_a_name_that_is_unknown_runs_nothing() -> None:
    ran = run("run", "wether", "--alias", "candidate", "--", "touch", "was-run")

    assert (ran.code, ran.stdout) == (2, "")
    assert ran.stderr.startswith("error: there is no prompt file for `wether`\n")


@pytest.mark.usefixtures("team")
@pytest.mark.parametrize("arguments", [(), ("--",), ("ls",)], ids=["nothing", "separator", "name"])
def test_without_a_command_there_is_nothing_to_run(arguments: tuple[str, ...]) -> None:
    ran = run("run", "--alias", "candidate", *arguments)

    assert ran.code == 2
    assert ran.stderr == (
        "error: say which command to run, after `--`\n\n"
        "hint: `promptsync run --alias candidate -- python evaluate.py`\n"
    )


@pytest.mark.usefixtures("team")
def test_a_command_that_is_not_there_is_127() -> None:
    ran = run_program("run", "-q", "--alias", "candidate", "--", "pyhton", "evaluate.py")

    assert (ran.code, ran.stdout) == (127, "")
    assert ran.stderr == (
        "error: there is no command `pyhton`\n\n"
        "hint: what follows `--` is run as it is, without a shell\n"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows runs files by their names")
@pytest.mark.usefixtures("team")
def test_a_file_that_cannot_be_run_is_126() -> None:
    ran = run_program("run", "-q", "--alias", "candidate", "--", "./evaluate.py")

    assert (ran.code, ran.stdout) == (126, "")
    assert ran.stderr == "error: `./evaluate.py` cannot be run: Permission denied\n"


@pytest.mark.network
def test_a_registry_that_does_not_answer_runs_nothing(repo: Repo) -> None:
    repo.write("prompts/weather.md", "Say weather.\n")
    options = f'kind = "mlflow"\ntracking-uri = "{unused_address()}"\n'
    repo.write("promptsync.toml", f"[registries.x]\n{options}")

    ran = run("run", "--alias", "candidate", "--", "touch", "was-run")

    assert ran.code == 4
    assert not (repo.path / "was-run").exists()
