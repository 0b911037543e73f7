"""Text that would be markup, a command or an order to a terminal is shown, and nothing more."""

from __future__ import annotations

import re

import pytest

from promptsync.cli.options import PLAN_FORMATS
from tests.builders import Repo
from tests.cli.running import Ran, needs_terminal, run, run_on_terminal
from tests.cli.scenes import edit_in_registry
from tests.fakes.braintrust import BraintrustServer
from tests.fakes.calls import put

HOSTILE = (
    "[/inst] [draft] :smile: \x1b[31mred \x1b]0;title\x07 \x9b1m \u202eevil\u200b "
    "</details> @someone #1 | ``` *a*"
)
SHOWN = (
    r"[/inst] [draft] :smile: \x1b[31mred \x1b]0;title\x07 \x9b1m \u202eevil\u200b "
    "</details> @someone #1 | ``` *a*"
)
NAME = "[/inst] :smile: \x1b[31m\u202e|`@someone`\n::error::x"
SHOWN_NAME = r"[/inst] :smile: \x1b[31m\u202e|`@someone` ::error::x"

REPORTS = ["status", "verify --strict", "diff"]
PLANS = ["upload --dry-run --force", "download --dry-run --all --force"]
COMMANDS = [
    *(
        f"{command} --format {format_}"
        for command in (*REPORTS, *PLANS)
        for format_ in PLAN_FORMATS
    ),
    *(f"{command} --format {format_}" for command in REPORTS for format_ in ("github", "sarif")),
]


def with_hostile_text(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "Say hello.", HOSTILE)


def is_harmless(text: str) -> bool:
    return all(each.isprintable() or each in "\n\t" for each in text)


def test_diff_shows_every_character_of_a_prompt(repo: Repo) -> None:
    with_hostile_text(repo)

    assert run("diff").stdout.splitlines()[3] == f"-{SHOWN}"


@needs_terminal
def test_a_terminal_gets_no_order_but_promptsyncs_own_colours(repo: Repo) -> None:
    with_hostile_text(repo)

    screen = run_on_terminal("diff").stdout
    without_colours = re.sub(r"\x1b\[\d+m", "", screen)

    assert is_harmless(without_colours)
    assert without_colours.splitlines()[3] == f"-{SHOWN}"


@needs_terminal
def test_no_color_is_honoured(repo: Repo) -> None:
    with_hostile_text(repo)

    assert "\x1b" in run_on_terminal("diff").stdout
    assert run_on_terminal("diff", env={"NO_COLOR": "1"}).stdout == run("diff").stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_no_format_sends_an_order_to_a_terminal(repo: Repo, command: str) -> None:
    with_hostile_text(repo)

    result = run(*command.split())

    assert result.code in (0, 1)
    assert is_harmless(result.text)


def test_markdown_keeps_a_prompt_inside_its_block(repo: Repo) -> None:
    with_hostile_text(repo)

    lines = run("verify", "--format", "markdown").stdout.splitlines()
    start = lines.index("````diff")

    assert lines[start + 4] == f"-{SHOWN}"
    assert lines[start + 6 :] == ["````", "", "</details>"]


def test_json_has_every_character_of_a_prompt(repo: Repo) -> None:
    with_hostile_text(repo)

    (prompt,) = run("diff", "--format", "json").json["prompts"]

    assert HOSTILE in prompt["diff"]


@pytest.fixture
def hostile_name(repo: Repo, trader: BraintrustServer) -> None:
    """Let the registry have a prompt that nobody here could name."""
    repo.write("prompts/greeting.md", "Say hello.\n")
    put(trader, NAME)
    put(trader, "x" * 10_000)


@pytest.mark.network
@pytest.mark.usefixtures("hostile_name")
def test_a_name_from_the_registry_stays_in_its_line() -> None:
    lines = run("status").stdout.splitlines()

    assert f"unmanaged  {SHOWN_NAME}" in lines
    assert f"unmanaged  {'x' * 59}…" in lines
    assert "  promptsync download --all" in lines


@pytest.mark.network
def test_a_name_from_the_registry_is_quoted_for_the_shell_or_left_out(
    repo: Repo, trader: BraintrustServer
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    put(trader, "$(touch x)")
    quoted = run("status").stdout
    put(trader, "--force")

    assert "  promptsync download '$(touch x)'\n" in quoted
    assert "  promptsync download --all\n" in run("status").stdout


@pytest.mark.network
@pytest.mark.usefixtures("hostile_name")
def test_a_name_from_the_registry_stays_in_its_cell() -> None:
    lines = run("verify", "--strict", "--format", "markdown").stdout.splitlines()
    cell = SHOWN_NAME.replace("|", "\\|")

    assert lines[6].startswith(f"| unmanaged | ``{cell}`` | `sha256:")


@pytest.mark.network
@pytest.mark.usefixtures("hostile_name")
def test_a_name_from_the_registry_makes_no_annotation_of_its_own() -> None:
    lines = run("verify", "--strict", "--format", "github").stdout.splitlines()

    assert [line.startswith("::error ") for line in lines] == [True, True, True, False]
    assert lines[0].startswith("::error title=[/inst] %3Asmile%3A ")


@pytest.mark.network
@pytest.mark.usefixtures("hostile_name")
def test_a_name_from_the_registry_makes_no_command_in_a_refusal() -> None:
    result = run("download", "--all", "--yes")

    assert result.code == 3
    assert "\n::" not in result.text
    assert is_harmless(result.text)


def test_an_author_from_the_registry_stays_in_its_line(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    monkeypatch.setenv("PROMPTSYNC_AUTHOR", "Ada\n\x1b[31mred")
    run("upload", "--yes")

    result = run("history", "greeting")

    assert is_harmless(result.stdout)
    assert result.stdout.splitlines()[1].endswith(r"  Ada \x1b[31mred")


def test_an_author_from_git_stays_in_its_line(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Ada\u202e\x1b[31mred")
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    digest = run("status", "--format", "json").json["prompts"][0]["local_hash"]

    result = run("where", digest)

    assert is_harmless(result.stdout)
    assert r"by Ada\u202e" in result.stdout


def test_a_wrong_argument_is_shown_safely() -> None:
    for arguments in (["where", "\x1b[31m"], ["verify", "--format", "\x1b[31m"], ["\x1b[31m"]):
        result = run(*arguments)
        assert result.code == 2
        assert r"`\x1b[31m`" in result.stderr


def test_any_text_can_be_uploaded_and_verified(repo: Repo) -> None:
    repo.write("prompts/greeting.md", f"{HOSTILE}\n")

    assert run("upload", "--yes").code == 0
    assert run("verify", "--quiet") == Ran(0, "", "")
