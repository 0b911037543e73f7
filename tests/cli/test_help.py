"""Help that fits a terminal, mistakes on the command line, and completion by the shell."""

from __future__ import annotations

import shutil

import pytest

from promptsync.cli import COMMANDS
from tests.builders import Repo
from tests.cli.running import Ran, needs_terminal, run, run_program


def test_the_commands_are_listed_with_a_whole_sentence_each() -> None:
    result = run("--help")
    listed = result.stdout.partition("Commands:\n")[2].splitlines()

    assert result.code == 0
    assert [line.split()[0] for line in listed] == list(COMMANDS)
    assert [line for line in listed if line.endswith("...")] == []


@pytest.mark.parametrize("command", ["", *COMMANDS, "hook install", "hook uninstall"])
def test_help_fits_80_columns(command: str) -> None:
    result = run(*command.split(), "--help")

    assert (result.code, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_help_of_verify() -> None:
    assert (
        run_program("verify", "-h").stdout
        == """\
Usage: promptsync verify [OPTIONS] [NAME]...

  Prove that git and the registry agree.

  Exit 0 in sync, 1 different, 2 wrong files or usage, 4 registry not asked.

Options:
  -r, --registry NAME  Use this registry of the configuration.
  --format FORMAT      Write text (the default), json, markdown, github or
                       sarif.
  --staged             Compare the staged content, for a pre-commit hook.
  --rev REV            Compare the files of this commit.
  --changed-since REV  Only prompts that changed since the merge base with
                       REV.
  --alias ALIAS        Look at the versions that this alias points at.
  --uploaded           Any version with the content is enough, for branches.
  --strict             Fail for prompts that only the registry has.
  --bundle FILE        Compare a bundle instead of files.
  --warn-only          Say what differs, and exit 0 whatever happens.
  --allow-unreachable  Warn, and exit 0, when the registry cannot be asked.
  --timeout SECONDS    Give up on a request after so many seconds.  [x>0]
  -q, --quiet          Say nothing unless it fails.
  -h, --help           Show this message and exit.
"""
    )


def test_without_a_command_there_is_help() -> None:
    result = run()

    assert result.code == 2
    assert result.stderr == run("--help").stdout


def test_the_version_is_told() -> None:
    result = run("--version")

    assert result.code == 0
    assert result.stdout.startswith("promptsync ")


@pytest.mark.parametrize(
    ("arguments", "message", "help_"),
    [
        (["verfy"], "no such command `verfy`", "promptsync"),
        (["--nope"], "no such option `--nope`", "promptsync"),
        (["verify", "--nope"], "no such option `--nope`", "promptsync verify"),
        (["restore", "greeting"], "missing argument `VERSION`", "promptsync restore"),
        (
            ["history", "--format", "xml", "greeting"],
            "invalid value for `--format`: `xml` is not one of `text`, `json`",
            "promptsync history",
        ),
        (
            ["verify", "--timeout", "0"],
            "invalid value for `--timeout`: 0.0 is not in the range x>0",
            "promptsync verify",
        ),
        (
            ["export"],
            "missing option `--to`: one of prompty, dotprompt, github, promptfoo, langsmith",
            "promptsync export",
        ),
        (["hook", "instal"], "no such command `instal`", "promptsync hook"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_named_with_where_to_look(
    arguments: list[str], message: str, help_: str
) -> None:
    result = run(*arguments)

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.endswith(f"\n\nhint: `{help_} --help` lists what there is\n")


@pytest.mark.parametrize("form", [["--format", "json"], ["--format=json"]])
def test_a_mistake_is_json_for_a_script(form: list[str]) -> None:
    result = run("verify", *form, "--nope")

    assert result.json["error"] == {
        "kind": "Usage",
        "code": 2,
        "message": "no such option `--nope`",
        "hint": "`promptsync verify --help` lists what there is",
        "problems": [],
    }


# -- completion --


def completed(*words: str) -> list[str]:
    """Return what bash would offer for the last word."""
    result = run_program(
        env={
            "_PROMPTSYNC_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("promptsync", *words)),
            "COMP_CWORD": str(len(words)),
        }
    )
    assert result.code == 0
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


@needs_terminal
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_a_shell_learns_to_complete() -> None:
    result = run_program(env={"_PROMPTSYNC_COMPLETE": "bash_source"})

    assert result.code == 0
    assert "complete -o nosort -F _promptsync_completion promptsync" in result.stdout


def test_commands_names_registries_and_formats_are_completed(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello.\n")
    repo.write("prompts/team/grand.md", "Hello.\n")
    repo.write("prompts/farewell.md", "Bye.\n")
    repo.write("promptsync.toml", '[registries.shared]\nkind = "local"\n')

    assert completed("ver") == ["verify"]
    assert completed("diff", "gr") == ["greeting"]
    assert completed("history", "te") == ["team.grand"]
    assert completed("verify", "--registry", "") == ["shared"]
    assert completed("lint", "--format", "s") == ["sarif"]


def test_completion_says_nothing_about_a_wrong_configuration(repo: Repo) -> None:
    repo.write("promptsync.toml", "nonsense\n")

    assert completed("diff", "") == []
    assert completed("verify", "--registry", "") == []


def test_the_installed_program_is_the_command_line(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello.\n")

    assert run_program("lint") == Ran(0, "1 prompt file checked, no findings\n", "")
    assert run_program("status") == run("status")
    assert run_program("verify", "--nope") == run("verify", "--nope")
