"""What happens only on a terminal: questions, progress, colours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import Repo
from tests.cli.running import needs_terminal, run, run_on_terminal
from tests.cli.scenes import edit_in_registry, with_greeting

pytestmark = needs_terminal

PLAN = """\
upload to registry `local`

+ create  greeting  sha256:3e19fa7c5cbc

1 to create

"""


@pytest.mark.parametrize("answer", ["y", "YES", " yes "])
def test_a_plan_is_applied_when_the_person_says_so(repo: Repo, answer: str) -> None:
    with_greeting(repo)

    result = run_on_terminal("upload", typed=f"{answer}\n")

    assert result.stdout.replace(f"{answer}\n", "", 1) == (
        f"{PLAN}upload this? [y/N] created `greeting` (version 1)\n"
    )
    assert result.code == 0


@pytest.mark.parametrize("answer", ["n", "", "yep"])
def test_nothing_is_done_otherwise_and_git_still_differs(repo: Repo, answer: str) -> None:
    with_greeting(repo)

    result = run_on_terminal("upload", typed=f"{answer}\n")

    assert result.stdout.endswith("upload this? [y/N] nothing was done\n")
    assert result.code == 1
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


def test_the_end_of_input_is_no(repo: Repo) -> None:
    with_greeting(repo)

    assert run_on_terminal("upload", typed="\x04").code == 1
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


def test_a_download_is_asked_about_too(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    result = run_on_terminal("download", typed="n\n")

    assert result.stdout.endswith("download this? [y/N] nothing was done\n")
    assert repo.git("status", "--porcelain") == ""


def test_nobody_is_asked_who_said_yes(repo: Repo) -> None:
    with_greeting(repo)

    result = run_on_terminal("upload", "--yes")

    assert "[y/N]" not in result.stdout
    assert result.stdout == f"{PLAN}created `greeting` (version 1)\n"


def test_a_question_never_mixes_with_the_result(repo: Repo, tmp_path: Path) -> None:
    with_greeting(repo)

    with (tmp_path / "plan.json").open("wb") as file:
        screen = run_on_terminal(
            "upload", "--format", "json", typed="n\n", stdout=file.fileno()
        ).stdout

    assert "+ create  greeting" in screen
    assert screen.endswith("nothing was done\n")
    assert (tmp_path / "plan.json").read_text().startswith('{\n  "schema": 1,')


def with_many_prompts(repo: Repo) -> None:
    for number in range(8):
        repo.write(f"prompts/p{number}.md", "Hello.\n")


def test_a_long_upload_shows_its_progress(repo: Repo) -> None:
    with_many_prompts(repo)

    screen = run_on_terminal("upload", "--yes").stdout

    assert "uploading" in screen
    assert "100%" in screen


def test_a_long_download_shows_its_progress(repo: Repo) -> None:
    with_many_prompts(repo)
    run("upload", "--yes")
    for number in range(8):
        (repo.path / f"prompts/p{number}.md").unlink()

    screen = run_on_terminal("download", "--yes", "--all").stdout

    assert "downloading" in screen
    assert "100%" in screen


def test_progress_is_talk_and_no_result(repo: Repo, tmp_path: Path) -> None:
    with_many_prompts(repo)

    with (tmp_path / "result.txt").open("wb") as file:
        screen = run_on_terminal("upload", "--yes", stdout=file.fileno()).stdout

    assert "100%" in screen
    assert (tmp_path / "result.txt").read_text().splitlines() == [
        f"created `p{number}` (version 1)" for number in range(8)
    ]


def test_progress_is_for_terminals(repo: Repo) -> None:
    with_many_prompts(repo)

    assert "%" not in run("upload", "--yes").text


def test_changed_words_are_marked(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    lines = run_on_terminal("diff").stdout.splitlines()

    assert lines[0] == "\x1b[1m--- local/greeting (version 2)\x1b[0m"
    assert lines[2] == "\x1b[36m@@ -5,7 +5,7 @@\x1b[0m"
    assert lines[6] == (
        "\x1b[31m-\x1b[0m\x1b[31mYou greet \x1b[0m\x1b[31m\x1b[7mfriends\x1b[0m\x1b[31m.\x1b[0m"
    )
    assert lines[7] == (
        "\x1b[32m+\x1b[0m\x1b[32mYou greet \x1b[0m\x1b[32m\x1b[7mpeople\x1b[0m\x1b[32m.\x1b[0m"
    )


def test_lines_with_little_in_common_are_shown_whole(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    run("upload", "--yes")
    edit_in_registry(repo, "farewell", "Say goodbye.", "Until we meet again\n-- the team\n---")

    lines = run_on_terminal("diff").stdout.splitlines()

    assert lines[3:] == [
        "\x1b[31m-Until we meet again\x1b[0m",
        "\x1b[31m--- the team\x1b[0m",
        "\x1b[31m----\x1b[0m",
        "\x1b[32m+Say goodbye.\x1b[0m",
    ]


def test_a_very_long_line_is_compared_as_a_whole(repo: Repo) -> None:
    repo.write("prompts/long.md", "word " * 20_000 + "end\n")
    run("upload", "--yes")
    edit_in_registry(repo, "long", "end", "start")

    result = run_on_terminal("diff")

    assert result.code == 1
    assert "\x1b[7m" not in result.stdout
